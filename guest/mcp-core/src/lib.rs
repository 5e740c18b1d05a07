//! An MCP client without I/O: bytes, responses and timers come in, steps to take go out.
//!
//! A [`Session`] is what all calls to one server share. A [`Call`] is one operation: the opening
//! handshake, a request, a notification. Whoever drives a call asks [`Call::poll`] what to do,
//! does it, reports what came of it through one of the `handle_*` methods, and polls again until
//! [`Step::Done`]. The crate holds no socket, clock, randomness or async runtime, so the same code
//! runs in the sandbox and under native tests and fuzzers.
//!
//! Two incompatible families of the protocol are spoken, see [`Era`]: the stateless *modern* one
//! (2026-07-28) and the *legacy* one with `initialize`, session ids and resumable streams.

mod cache;
mod call;
mod coding;
mod config;
mod cookies;
mod description;
mod elicitation;
mod elsewhere;
mod error;
mod header_value;
mod http;
mod http_date;
mod inbound;
mod json_string;
mod json_text;
mod jsonrpc;
mod legacy;
pub mod limits;
mod lost_session;
mod media_type;
mod modern;
mod negotiation;
mod notification;
mod params;
mod place;
mod preview;
mod relayed;
mod reply;
mod session;
pub mod sse;
mod tool_headers;
pub mod typed;
mod version;

/// The messages of MCP as text: what others read and write them with.
pub mod message {
    pub use crate::json_string::read as read_string;
    pub use crate::json_text::{ObjectText, Picked, each_item, quoted, write_object};
    pub use crate::jsonrpc::{Id, Malformed, Message, write_response};
}

pub use cache::CacheKey;
pub use call::{Answer, Call, CallId, InputRequest, Outgoing, ServerRequest, Step};
pub use config::{RelayConfig, SessionConfig};
pub use description::{Implementation, ServerDescription};
pub use elicitation::{Bound, Choice, Elicitation, FieldKind, Form, FormField, UrlElicitation};
pub use error::{Error, MessageLimit, RpcError, StatusError};
pub use http::{HttpRequest, Method};
pub use negotiation::is_legacy_refusal;
pub use notification::{Change, LogLevel, Notification, Progress};
pub use params::Params;
pub use sandbar_exchange::{ErrorCode, Failure, Field, Processed, Response};
pub use session::{RequestId, Session};
pub use version::Era;
