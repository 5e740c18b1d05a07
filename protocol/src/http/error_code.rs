use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

/// Why an exchange failed. The cases of `error-code` in `sandbar:http/types`.
///
/// Serialises as the extension `errors` carries it: the name of the case under `kind`, beside
/// its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The policy of whoever dials forbids the request or one of its hops.
    Denied {
        /// What was asked for and which rule would allow it. For humans.
        reason: String,
        /// The id of the rule that decided, if one did.
        rule: Option<String>,
    },
    /// The request is not one that can be sent.
    InvalidRequest {
        /// What is wrong with it.
        reason: String,
    },
    /// The name did not resolve.
    Dns {
        /// The cause.
        reason: String,
    },
    /// Nothing listens there.
    ConnectionRefused,
    /// The connection was made or attempted, and failed otherwise.
    ConnectionFailed {
        /// The cause.
        reason: String,
    },
    /// The deadline for connecting passed.
    ConnectTimeout,
    /// The handshake or the certificate failed.
    Tls {
        /// The cause.
        reason: String,
    },
    /// The deadline for the first byte of the response passed.
    FirstByteTimeout,
    /// No bytes for longer than agreed.
    IdleTimeout,
    /// The deadline for the whole exchange passed.
    TotalTimeout,
    /// A peer did not speak its protocol, or broke its framing.
    Protocol {
        /// What it did.
        reason: String,
    },
    /// The body ended before its framing said so.
    IncompleteBody,
    /// A limit on the way was reached.
    LimitExceeded {
        /// The name of the limit.
        name: String,
        /// Its value, in bytes or in items as the name says, if it is known.
        value: Option<u64>,
    },
    /// Too many redirects, or a redirect to what cannot be requested.
    Redirect {
        /// What was wrong with it.
        reason: String,
    },
    /// Deltas came out of order.
    Sequence {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        received: u64,
    },
    /// The way to the executor was lost.
    Disconnected {
        /// How.
        reason: String,
    },
    /// The exchange was given up by the side that asked for it.
    Cancelled,
    /// An executor answered with an error that fits no other case.
    Peer {
        /// The JSON-RPC code.
        code: i64,
        /// The JSON-RPC message.
        message: String,
    },
    /// Anything else.
    Other {
        /// For humans.
        reason: Option<String>,
    },
}

impl ErrorCode {
    /// The limit called `name` was reached.
    pub fn limit(name: &str, value: usize) -> Self {
        Self::LimitExceeded { name: name.into(), value: u64::try_from(value).ok() }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied { reason, .. } => write!(f, "denied by policy: {reason}"),
            Self::Dns { reason } => write!(f, "name did not resolve: {reason}"),
            Self::ConnectionRefused => f.write_str("connection refused"),
            Self::ConnectionFailed { reason } => write!(f, "connection failed: {reason}"),
            Self::ConnectTimeout => f.write_str("connect timed out"),
            Self::Tls { reason } => write!(f, "tls failed: {reason}"),
            Self::FirstByteTimeout => f.write_str("first byte timed out"),
            Self::IdleTimeout => f.write_str("body timed out while idle"),
            Self::TotalTimeout => f.write_str("request timed out"),
            Self::Protocol { reason } => write!(f, "protocol violated: {reason}"),
            Self::IncompleteBody => f.write_str("error decoding response body"),
            Self::LimitExceeded { name, value: Some(value) } => {
                write!(f, "limit {name} of {value} reached")
            }
            Self::LimitExceeded { name, value: None } => write!(f, "limit {name} reached"),
            Self::Sequence { expected, received } => {
                write!(f, "received seq {received}, expected {expected}")
            }
            Self::Disconnected { reason } => write!(f, "executor disconnected: {reason}"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Peer { code, message } => write!(f, "executor answered {code}: {message}"),
            Self::InvalidRequest { reason } | Self::Redirect { reason } => f.write_str(reason),
            Self::Other { reason } => f.write_str(reason.as_deref().unwrap_or("unknown error")),
        }
    }
}

impl core::error::Error for ErrorCode {}
