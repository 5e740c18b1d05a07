//! Why a request failed.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::limits::DialLimit;
use super::proxy::ProxyFailure;
use super::request::InvalidRequest;
use super::response::InvalidResponse;
use super::tls_failure::TlsFailure;
use sandbar_policy::Denial;

/// A cause that is kept as it came, for its text and its own causes.
pub type SharedError = Arc<dyn Error + Send + Sync>;

/// Why [`Dialer::send`](super::Dialer::send) failed, or the body of its response.
///
/// The cases keep apart who is at fault: the caller (`InvalidRequest`, `RequestBody`), the policy
/// (`Denied`), our limits (`LimitExceeded`, the timeouts), or the network and the peer (the rest).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// The policy forbids the request, or every address of its host.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The request cannot be sent.
    #[error("invalid request")]
    InvalidRequest(#[from] InvalidRequest),
    /// The stream of the request body failed.
    #[error("the body of the request failed")]
    RequestBody {
        /// What its producer said.
        source: SharedError,
    },
    /// A limit of the dialer was reached.
    #[error("limit reached: {0}")]
    LimitExceeded(DialLimit),
    /// The name did not resolve.
    #[error("cannot resolve `{host}`")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver of the system said.
        source: Arc<io::Error>,
    },
    /// Nothing listens there.
    #[error("connection to {authority} refused")]
    ConnectionRefused {
        /// Host and port.
        authority: String,
    },
    /// The connection could not be made for another reason.
    #[error("cannot connect to {authority}")]
    Connect {
        /// Host and port.
        authority: String,
        /// What the system said of the last address that was tried.
        source: Arc<io::Error>,
    },
    /// The connection, TLS included, was not ready in time.
    #[error("no connection to {authority} within {after:?}")]
    ConnectTimeout {
        /// Host and port.
        authority: String,
        /// The deadline.
        after: Duration,
    },
    /// The configured proxy cannot be used or did not open a tunnel.
    #[error(transparent)]
    Proxy(#[from] ProxyFailure),
    /// TLS with the server (or with an `https` proxy) failed.
    #[error("no TLS connection to {authority}")]
    Tls {
        /// Host and port.
        authority: String,
        /// Why.
        source: TlsFailure,
    },
    /// The server closed a pooled connection before anything of the request was written on it.
    #[error("the server had closed the connection before the request was sent")]
    ClosedBeforeRequest,
    /// The server said that it has not processed the request (RFC 9113 section 8.7): it refused the
    /// stream, or took its leave before it.
    #[error("the server did not take the request")]
    NotTaken {
        /// What it said.
        source: SharedError,
    },
    /// The connection ended before the head of the response.
    #[error("the server closed the connection before it answered")]
    ConnectionClosed {
        /// What the connection reported.
        source: SharedError,
    },
    /// The server answered no PING, and its HTTP/2 connection was given up.
    #[error("the server gave no sign of life within {after:?}")]
    Unresponsive {
        /// What it had for the answer.
        after: Duration,
    },
    /// The head of the response did not arrive in time.
    #[error("no response within {after:?}")]
    FirstByteTimeout {
        /// The deadline.
        after: Duration,
    },
    /// The body stalled.
    #[error("no byte of the response body within {after:?}")]
    IdleTimeout {
        /// The deadline.
        after: Duration,
    },
    /// The exchange had its time by the rule that allowed it.
    #[error("not done within {after:?}, which is the `total_seconds` of the rule that allows this")]
    TotalTimeout {
        /// The deadline.
        after: Duration,
    },
    /// The body ended before its framing said so.
    #[error("the response body is incomplete")]
    ResponseIncomplete {
        /// What the connection reported.
        source: SharedError,
    },
    /// The head of the response is none that a server may send here.
    #[error("the server broke the HTTP protocol")]
    InvalidResponse(#[from] InvalidResponse),
    /// The peer does not speak HTTP, or broke its framing.
    #[error("the server broke the HTTP protocol")]
    Protocol {
        /// What could not be understood.
        source: SharedError,
    },
}

/// An error and what is behind it, in a line: for those who get nothing but text.
pub(crate) fn with_cause(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
