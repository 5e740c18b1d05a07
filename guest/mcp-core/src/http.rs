//! The HTTP vocabulary of the core (terms of RFC 9110), independent of who performs exchanges.

use core::time::Duration;

/// The request methods that MCP uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Every JSON-RPC message.
    Post,
    /// Resuming a legacy stream.
    Get,
    /// Ending a legacy session.
    Delete,
}

impl Method {
    /// The method as the request line spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Delete => "DELETE",
        }
    }
}

/// One field line (RFC 9110 section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field name; lower case in what the core writes.
    pub name: String,
    /// The value. Bytes, because field values need not be UTF-8.
    pub value: Vec<u8>,
}

impl Field {
    pub(crate) fn new(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}

/// A request to perform against the MCP endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Fields to send, the session's own configured ones included.
    pub fields: Vec<Field>,
    /// The content.
    pub body: Option<Vec<u8>>,
    /// The longest silence accepted before the first byte of the response and between two.
    pub idle_timeout: Option<Duration>,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// Fields as they arrived, names in lower case.
    pub fields: Vec<Field>,
}

impl ResponseHead {
    /// The first value of a field, where it is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        core::str::from_utf8(&field.value).ok()
    }

    /// Every value of a field, in order.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |field| field.name == name).map(|field| &*field.value)
    }

    /// The announced size of the body in bytes.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.text("content-length")?.trim().parse().ok()
    }

    /// The coding of the content, where there is one (RFC 9110 section 8.4): `identity` is none.
    pub(crate) fn content_coding(&self) -> Option<String> {
        let codings: Vec<_> = self
            .values("content-encoding")
            .map(|value| String::from_utf8_lossy(value).trim().to_owned())
            .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
            .collect();
        (!codings.is_empty()).then(|| codings.join(", "))
    }

    /// Whether the status is in the 2xx class.
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// Why an exchange failed; one case for each of `sandbar:http/types.error-code`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpFailure {
    /// The policy of whoever dials forbids the request or one of its hops.
    #[error("the policy denies it: {reason}")]
    Denied {
        /// What was asked for and which rule would allow it.
        reason: String,
        /// The rule that decided.
        rule: Option<String>,
    },
    /// The request is not one that can be sent.
    #[error("the request cannot be sent: {0}")]
    InvalidRequest(String),
    /// The name did not resolve.
    #[error("the name did not resolve: {0}")]
    Dns(String),
    /// The connection was refused.
    #[error("connection refused")]
    ConnectionRefused,
    /// The connection was made or attempted, and failed otherwise.
    #[error("the connection failed: {0}")]
    ConnectionFailed(String),
    /// The connection took longer than allowed.
    #[error("connecting took too long")]
    ConnectTimeout,
    /// The handshake or the certificate failed.
    #[error("tls failed: {0}")]
    Tls(String),
    /// The response did not begin in time.
    #[error("the response did not begin in time")]
    FirstByteTimeout,
    /// The body fell silent for longer than allowed.
    #[error("the response fell silent for too long")]
    IdleTimeout,
    /// The exchange took longer than allowed.
    #[error("the exchange took too long")]
    TotalTimeout,
    /// The peer did not speak HTTP, or broke its framing.
    #[error("the peer broke http: {0}")]
    Protocol(String),
    /// The body ended before its framing said so.
    #[error("the body ended early")]
    IncompleteBody,
    /// A limit of the executor was reached.
    #[error("the executor's limit `{name}` was reached")]
    LimitExceeded {
        /// The limit's name.
        name: String,
        /// Its value, if the executor knows it.
        value: Option<u64>,
    },
    /// More than 10 redirects, or one to what cannot be requested.
    #[error("the redirect cannot be followed: {0}")]
    Redirect(String),
    /// Deltas came out of order.
    #[error("delta {received} arrived where {expected} was due")]
    Sequence {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        received: u64,
    },
    /// The way to a remote executor was lost.
    #[error("the executor is gone: {0}")]
    Disconnected(String),
    /// The exchange was given up by the side that asked for it.
    #[error("the exchange was cancelled")]
    Cancelled,
    /// A remote executor answered with an error of its own.
    #[error("the executor answered with error {code}: {message}")]
    Peer {
        /// Its JSON-RPC code.
        code: i64,
        /// Its message.
        message: String,
    },
    /// Anything else.
    #[error("the exchange failed{}", .0.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
    Other(Option<String>),
}

impl HttpFailure {
    /// Whether trying again may succeed. What a limit, a deadline or a policy of our own side
    /// ended would end the same way again.
    pub(crate) const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Dns(_)
                | Self::ConnectionRefused
                | Self::ConnectionFailed(_)
                | Self::ConnectTimeout
                | Self::Protocol(_)
                | Self::IncompleteBody
                | Self::Disconnected(_)
        )
    }
}
