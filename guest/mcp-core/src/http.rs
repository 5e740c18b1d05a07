//! The HTTP vocabulary of the core (terms of RFC 9110), independent of who performs exchanges.

use core::time::Duration;

use crate::http_date;
use sandbar_exchange::{Field, Response};

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

/// A request to perform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Where to, if not to the endpoint.
    pub url: Option<String>,
    /// The method.
    pub method: Method,
    /// Fields to send, the session's own configured ones included.
    pub fields: Vec<Field>,
    /// The content.
    pub body: Option<Vec<u8>>,
    /// The longest silence accepted before the first byte of the response and between two.
    pub idle_timeout: Option<Duration>,
    /// How long the exchange may take in all, its body included, however lively the server is.
    pub deadline: Option<Duration>,
}

/// What the core asks of the head of a response.
pub(crate) trait Head {
    /// The first value of a field, where it is text.
    fn text(&self, name: &str) -> Option<&str>;

    /// The announced size of the body in bytes.
    fn content_length(&self) -> Option<u64>;

    /// The coding of the content, where there is one (RFC 9110 section 8.4): `identity` is none.
    fn content_coding(&self) -> Option<String>;

    /// Whether the status is in the 2xx class.
    fn is_success(&self) -> bool;

    /// How long `retry-after` asks to wait (RFC 9110 section 10.2.3). A date counts from that of the
    /// response: the core has no clock.
    fn retry_after(&self) -> Option<Duration>;
}

impl Head for Response {
    fn text(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        core::str::from_utf8(&field.value).ok()
    }

    fn content_length(&self) -> Option<u64> {
        self.text("content-length")?.trim().parse().ok()
    }

    fn content_coding(&self) -> Option<String> {
        let codings: Vec<_> = self
            .values("content-encoding")
            .map(|value| String::from_utf8_lossy(value).trim().to_owned())
            .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
            .collect();
        (!codings.is_empty()).then(|| codings.join(", "))
    }

    fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    fn retry_after(&self) -> Option<Duration> {
        let value = self.text("retry-after")?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = http_date::seconds(value)?;
        let now = http_date::seconds(self.text("date")?)?;
        Some(Duration::from_secs(u64::try_from(date - now).unwrap_or(0)))
    }
}
