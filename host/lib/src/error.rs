//! Everything that can go wrong, kept apart by who is at fault.

pub use crate::channel::ExecutorError;
pub use crate::sandbox::error::{BuildError, SandboxError};
pub use crate::sandbox::handler::RpcError;
pub use crate::sandbox::plugins::error::{PluginError, PluginFault, PluginProblem};
pub use sandbar_exchange::{
    ErrorCode as HttpError, Failure as HttpFailure, Limit as HttpLimit, PeerError, Processed,
    SequenceError,
};

use crate::http::InvalidUrl;
use crate::sandbox::bindings::mcp;
use crate::sandbox::error::StartError;
use crate::sandbox::worker::Ending;
use std::sync::Arc;
use std::time::Duration;

/// Why an operation on a session failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The exchange failed before the answer had arrived whole.
    #[error(transparent)]
    Http(#[from] HttpFailure),
    /// The server answered with a failing HTTP status.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The server answered with a JSON-RPC error.
    #[error("the server answered with error {}: {}", .0.code, .0.message)]
    Rpc(RpcError),
    /// The server broke JSON-RPC, MCP or its media types.
    #[error("the server broke the protocol: {0}")]
    InvalidMessage(String),
    /// The answer stream ended cleanly, without the answer.
    #[error("the response of the server ended without the answer")]
    NoAnswer,
    /// A legacy server has no stream to tell of changes on, or not any more (2025-11-25, "Listening for
    /// Messages from the Server": a server may refuse it).
    #[error("the server does not tell of changes: it has no stream for that, or not any more")]
    NotTold,
    /// A message was larger than the session accepts.
    #[error("a message of at least {seen} bytes exceeds the limit `{name}` of {limit} bytes")]
    MessageTooLarge {
        /// The setting that raises it.
        name: String,
        /// Its value, in bytes.
        limit: u64,
        /// The size met, or how much had arrived when the limit was reached.
        seen: u64,
    },
    /// No protocol version in common.
    #[error("no protocol version in common; the server speaks {}", .server.join(", "))]
    UnsupportedVersion {
        /// The versions of the server.
        server: Vec<String>,
    },
    /// The server forgot the session while the call may have run. The call is
    /// not repeated; the next one opens a new session.
    #[error("the server forgot the session, and the call may have run")]
    SessionLost,
    /// The server wants input before it answers. Carries its
    /// `InputRequiredResult`, as JSON text.
    #[error("the server asks for input that this client cannot give")]
    InputRequired(String),
    /// The call was given up.
    #[error("the call was cancelled")]
    Cancelled,
    /// The session was closed.
    #[error("the session is closed")]
    Closed,
    /// The deadline of the call passed. The call was given up, upstream too.
    #[error("no answer within {after:?}")]
    Timeout {
        /// The deadline.
        after: Duration,
    },
    /// The caller's mistake.
    #[error("invalid parameters: {0}")]
    InvalidParams(String),
    /// The client in the sandbox broke a rule of its own: a bug of the component.
    #[error("a bug of the client in the sandbox: {0}")]
    Internal(String),
    /// The URL is none that a session could be opened with.
    #[error("cannot connect to `{url}`: {reason}")]
    InvalidUrl {
        /// The URL as it was given, without user information.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The stored sign-in for the server cannot be read.
    #[error("the sign-in for the server cannot be used: {0}")]
    Credentials(String),
    /// The remote executor cannot be reached.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// A component could not be loaded.
    #[error(transparent)]
    Setup(#[from] Arc<BuildError>),
    /// The sandbox of the session failed. Other sessions are not affected.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

impl Error {
    /// What the server wants of whoever asks, where it refused for want of a sign-in or of scopes: the
    /// values of `www-authenticate`, for [`Sandbar::discover`](crate::Sandbar::discover). With status 401
    /// there may be none of them.
    #[must_use]
    pub fn challenges(&self) -> Option<&[String]> {
        let Self::Status(status) = self else { return None };
        let values = status.www_authenticate.as_slice();
        match status.status {
            401 => Some(values),
            403 if !values.is_empty() => Some(values),
            _ => None,
        }
    }

    /// Whether the server can have acted on the request. Where it cannot, it is safe to repeat.
    #[must_use]
    pub fn processed(&self) -> Processed {
        match self {
            Self::Http(failure) => failure.processed,
            // Refused for what it is, or for who sent it: nothing ran.
            Self::Status(status) if matches!(status.status, 300..=499 | 501 | 505) => {
                Processed::Never
            }
            Self::Rpc(error) if REFUSALS.contains(&error.code) => Processed::Never,
            Self::UnsupportedVersion { .. }
            | Self::Closed
            | Self::InvalidParams(_)
            | Self::InvalidUrl { .. }
            | Self::Credentials(_)
            | Self::Executor(_)
            | Self::Setup(_) => Processed::Never,
            _ => Processed::Possibly,
        }
    }
}

/// Codes with which a request is refused before it is carried out: parse error, invalid request,
/// method not found, invalid params (JSON-RPC 2.0 section 5.1), and those of MCP for headers,
/// capabilities and versions that do not fit (2026-07-28, "Error Codes").
const REFUSALS: [i64; 7] = [-32700, -32600, -32601, -32602, -32020, -32021, -32022];

/// An HTTP status that means failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the server answered `{request}` with HTTP status {status}{}{}",
    redirected(self),
    later(self)
)]
#[non_exhaustive]
pub struct StatusError {
    /// What was asked: the JSON-RPC method, or the HTTP method where there was none.
    pub request: Box<str>,
    /// Where the answer came from, if a redirect led elsewhere.
    pub redirected_to: Option<Box<str>>,
    /// Seconds that the server asks to wait before the next try (RFC 9110 section 10.2.3).
    pub retry_after: Option<u32>,
    /// The status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: Option<String>,
    /// The beginning of the body, at most 8192 bytes.
    pub preview: String,
    /// Every `www-authenticate` value.
    pub www_authenticate: Vec<String>,
}

fn redirected(error: &StatusError) -> String {
    let target = error.redirected_to.as_ref();
    target.map(|url| format!(", after a redirect to {url}")).unwrap_or_default()
}

fn later(error: &StatusError) -> String {
    let wait = error.retry_after;
    wait.map(|seconds| format!("; it asks to wait {seconds} s")).unwrap_or_default()
}

impl From<InvalidUrl> for Error {
    fn from(InvalidUrl { url, reason }: InvalidUrl) -> Self {
        Self::InvalidUrl { url, reason }
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Setup(error) => error.into(),
            StartError::Sandbox(error) => error.into(),
        }
    }
}

