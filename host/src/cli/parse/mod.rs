//! What options are parsed with.

mod duration;
mod header;
mod server_url;

pub(crate) use duration::parse_duration;
pub(crate) use header::{Header, HeaderError};
pub(crate) use server_url::parse_server_url;
