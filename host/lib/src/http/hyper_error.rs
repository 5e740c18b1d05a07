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
    let too_large = || DialError::LimitExceeded(DialLimit::response_head(limits));
    match cause::<h2::Error>(&error).map(Http2Fault::of) {
        Some(Http2Fault::NotTaken) => return DialError::NotTaken { source: Arc::new(error) },
        Some(Http2Fault::Flood) => return too_large(),
        Some(Http2Fault::Violation) => return DialError::Protocol { source: Arc::new(error) },
        Some(Http2Fault::Ended) | None => {}
    }
    match cause::<hyper::Error>(&error) {
        Some(hyper) if hyper.is_parse_too_large() => too_large(),
        Some(hyper) if hyper.is_timeout() => DialError::Unresponsive { after: limits.http2_pong },
        Some(hyper) if hyper.is_user() => DialError::RequestBody { source: Arc::new(error) },
        Some(hyper) if hyper.is_parse() => DialError::Protocol { source: Arc::new(error) },
        _ => DialError::ConnectionClosed { source: Arc::new(error) },
    }
}

/// What an HTTP/2 server did wrong, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Http2Fault {
    /// It promises that it has not processed the stream (RFC 9113 section 8.7). It leaves without an
    /// error after the last stream that it takes, and h2 ends those after it with that frame.
    NotTaken,
    /// It sends more of a head than h2 decodes. What of it is no violation has these codes alone.
    Flood,
    /// What it sent is against the protocol.
    Violation,
    /// None: it ended the stream, or the connection was lost.
    Ended,
}

impl Http2Fault {
    fn of(error: &h2::Error) -> Self {
        match error.reason() {
            Some(h2::Reason::REFUSED_STREAM) if error.is_remote() && error.is_reset() => {
                Self::NotTaken
            }
            Some(h2::Reason::NO_ERROR) if error.is_remote() && error.is_go_away() => Self::NotTaken,
            Some(h2::Reason::ENHANCE_YOUR_CALM | h2::Reason::COMPRESSION_ERROR)
                if error.is_library() =>
            {
                Self::Flood
            }
            Some(_) if error.is_library() => Self::Violation,
            _ => Self::Ended,
        }
    }
}

/// Why a body ended early. Framing that cannot be understood is the peer's fault; all else means
/// that bytes are missing, those among it that the end of an HTTP/2 stream leaves out of what the
/// response had announced.
pub(super) fn in_body(error: hyper::Error, announced: bool) -> DialError {
    let broken_framing = cause::<io::Error>(&error).is_some_and(|io| {
        matches!(io.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    });
    let violation = cause::<h2::Error>(&error)
        .is_some_and(|error| error.is_library() && !(announced && error.is_reset()));
    let source = Arc::new(error);
    if broken_framing || violation || source.is_parse() {
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