impl From<Ending> for Error {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Closed => Self::Closed,
            Ending::Failed(error) => error.into(),
        }
    }
}

impl From<mcp::Error> for Error {
    fn from(error: mcp::Error) -> Self {
        match error {
            mcp::Error::Http(failure) => Self::Http(failure),
            mcp::Error::Status(status) => Self::Status(StatusError {
                request: status.request.into(),
                redirected_to: status.redirected_to.map(String::into_boxed_str),
                retry_after: status.retry_after,
                status: status.status,
                content_type: status.content_type,
                preview: status.preview,
                www_authenticate: status.www_authenticate,
            }),
            mcp::Error::Rpc(error) => {
                Self::Rpc(RpcError { code: error.code, message: error.message, data: error.data })
            }
            mcp::Error::InvalidMessage(text) => Self::InvalidMessage(text),
            mcp::Error::NoAnswer => Self::NoAnswer,
            mcp::Error::LimitExceeded(limit) => {
                Self::MessageTooLarge { name: limit.name, limit: limit.limit, seen: limit.seen }
            }
            mcp::Error::UnsupportedVersion(server) => Self::UnsupportedVersion { server },
            mcp::Error::SessionLost => Self::SessionLost,
            mcp::Error::InputRequired(result) => Self::InputRequired(result),
            mcp::Error::Cancelled => Self::Cancelled,
            mcp::Error::Closed => Self::Closed,
            mcp::Error::InvalidParams(text) => Self::InvalidParams(text),
            mcp::Error::Internal(text) => Self::Internal(text),
        }
    }
}
