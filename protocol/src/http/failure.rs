//! A failure on its way: in words for everybody and, where `errors` was negotiated, as it is.

use alloc::string::{String, ToString as _};

use sandbar_exchange::{Failure, Processed};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::InvalidRequest;
use crate::extensions::{Extension, Extensions};
use crate::jsonrpc::ErrorObject;
use crate::limits::ERROR_TEXT_BYTES;
use crate::stock::{self, Stage};

/// The error response of a call.
pub(crate) fn error_object(failure: &Failure, stage: Stage, extensions: Extensions) -> ErrorObject {
    let (code, message) = stock::say(&failure.code, stage);
    let mut object = ErrorObject::new(code, message);
    if extensions.contains(Extension::Errors) {
        object.data = serde_json::value::to_raw_value(&Data { sandbar: failure }).ok();
    }
    object
}

/// The error response of a call that was refused before it began.
pub(crate) fn refusal_object(refused: &InvalidRequest, extensions: Extensions) -> ErrorObject {
    let failure = Failure::unsent(refused.code());
    let typed = error_object(&failure, Stage::Head, extensions);
    ErrorObject { message: refused.to_string(), ..typed }
}

/// Why the call failed that was answered with `object`.
pub(crate) fn call_failure(object: &ErrorObject, extensions: Extensions) -> Failure {
    let data = object.data.as_ref().filter(|_| extensions.contains(Extension::Errors));
    match data.and_then(|data| serde_json::from_str::<DataIn>(data.get()).ok()) {
        Some(data) => data.sandbar,
        None => stock::understand(object.code, &object.message),
    }
}

/// Why the body failed whose terminal delta said `text`, and `failure` beside it. Whoever answers
/// has acted on the request, whatever the executor says.
pub(crate) fn terminal_failure(
    text: &str,
    failure: Option<&RawValue>,
    extensions: Extensions,
) -> Failure {
    let failure = failure.filter(|_| extensions.contains(Extension::Errors));
    match failure.and_then(|failure| serde_json::from_str(failure.get()).ok()) {
        Some(failure) => Failure { processed: Processed::Possibly, ..failure },
        None => stock::understand_end(text),
    }
}

/// At most [`ERROR_TEXT_BYTES`] of a peer's text, cut between characters.
pub(crate) fn clipped(text: &str) -> String {
    text.split_at(text.floor_char_boundary(ERROR_TEXT_BYTES)).0.into()
}

#[derive(Serialize)]
struct Data<'a> {
    sandbar: &'a Failure,
}

#[derive(Deserialize)]
struct DataIn {
    sandbar: Failure,
}
