//! The options of `sandbar fetch`.

use super::TargetArgs;
use crate::parse::{parse_duration, parse_server_url};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

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
    pub(crate) target: TargetArgs,
}
