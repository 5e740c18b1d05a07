//! What options are parsed with.

mod command_line;
mod duration;
mod header;
mod listen_address;
mod request_body;
mod server_url;
mod token;

pub(crate) use command_line::CommandLine;
pub(crate) use duration::parse_duration;
pub(crate) use header::{Header, HeaderError};
pub(crate) use listen_address::parse_listen_address;
pub(crate) use request_body::{RequestBodyError, read_request_body};
pub(crate) use server_url::parse_server_url;
pub(crate) use token::{Token, TokenError};
