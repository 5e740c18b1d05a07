//! hyper's errors in our terms. hyper tells some causes apart only by what lies beneath.

use std::error::Error;
use std::io;
use std::sync::Arc;

use hyper_util::client::legacy;

use super::error::DialError;
use super::limits::{DialLimit, DialLimits};
use super::socket::ClosedBefore;

/// Why there was no response.
pub(super) fn before_head(error: legacy::Error, limits: &DialLimits) -> DialError {
    if let Some(dial) = cause::<DialError>(&error) {
        return dial.clone();
    }
    let closed_before =
        |io: &io::Error| io.get_ref().is_some_and(|inner| inner.is::<ClosedBefore>());
    if cause::<io::Error>(&error).is_some_and(closed_before) {
        return DialError::ClosedBeforeRequest;
    }
    match cause::<hyper::Error>(&error) {
        Some(hyper) if hyper.is_parse_too_large() => {
            DialError::LimitExceeded(DialLimit::ResponseHead {
                bytes: limits.response_head,
                fields: limits.response_fields,
            })
        }
        Some(hyper) if hyper.is_user() => DialError::RequestBody { source: Arc::new(error) },
        Some(hyper) if hyper.is_parse() => DialError::Protocol { source: Arc::new(error) },
        _ => DialError::ConnectionClosed { source: Arc::new(error) },
    }
}

/// Why a body ended early. Framing that cannot be understood is the peer's fault; all else means
/// that bytes are missing.
pub(super) fn in_body(error: hyper::Error) -> DialError {
    let broken_framing = cause::<io::Error>(&error).is_some_and(|io| {
        matches!(io.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    });
    let source = Arc::new(error);
    if broken_framing || source.is_parse() {
        return DialError::Protocol { source };
    }
    DialError::ResponseIncomplete { source }
}

/// The first cause of this type, the error itself included.
pub(crate) fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
