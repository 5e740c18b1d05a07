use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::Field;

/// A request (RFC 9110 section 9), as the side that wants it describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Any token, sent as it is: methods are case-sensitive.
    pub method: String,
    /// An absolute `http` or `https` URL. Not parsed here.
    pub url: String,
    /// Fields to send, in order.
    pub fields: Vec<Field>,
    /// The content; none is not the same as an empty one.
    pub body: Option<Vec<u8>>,
    /// What to do with a redirect.
    pub redirects: RedirectPolicy,
    /// Deadlines of the exchange.
    pub timeouts: Timeouts,
}

impl HttpRequest {
    /// Bytes that this request holds in memory, nearly.
    pub(crate) fn cost(&self) -> usize {
        let fields = self.fields.iter().map(Field::cost).sum::<usize>();
        let body = self.body.as_ref().map_or(0, Vec::len);
        size_of::<Self>() + self.method.len() + self.url.len() + fields + body
    }
}

/// What an executor does with a 301, 302, 303, 307 or 308 response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectPolicy {
    /// Go where `location` points.
    #[default]
    Follow,
    /// Return the redirect itself.
    Stop,
}

/// Deadlines of one exchange. A missing one is left to the executor.
///
/// They travel in whole milliseconds, rounded up. Only [`total`](Self::total) is known to stock
/// executors; the others are sent where the extension `timeouts` was negotiated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection, TLS included.
    pub connect: Option<Duration>,
    /// From the request sent to the first byte of the response.
    pub first_byte: Option<Duration>,
    /// Between two reads of the body that yield bytes.
    pub idle: Option<Duration>,
    /// For the whole exchange, body included. Zero fails at once.
    pub total: Option<Duration>,
}
