//! What options are parsed with.

mod addresses;
mod command_line;
mod duration;
mod header;
mod plugin;
mod policy;
mod source;
mod token;

pub(crate) use addresses::{parse_listen_address, parse_server_url};
pub(crate) use command_line::CommandLine;
pub(crate) use duration::parse_duration;
pub(crate) use header::{Header, HeaderError};
pub(crate) use plugin::PluginFile;
pub(crate) use policy::{PolicyError, read_policy};
pub(crate) use source::{Origin, SourceError, read_value};
pub(crate) use token::{Token, TokenError};
