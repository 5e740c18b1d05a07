//! Why an operation failed, one case for each of `sandbar:mcp/types.error`.
//!
//! The cases keep apart whose fault it was: the exchange's ([`Error::Http`]), the server's
//! ([`Error::Status`], [`Error::Rpc`], [`Error::InvalidMessage`], [`Error::NoAnswer`],
//! [`Error::UnsupportedVersion`], [`Error::SessionLost`]), a limit of ours
//! ([`Error::LimitExceeded`]) or the caller's ([`Error::InvalidParams`], [`Error::Cancelled`],
//! [`Error::Closed`]), or that of whoever drives the core ([`Error::Misuse`]).

use core::time::Duration;

use sandbar_exchange::Failure;

/// A JSON-RPC error object (JSON-RPC 2.0 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// The code.
    pub code: i64,
    /// The message; empty where the server gave none.
    pub message: String,
    /// The JSON text of `data`.
    pub data: Option<String>,
}

impl RpcError {
    /// What a request is answered with that nobody handles.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        Self { code: -32601, message: format!("method not found: {method}"), data: None }
    }

    /// What a request is answered with that cannot be handled.
    #[must_use]
    pub fn internal(message: &str) -> Self {
        Self { code: -32603, message: message.to_owned(), data: None }
    }
}

/// An HTTP status that means failure, where the body holds no JSON-RPC error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server answered `{request}` with status {status}")]
pub struct StatusError {
    /// What was asked: the JSON-RPC method, or the HTTP method where there was none.
    pub request: String,
    /// Where the answer came from, if a redirect led elsewhere.
    pub redirected_to: Option<String>,
    /// How long the server asks to wait before the next try (RFC 9110 section 10.2.3).
    pub retry_after: Option<Duration>,
    /// The status code.
    pub status: u16,
    /// The `content-type` of the body.
    pub content_type: Option<String>,
    /// The beginning of the body, at most [`crate::limits::PREVIEW_BYTES`], cut at a character.
    pub preview: String,
    /// Every `www-authenticate` value, in order.
    pub www_authenticate: Vec<String>,
}

/// A limit that a message exceeded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message of {seen} bytes or more exceeds `{name}` of {limit}")]
pub struct MessageLimit {
    /// The setting that raises it.
    pub name: &'static str,
    /// Its value in bytes.
    pub limit: u64,
    /// The size met, or how much had arrived when the limit was reached.
    pub seen: u64,
}

impl MessageLimit {
    /// A message larger than the session's `max-message-bytes`.
    pub(crate) const fn message_bytes(limit: u64, seen: u64) -> Self {
        Self { name: "max-message-bytes", limit, seen }
    }
}

/// Why an operation failed. Match on the cases; texts are for humans.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The exchange failed before the answer had arrived whole.
    #[error("the exchange failed: {0}")]
    Http(#[source] Failure),
    /// The server answered with a failing HTTP status.
    #[error(transparent)]
    Status(Box<StatusError>),
    /// The server answered with a JSON-RPC error.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The server broke JSON-RPC, MCP or its media types.
    #[error("the server sent an invalid message: {0}")]
    InvalidMessage(String),
    /// The answer stream ended cleanly, without the answer.
    #[error("the stream ended without the answer")]
    NoAnswer,
    /// A message was larger than this session accepts.
    #[error(transparent)]
    LimitExceeded(#[from] MessageLimit),
    /// No protocol version in common. Carries those of the server.
    #[error("no protocol version in common, the server speaks {}", .0.join(", "))]
    UnsupportedVersion(Vec<String>),
    /// The server forgot the session while the call may have run.
    #[error("the server forgot the session")]
    SessionLost,
    /// The server wants input before it answers (2026-07-28, "Multi Round-Trip Requests"). Carries
    /// the JSON text of its `InputRequiredResult`.
    #[error("the server asks for input before it answers")]
    InputRequired(String),
    /// The caller gave the call up.
    #[error("cancelled")]
    Cancelled,
    /// The session was closed before.
    #[error("the session is closed")]
    Closed,
    /// The caller's mistake.
    #[error("invalid parameters: {0}")]
    InvalidParams(String),
    /// A bug of whoever drives the core.
    #[error("a bug of this client: {0}")]
    Misuse(&'static str),
}
