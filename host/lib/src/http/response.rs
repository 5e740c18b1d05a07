//! Whether the head of a response is one that can be gone on with, whichever version of HTTP it came by.
//!
//! hyper reads heads, and takes what this host cannot make anything of: it hands bodies on in codings
//! that nobody asked for, and connections in protocols that nobody spoke of.

use http::header::{HeaderMap, TRANSFER_ENCODING};
use http::response::Parts;
use http::{Method, StatusCode};

use super::error::DialError;
use super::limits::{DialLimit, DialLimits, INTERIM_RESPONSES};

/// A head that is understood, and that no server may send here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidResponse {
    /// The server changes to a protocol that the request did not offer (RFC 9110 section 15.2.2).
    #[error("it changes the protocol (status 101), which nobody asked for")]
    Upgrade,
    /// Interim responses without end, and no other.
    #[error("it sends more than {INTERIM_RESPONSES} interim responses (status 1xx) and no other")]
    Interim,
    /// The body is in transfer codings other than `chunked`, which alone is understood without having
    /// been asked for (RFC 9112 section 7.4).
    #[error("its body has the transfer coding `{0}`, which nobody asked for")]
    TransferCoding(String),
}

/// Checks the head of the response to a request with this method.
pub(super) fn check(head: &Parts, to: &Method, limits: &DialLimits) -> Result<(), DialError> {
    if is_too_large(&head.headers, limits) {
        return Err(DialError::LimitExceeded(DialLimit::response_head(limits)));
    }
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(InvalidResponse::Upgrade.into());
    }
    let without_content = to == Method::HEAD
        || matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    match foreign_coding(&head.headers) {
        Some(coding) if !without_content => Err(InvalidResponse::TransferCoding(coding).into()),
        _ => Ok(()),
    }
}

/// HTTP/1.1 stops at these limits while it reads; in HTTP/2, whose heads are compressed, they are
/// known afterwards. The size is that of RFC 9113 section 6.5.2.
fn is_too_large(fields: &HeaderMap, limits: &DialLimits) -> bool {
    const LINE: usize = 32;
    let bytes = fields.iter().map(|(name, value)| name.as_str().len() + value.len() + LINE);
    fields.len() > usize::from(limits.response_fields)
        || u32::try_from(bytes.sum::<usize>()).map_or(true, |bytes| bytes > limits.response_head)
}

/// The transfer codings, where they are others than none, or `chunked` alone and last. `identity` is
/// the name that none had in RFC 2616.
fn foreign_coding(fields: &HeaderMap) -> Option<String> {
    let lines = fields.get_all(TRANSFER_ENCODING).iter();
    let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let lines = lines.join(", ");
    let mut codings = lines.split(',').map(str::trim).filter(|coding| !coding.is_empty());
    let is_none = |coding: &str| coding.eq_ignore_ascii_case("identity");
    let first = codings.find(|coding| !is_none(coding))?;
    if first.eq_ignore_ascii_case("chunked") && codings.next().is_none() {
        return None;
    }
    Some(lines)
}
