//! The vocabulary of the fault server: what a request was, what a script does about it.

mod connection;
mod gate;
mod gzip;
mod journal;
mod mcp_script;
mod read_request;
mod request;
mod response;
mod script;
mod socket_queue;
mod sse;
mod wire;

pub(super) use connection::Connection;
pub(crate) use gate::Gate;
pub(crate) use journal::EarlyClose;
pub(super) use journal::Journal;
pub(crate) use mcp_script::{McpScript, json_rpc_response, sse_response};
pub(crate) use request::RecordedRequest;
pub(crate) use response::Response;
pub(crate) use script::Script;
pub(crate) use sse::{LineEnding, SseEvent};
pub(crate) use wire::{Chunk, LAST_CHUNK};
