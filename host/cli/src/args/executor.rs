//! Options about executors: which one to use, and how to be one.

use crate::parse::{CommandLine, parse_listen_address, parse_server_url};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

const WHERE: &str = "Where HTTP runs";

/// Who performs the HTTP exchanges. This process, without any of these.
#[derive(Debug, Default, Args)]
pub(crate) struct TargetArgs {
    /// Have an executor dial: the ws:// or wss:// URL that `sandbar executor` prints
    #[arg(long, value_name = "URL", conflicts_with = "executor_command", help_heading = WHERE)]
    pub(crate) executor: Option<String>,
    /// Read the bearer token for the executor from the first line of this file
    #[arg(long, value_name = "FILE", requires = "executor", help_heading = WHERE)]
    pub(crate) executor_token_file: Option<PathBuf>,
    /// Have an executor dial that speaks on its standard input and output, for example
    /// 'ssh HOST sandbar executor --stdio'. Split into words as a shell does; no shell runs
    #[arg(
        long,
        value_name = "COMMAND",
        value_parser = CommandLine::parse,
        help_heading = WHERE,
    )]
    pub(crate) executor_command: Option<CommandLine>,
}

/// `sandbar executor`
#[derive(Debug, Args)]
pub(crate) struct ExecutorArgs {
    /// Listen for WebSockets on this address; port 0 means any free one. The first line of
    /// standard output is the URL for clients. ws://127.0.0.1:0 by default
    #[arg(long, value_name = "ws://IP:PORT", value_parser = parse_listen_address)]
    pub(crate) listen: Option<SocketAddr>,
    /// Serve one client on standard input and output, until standard input ends
    #[arg(long, conflicts_with_all = ["listen", "token_file"])]
    pub(crate) stdio: bool,
    /// Ask clients for the bearer token in the first line of this file. Addresses that other
    /// machines reach need one
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Dial the origin of this URL; may be repeated. Without it anything may be dialled that this
    /// machine reaches, but link-local addresses
    #[arg(
        long,
        value_name = "URL",
        value_parser = parse_server_url,
        conflicts_with_all = ["executor", "executor_command"],
    )]
    pub(crate) allow: Vec<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}
