//! The ways in which an exchange fails.

use alloc::string::{String, ToString as _};
use core::fmt;

use crate::message::wit_enum;
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// The way in which an exchange failed. Match on the cases; texts are for humans.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum ErrorCode {
    /// The policy of whoever dials forbids the request or one of its hops: what was asked for, and
    /// what would allow it.
    #[cfg_attr(feature = "wasmtime", component(name = "denied"))]
    Denied(String),
    /// The request is not one that can be sent.
    #[cfg_attr(feature = "wasmtime", component(name = "invalid-request"))]
    InvalidRequest(String),
    /// The name did not resolve.
    #[cfg_attr(feature = "wasmtime", component(name = "dns"))]
    Dns(String),
    /// Nothing listens there.
    #[cfg_attr(feature = "wasmtime", component(name = "connection-refused"))]
    ConnectionRefused,
    /// The connection was made or attempted, and failed otherwise.
    #[cfg_attr(feature = "wasmtime", component(name = "connection-failed"))]
    ConnectionFailed(String),
    /// The deadline for connecting passed.
    #[cfg_attr(feature = "wasmtime", component(name = "connect-timeout"))]
    ConnectTimeout,
    /// The handshake or the certificate failed.
    #[cfg_attr(feature = "wasmtime", component(name = "tls"))]
    Tls(String),
    /// The deadline for the first byte of the response passed.
    #[cfg_attr(feature = "wasmtime", component(name = "first-byte-timeout"))]
    FirstByteTimeout,
    /// No bytes for longer than agreed.
    #[cfg_attr(feature = "wasmtime", component(name = "idle-timeout"))]
    IdleTimeout,
    /// The deadline for the whole exchange passed.
    #[cfg_attr(feature = "wasmtime", component(name = "total-timeout"))]
    TotalTimeout,
    /// A peer did not speak its protocol, or broke its framing.
    #[cfg_attr(feature = "wasmtime", component(name = "protocol"))]
    Protocol(String),
    /// The body ended before its framing said so.
    #[cfg_attr(feature = "wasmtime", component(name = "incomplete-body"))]
    IncompleteBody,
    /// A limit on the way was reached.
    #[cfg_attr(feature = "wasmtime", component(name = "limit-exceeded"))]
    LimitExceeded(Limit),
    /// Too many redirects, or a redirect to what cannot be requested.
    #[cfg_attr(feature = "wasmtime", component(name = "redirect"))]
    Redirect(String),
    /// Deltas came out of order.
    #[cfg_attr(feature = "wasmtime", component(name = "sequence"))]
    Sequence(SequenceError),
    /// The way to the executor was lost.
    #[cfg_attr(feature = "wasmtime", component(name = "disconnected"))]
    Disconnected(String),
    /// The exchange was given up by the side that asked for it.
    #[cfg_attr(feature = "wasmtime", component(name = "cancelled"))]
    Cancelled,
    /// An executor answered with an error that fits no other case.
    #[cfg_attr(feature = "wasmtime", component(name = "peer"))]
    Peer(PeerError),
    /// Anything else.
    #[cfg_attr(feature = "wasmtime", component(name = "other"))]
    Other(String),
}

/// A limit that was reached, of our own side.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Limit {
    /// The setting that raises it, as documentation spells it.
    pub setting: String,
    /// Its value, in bytes or in items as the setting says, if whoever reached it knows it.
    pub value: Option<u64>,
}

/// A delta that did not follow its predecessor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct SequenceError {
    /// The number that was due.
    pub expected: u64,
    /// The number that came.
    pub received: u64,
}

/// A JSON-RPC error of an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct PeerError {
    /// The code.
    pub code: i64,
    /// The text.
    pub message: String,
}

wit_enum! {
    /// Whether the server can have acted on a request that failed.
    Processed {
        /// Nothing of it was sent, or what it was sent to asked for it to be sent elsewhere: it is
        /// safe to repeat.
        Never = "never",
        /// It was sent, or nobody can tell.
        Possibly = "possibly",
    }
}

/// Why an exchange failed, where, and what that means for the request.
///
/// The WIT, the JSON of [`json`](crate::json) and `docs/executor-protocol.md` tell the same, which
/// `tests/failure.rs` compares.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Failure {
    /// How it failed.
    pub code: ErrorCode,
    /// Host and port at which it failed; none where no server is concerned, and where a remote
    /// executor did not say.
    pub authority: Option<String>,
    /// Whether the server can have acted on the request.
    pub processed: Processed,
}

impl Failure {
    /// A failure before anything was sent.
    #[must_use]
    pub const fn unsent(code: ErrorCode) -> Self {
        Self { code, authority: None, processed: Processed::Never }
    }

    /// A failure after the request was sent, or perhaps sent.
    #[must_use]
    pub const fn sent(code: ErrorCode) -> Self {
        Self { code, authority: None, processed: Processed::Possibly }
    }

    /// The same, with the host and port at which it happened.
    #[must_use]
    pub fn at(self, authority: impl Into<String>) -> Self {
        Self { authority: Some(authority.into()), ..self }
    }

    /// Whether trying again may succeed. What a limit, a deadline or a policy of our own side
    /// ended would end the same way again.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self.code,
            ErrorCode::Dns(_)
                | ErrorCode::ConnectionRefused
                | ErrorCode::ConnectionFailed(_)
                | ErrorCode::ConnectTimeout
                | ErrorCode::Protocol(_)
                | ErrorCode::IncompleteBody
                | ErrorCode::Disconnected(_)
        )
    }
}

