//! Between typed errors and the codes and texts that stock peers send and match on.

use alloc::format;
use alloc::string::String;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ErrorCode;
use crate::extensions::{Extension, Extensions};
use crate::jsonrpc::{ErrorObject, code};
use crate::limits::ERROR_TEXT_BYTES;

/// Clients repeat a call only if its error has code -32603 and starts so.
const FAILED: &str = "http/request failed: ";
/// How a stock executor starts the error of a buffered call whose body broke.
const BODY_FAILED: &str = "failed to read http/request response body: ";

/// What broke, as far as the words of an error depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There was no response yet.
    Head,
    /// The body of a buffered call was being collected.
    BufferedBody,
}

/// The error response of a call.
pub(crate) fn error_object(error: &ErrorCode, stage: Stage, extensions: Extensions) -> ErrorObject {
    let (code, message) = match (error, stage) {
        (ErrorCode::InvalidRequest { reason }, _) => (code::INVALID_PARAMS, reason.clone()),
        // Not "failed": trying again would be denied again.
        (ErrorCode::Denied { .. }, _) => (code::INVALID_PARAMS, format!("http/request {error}")),
        (_, Stage::Head) => (code::INTERNAL_ERROR, format!("{FAILED}{error}")),
        (_, Stage::BufferedBody) => (code::INTERNAL_ERROR, format!("{BODY_FAILED}{error}")),
    };
    let mut object = ErrorObject::new(code, message);
    if extensions.contains(Extension::Errors) {
        object.data = serde_json::value::to_raw_value(&Data { sandbar: error }).ok();
    }
    object
}

/// The typed error of a call that was answered with `object`.
pub(crate) fn call_error(object: &ErrorObject, extensions: Extensions) -> ErrorCode {
    let data = object.data.as_ref();
    let typed = data
        .filter(|_| extensions.contains(Extension::Errors))
        .and_then(|data| serde_json::from_str::<DataIn>(data.get()).ok());
    match typed {
        Some(data) => data.sandbar,
        None => call_error_of_text(object.code, &object.message),
    }
}

fn call_error_of_text(code: i64, message: &str) -> ErrorCode {
    let reason = clipped(message);
    match code {
        code::INVALID_PARAMS => return ErrorCode::InvalidRequest { reason },
        code::INTERNAL_ERROR => {}
        code => {
            return ErrorCode::Peer { code, message: reason };
        }
    }
    if message.starts_with(BODY_FAILED) {
        return ErrorCode::IncompleteBody;
    }
    let Some(cause) = message.strip_prefix(FAILED) else {
        return ErrorCode::Peer { code, message: reason };
    };
    if cause.contains("redirect") {
        ErrorCode::Redirect { reason: clipped(cause) }
    } else if cause.contains("timed out") {
        ErrorCode::TotalTimeout
    } else {
        // Refused, unresolved, untrusted and late look alike: "error sending request for url".
        ErrorCode::ConnectionFailed { reason: clipped(cause) }
    }
}

/// The typed error of a terminal delta.
///
/// A stock executor says "error decoding response body" for a body that was cut, one that broke
/// its framing and one that was late.
pub(crate) fn terminal_error(
    text: &str,
    failure: Option<&RawValue>,
    extensions: Extensions,
) -> ErrorCode {
    let typed = failure
        .filter(|_| extensions.contains(Extension::Errors))
        .and_then(|failure| serde_json::from_str(failure.get()).ok());
    match typed {
        Some(error) => error,
        None if text == "error decoding response body" => ErrorCode::IncompleteBody,
        None => ErrorCode::Other { reason: Some(clipped(text)) },
    }
}

/// At most [`ERROR_TEXT_BYTES`] of a peer's text, cut between characters.
pub(crate) fn clipped(text: &str) -> String {
    let mut end = text.len().min(ERROR_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
}

#[derive(Serialize)]
struct Data<'a> {
    sandbar: &'a ErrorCode,
}

#[derive(Deserialize)]
struct DataIn {
    sandbar: ErrorCode,
}
