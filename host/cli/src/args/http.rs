//! The options of HTTP itself: who performs it, what is asked in between, and the commands that are
//! about nothing else.

use super::{GrantArgs, OperatorArgs};
use crate::parse::{
    CommandLine, PluginFile, parse_duration, parse_listen_address, parse_server_url,
};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

const BETWEEN: &str = "Plugins";

/// Components of the operator's between a client and its server.
#[derive(Debug, Default, Args)]
pub(crate) struct PluginArgs {
    /// Ask this plugin, a component file, of all that is sent and received; may be repeated: the first
    /// is asked first of what is sent, and last of what comes back. It can do nothing but compute;
    /// FILE:random and FILE:clock, or FILE:random,clock, let it have more
    #[arg(
        long = "plugin",
        value_name = "FILE[:GRANTS]",
        value_parser = PluginFile::parse,
        help_heading = BETWEEN,
    )]
    pub(crate) files: Vec<PluginFile>,
    /// Let each plugin have this many bytes of memory. 67108864 by default
    #[arg(
        long,
        value_name = "BYTES",
        value_parser = clap::value_parser!(u64).range(1 << 16..=1 << 32),
        requires = "files",
        help_heading = BETWEEN,
    )]
    pub(crate) plugin_memory: Option<u64>,
}

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
    /// 'ssh HOST sandbar executor --stdio --allow URL'. Split into words as a shell does; no shell runs
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
    #[command(flatten)]
    pub(crate) operator: OperatorArgs,
    #[command(flatten)]
    pub(crate) plugins: PluginArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

/// `sandbar fetch`
#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// What to fetch, http:// or https://
    #[arg(value_parser = parse_server_url)]
    pub(crate) url: String,
    /// The method. GET by default, POST with --data
    #[arg(long = "request", short = 'X', value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// Send this header; may be repeated. Write 'Name=@FILE' to read the value from a file and
    /// keep it out of the list of processes
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// Send this content, that of @FILE, or that of standard input with -
    #[arg(long, short = 'd', value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) data: Option<String>,
    /// Write to this file, whatever it holds, instead of standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write the status and the fields of the response before its body
    #[arg(long, short = 'i')]
    pub(crate) include: bool,
    /// Exit with 4 and write nothing if the status is 400 or above
    #[arg(long, short = 'f')]
    pub(crate) fail: bool,
    /// Take a redirect for the response
    #[arg(long)]
    pub(crate) no_redirects: bool,
    /// Give up after this long, connecting included (500ms, 30s, 5m, 1h). None by default
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Give up after a silence this long of the server. 5m by default
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) idle_timeout: Option<Duration>,
    /// Give up when a connection takes longer, TLS included; at most 2m. 10s by default
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) connect_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    #[command(flatten)]
    pub(crate) plugins: PluginArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}
