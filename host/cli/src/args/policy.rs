//! The options about what may be dialled.

use crate::parse::parse_server_url;
use clap::{Args, Subcommand};
use std::net::IpAddr;
use std::path::PathBuf;

const WHAT: &str = "What may be dialled";

/// For commands that dial.
#[derive(Debug, Default, Args)]
pub(crate) struct GrantArgs {
    /// Dial what this file allows, within the origin of the URL. Without it the URL alone says what may
    /// be dialled
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["executor", "executor_command"],
        help_heading = WHAT,
    )]
    pub(crate) policy: Option<PathBuf>,
    /// Say what the policy makes of the first request, and dial nothing
    #[arg(long, conflicts_with_all = ["executor", "executor_command"], help_heading = WHAT)]
    pub(crate) dry_run: bool,
}

/// For an executor. Without any of these it dials nothing.
#[derive(Debug, Default, Args)]
pub(crate) struct OperatorArgs {
    /// Dial the origin of this URL, below its path; may be repeated
    #[arg(
        long,
        value_name = "URL",
        value_parser = parse_server_url,
        conflicts_with_all = ["policy", "allow_any", "executor", "executor_command"],
        help_heading = WHAT,
    )]
    pub(crate) allow: Vec<String>,
    /// Dial what this file allows
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["allow_any", "executor", "executor_command"],
        help_heading = WHAT,
    )]
    pub(crate) policy: Option<PathBuf>,
    /// Dial whatever this machine reaches, for everybody who gets in: private networks and this machine
    /// itself, but no link-local addresses
    #[arg(long, conflicts_with_all = ["executor", "executor_command"], help_heading = WHAT)]
    pub(crate) allow_any: bool,
}

/// `sandbar policy`
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say whether a file is a policy, and what is wrong with it
    Check {
        /// The file
        file: PathBuf,
    },
    /// Say what a policy makes of a request, rule by rule; exits with 6 if it is denied
    Explain(ExplainArgs),
    /// Print the JSON Schema of policy files
    Schema,
}

/// `sandbar policy explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The file
    pub(crate) file: PathBuf,
    /// What is requested, http:// or https://
    #[arg(value_parser = parse_server_url)]
    pub(crate) url: String,
    /// The method
    #[arg(long, short = 'X', value_name = "METHOD", default_value = "POST")]
    pub(crate) method: String,
    /// An address that the host may have. None is looked up
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<IpAddr>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
