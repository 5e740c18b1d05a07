//! The options about signing in.

use crate::args::TargetArgs;
use crate::parse::{parse_duration, parse_server_url};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// `sandbar login`
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The MCP endpoint, http:// or https://
    #[arg(value_parser = parse_server_url)]
    pub(crate) url: String,
    /// Open no browser: print the page to go to, and take the URL that the browser ends at from
    /// standard input, if it cannot come back to this machine
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Have the browser come back to this port of 127.0.0.1. One that is free by default, and the
    /// same the next time
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) callback_port: Option<u16>,
    /// Ask for these scopes, in place of those that the server names; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// Sign in at this authorization server without asking, where the server leaves it to another host
    #[arg(long, value_name = "ORIGIN", value_parser = parse_server_url)]
    pub(crate) issuer: Option<String>,
    /// Be this client, which is registered at the authorization server
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Read the secret of the client from the first line of this file
    #[arg(long, value_name = "FILE", requires = "client_id")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Be the client whose metadata are at this https:// URL, where the authorization server reads such
    #[arg(long, value_name = "URL", conflicts_with = "client_id", value_parser = parse_server_url)]
    pub(crate) client_metadata_url: Option<String>,
    /// Give up after this long. 10m by default
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

/// `sandbar logout`
#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// The server whose sign-in to forget
    #[arg(required_unless_present = "all", value_parser = parse_server_url)]
    pub(crate) url: Option<String>,
    /// Forget every sign-in
    #[arg(long, conflicts_with = "url")]
    pub(crate) all: bool,
}

/// `sandbar auth`
#[derive(Debug, Subcommand)]
pub(crate) enum AuthCommand {
    /// List the sign-ins: server, issuer, scopes, expiry, and where they are kept
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the access token of a server
    Token {
        /// The server
        #[arg(value_parser = parse_server_url)]
        url: String,
        /// Print it, though whoever reads it can act as you
        #[arg(long)]
        reveal: bool,
    },
}
