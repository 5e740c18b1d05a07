//! The words in which stock peers tell of failed exchanges: said and understood.
//!
//! A stock executor has nothing but a code and a sentence, a stock client matches on both and logs
//! them. So these are wire text, and change for nobody; people get the [`Display`](fmt::Display) of
//! a [`Failure`](sandbar_exchange::Failure) instead. Both directions stand here, because what one
//! end says is what the other one matches on.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use sandbar_exchange::{ErrorCode, Failure, Limit, PeerError, SequenceError};

use crate::http::{FieldError, InvalidRequest, REQUEST_METHOD, clipped};
use crate::jsonrpc::code;
use crate::limits::ID_BYTES;

/// Clients repeat a call only if its error has code -32603 and starts so.
const FAILED: &str = "http/request failed: ";
/// How the error of a buffered call starts whose body broke.
const BODY_FAILED: &str = "failed to read http/request response body: ";
/// A body that was cut, that broke its framing, or that was late.
const BODY_BROKEN: &str = "error decoding response body";
/// Part of "too many redirects", "redirect target uses unsupported URL scheme: file", and of
/// whatever else is said of one.
const REDIRECT: &str = "redirect";
/// Part of "route-aware request timed out", and of whatever else is said of a deadline.
const TIMED_OUT: &str = "timed out";

/// What broke, as far as the words of an error depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There was no response yet.
    Head,
    /// The body of a buffered call was being collected.
    BufferedBody,
}

/// The code and the message of the error response of a call.
pub(crate) fn say(error: &ErrorCode, stage: Stage) -> (i64, String) {
    let words = Words(error);
    match (error, stage) {
        (ErrorCode::InvalidRequest(_), _) => (code::INVALID_PARAMS, words.to_string()),
        // Not "failed": trying again would be denied again.
        (ErrorCode::Denied(_), _) => (code::INVALID_PARAMS, format!("{REQUEST_METHOD} {words}")),
        (_, Stage::Head) => (code::INTERNAL_ERROR, format!("{FAILED}{words}")),
        (_, Stage::BufferedBody) => (code::INTERNAL_ERROR, format!("{BODY_FAILED}{words}")),
    }
}

/// The failure that the error response of a call stands for.
pub(crate) fn understand(code: i64, message: &str) -> Failure {
    match code {
        code::INVALID_PARAMS => Failure::unsent(ErrorCode::InvalidRequest(clipped(message))),
        code::INTERNAL_ERROR => Failure::sent(understand_internal_error(message)),
        code => Failure::sent(peer_error(code, message)),
    }
}

fn understand_internal_error(message: &str) -> ErrorCode {
    if message.starts_with(BODY_FAILED) {
        return ErrorCode::IncompleteBody;
    }
    match message.strip_prefix(FAILED) {
        None => peer_error(code::INTERNAL_ERROR, message),
        Some(cause) if cause.contains(REDIRECT) => ErrorCode::Redirect(clipped(cause)),
        Some(cause) if cause.contains(TIMED_OUT) => ErrorCode::TotalTimeout,
        // Refused, unresolved, untrusted and late look alike: "error sending request for url".
        Some(cause) => ErrorCode::ConnectionFailed(clipped(cause)),
    }
}

fn peer_error(code: i64, message: &str) -> ErrorCode {
    ErrorCode::Peer(PeerError { code, message: clipped(message) })
}

/// The `error` of a terminal delta.
pub(crate) fn say_end(error: &ErrorCode) -> String {
    Words(error).to_string()
}

/// The failure that the `error` of a terminal delta stands for.
pub(crate) fn understand_end(text: &str) -> Failure {
    Failure::sent(match text {
        BODY_BROKEN => ErrorCode::IncompleteBody,
        text => ErrorCode::Other(clipped(text)),
    })
}

/// The cause of a failure.
struct Words<'a>(&'a ErrorCode);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ErrorCode::Denied(reason) => write!(f, "denied by policy: {reason}"),
            // A relay's executor, or the protocol itself, has said the method already.
            ErrorCode::InvalidRequest(reason) if reason.starts_with(REQUEST_METHOD) => {
                f.write_str(reason)
            }
            ErrorCode::InvalidRequest(reason) => write!(f, "{REQUEST_METHOD} {reason}"),
            ErrorCode::Dns(reason) => write!(f, "name did not resolve: {reason}"),
            ErrorCode::ConnectionRefused => f.write_str("connection refused"),
            ErrorCode::ConnectionFailed(reason) => write!(f, "connection failed: {reason}"),
            ErrorCode::ConnectTimeout => write!(f, "connect {TIMED_OUT}"),
            ErrorCode::Tls(reason) => write!(f, "tls failed: {reason}"),
            ErrorCode::FirstByteTimeout => write!(f, "first byte {TIMED_OUT}"),
            ErrorCode::IdleTimeout => write!(f, "body {TIMED_OUT} while idle"),
            ErrorCode::TotalTimeout => write!(f, "request {TIMED_OUT}"),
            ErrorCode::Protocol(reason) => write!(f, "protocol violated: {reason}"),
            ErrorCode::IncompleteBody => f.write_str(BODY_BROKEN),
            ErrorCode::LimitExceeded(Limit { setting, value: Some(value) }) => {
                write!(f, "limit {setting} of {value} reached")
            }
            ErrorCode::LimitExceeded(Limit { setting, value: None }) => {
                write!(f, "limit {setting} reached")
            }
            ErrorCode::Sequence(SequenceError { expected, received }) => {
                write!(f, "received seq {received}, expected {expected}")
            }
            ErrorCode::Disconnected(reason) => write!(f, "executor disconnected: {reason}"),
            ErrorCode::Cancelled => f.write_str("cancelled"),
            ErrorCode::Peer(PeerError { code, message }) => {
                write!(f, "executor answered {code}: {message}")
            }
            ErrorCode::Redirect(reason) | ErrorCode::Other(reason) => f.write_str(reason),
        }
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Params(text) => f.write_str(text),
            Self::Body(error) | Self::Field(FieldError::Base64(error)) => error.fmt(f),
            Self::Method => write!(f, "{REQUEST_METHOD} method is invalid: invalid HTTP method"),
            Self::Url(cause) => write!(f, "{REQUEST_METHOD} url is invalid: {cause}"),
            Self::Scheme(scheme) => {
                write!(f, "{REQUEST_METHOD} only supports http and https URLs, got {scheme}")
            }
            Self::Field(error) => write!(f, "{REQUEST_METHOD} {error}"),
            Self::EnvironmentVariable { field, variable } => write!(
                f,
                "{REQUEST_METHOD} header {field} requires executor environment variable {variable}"
            ),
            Self::StreamActive(id) => {
                write!(f, "{REQUEST_METHOD} streamResponse requestId `{id}` is already active")
            }
            Self::StreamIdTooLong => {
                write!(f, "{REQUEST_METHOD} requestId is longer than {ID_BYTES} bytes")
            }
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("header name is invalid: invalid HTTP header name"),
            Self::Value { name } => {
                write!(f, "header value is invalid for {name}: failed to parse header value")
            }
            Self::NotText { name } => {
                write!(f, "header value is invalid for {name}: the executor takes UTF-8 only")
            }
            Self::Base64(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