impl ErrorCode {
    /// The limit that `setting` raises was reached.
    #[must_use]
    pub fn limit(setting: &str, value: usize) -> Self {
        Self::LimitExceeded(Limit {
            setting: setting.to_string(),
            value: u64::try_from(value).ok(),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |preposition| Place { preposition, authority: self.authority.as_deref() };
        let (at, to, with) = (place("at"), place("to"), place("with"));
        match &self.code {
            ErrorCode::Denied(reason) => write!(f, "denied by policy: {reason}"),
            ErrorCode::InvalidRequest(reason) => write!(f, "invalid request: {reason}"),
            ErrorCode::Dns(reason) => {
                write!(f, "the name of the server{at} does not resolve: {reason}")
            }
            ErrorCode::ConnectionRefused => {
                write!(f, "the connection{to} was refused; is the server running?")
            }
            ErrorCode::ConnectionFailed(reason) if self.processed == Processed::Possibly => {
                write!(f, "the connection{to} was lost after the request was sent: {reason}")
            }
            ErrorCode::ConnectionFailed(reason) => {
                write!(f, "the connection{to} failed: {reason}")
            }
            ErrorCode::ConnectTimeout => write!(f, "the connection{to} took too long"),
            ErrorCode::Tls(reason) => write!(f, "TLS{with} failed: {reason}"),
            ErrorCode::FirstByteTimeout => {
                write!(f, "the server{at} did not begin to answer in time")
            }
            ErrorCode::IdleTimeout => write!(f, "the server{at} was silent for too long"),
            ErrorCode::TotalTimeout => write!(f, "the exchange{with} took too long"),
            ErrorCode::Protocol(reason) => {
                write!(f, "the server{at} broke the HTTP protocol: {reason}")
            }
            ErrorCode::IncompleteBody => {
                write!(f, "the answer{} ended early: the body is incomplete", place("from"))
            }
            ErrorCode::LimitExceeded(Limit { setting, value: Some(value) }) => {
                write!(f, "the limit `{setting}` ({value}) was reached{with}")
            }
            ErrorCode::LimitExceeded(Limit { setting, value: None }) => {
                write!(f, "the limit `{setting}` was reached{with}")
            }
            ErrorCode::Redirect(reason) => f.write_str(reason),
            ErrorCode::Sequence(SequenceError { expected, received }) => {
                write!(f, "delta {received} came where {expected} was due")
            }
            ErrorCode::Disconnected(reason) => write!(f, "the executor is gone: {reason}"),
            ErrorCode::Cancelled => f.write_str("the exchange was cancelled"),
            ErrorCode::Peer(PeerError { code, message }) => {
                write!(f, "the executor answered with error {code}: {message}")
            }
            ErrorCode::Other(reason) => write!(f, "the exchange{with} failed: {reason}"),
        }
    }
}

impl core::error::Error for Failure {}

/// The place of a failure, in the middle of a sentence; nothing where it is not known.
struct Place<'a> {
    preposition: &'static str,
    authority: Option<&'a str>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.authority {
            Some(authority) => write!(f, " {} {authority}", self.preposition),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches an error that keeps to itself which address failed, and one that has a hole where
    /// none is known.
    #[test]
    fn a_failure_says_where_it_happened_if_anybody_knows() {
        let refused = Failure::unsent(ErrorCode::ConnectionRefused);
        let text = refused.to_string();
        assert_eq!(text, "the connection was refused; is the server running?");
        let text = refused.at("127.0.0.1:9").to_string();
        assert_eq!(text, "the connection to 127.0.0.1:9 was refused; is the server running?");
        let cut = Failure::sent(ErrorCode::IncompleteBody).at("a.example:80").to_string();
        assert_eq!(cut, "the answer from a.example:80 ended early: the body is incomplete");
    }

    /// Catches words that make a request that may have run look like one that was never sent, or the
    /// other way round.
    #[test]
    fn a_connection_that_failed_says_whether_the_request_was_sent() {
        let failed = || ErrorCode::ConnectionFailed("why".into());
        assert_eq!(Failure::unsent(failed()).to_string(), "the connection failed: why");
        let sent = Failure::sent(failed()).to_string();
        assert_eq!(sent, "the connection was lost after the request was sent: why");
    }

    /// Catches a stream that is resumed after what would end it the same way again, and one that is
    /// given up because of a network that came back.
    #[test]
    fn only_what_the_network_did_may_go_better_the_next_time() {
        let text = || String::from("why");
        for code in [
            ErrorCode::Dns(text()),
            ErrorCode::ConnectionRefused,
            ErrorCode::ConnectionFailed(text()),
            ErrorCode::ConnectTimeout,
            ErrorCode::Protocol(text()),
            ErrorCode::IncompleteBody,
            ErrorCode::Disconnected(text()),
        ] {
            assert!(Failure::sent(code.clone()).is_transient(), "{code:?}");
        }
        for code in [
            ErrorCode::Denied(text()),
            ErrorCode::InvalidRequest(text()),
            ErrorCode::Tls(text()),
            ErrorCode::FirstByteTimeout,
            ErrorCode::TotalTimeout,
            ErrorCode::limit("calls", 1),
            ErrorCode::Redirect(text()),
            ErrorCode::Cancelled,
        ] {
            assert!(!Failure::sent(code.clone()).is_transient(), "{code:?}");
        }
    }
}
