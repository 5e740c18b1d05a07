use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt::Write as _;

use sandbar_exchange::Failure;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::BODY_DELTA_METHOD;
use super::base64::append_base64;
use crate::extensions::{Extension, Extensions};
use crate::stock;

/// The parameters of `http/request/bodyDelta`, borrowed from the message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyDelta<'a> {
    /// The stream that this belongs to.
    #[serde(borrow)]
    pub request_id: Cow<'a, str>,
    /// Counts the deltas of the stream, from 1.
    pub seq: u64,
    /// The bytes, in standard base64. Empty in the terminal deltas of every executor so far, but
    /// clients take bytes there too.
    #[serde(borrow)]
    pub delta_base64: Cow<'a, str>,
    /// Whether this is the last delta.
    #[serde(default)]
    pub done: bool,
    /// Why the body failed. Makes the delta terminal, whatever `done` says.
    #[serde(borrow, default)]
    pub error: Option<Cow<'a, str>>,
    /// The failure itself, where `errors` was negotiated.
    #[serde(borrow, default)]
    pub failure: Option<&'a RawValue>,
}

/// A whole message that is a delta and nothing else, in any order of its members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeltaMessage<'a> {
    #[serde(rename = "method")]
    _method: DeltaMethod,
    #[serde(borrow)]
    params: BodyDelta<'a>,
}

#[derive(Deserialize)]
enum DeltaMethod {
    // The same words as `BODY_DELTA_METHOD`.
    #[serde(rename = "http/request/bodyDelta")]
    BodyDelta,
}

/// Reads a message that is a delta in a single pass: this is where the bytes are. Nothing for any
/// other message, and for a delta with members of its envelope that are not known.
pub(crate) fn decode_delta(message: &[u8]) -> Option<BodyDelta<'_>> {
    let message: DeltaMessage<'_> = serde_json::from_slice(message).ok()?;
    Some(message.params)
}

/// A delta with bytes, as a whole message. `request_id` is JSON text already.
///
/// Written by hand because this is where the bytes are: one allocation and one pass.
pub(crate) fn encode_data(request_id: &str, seq: u64, bytes: &[u8]) -> String {
    let base64_len = bytes.len().div_ceil(3).saturating_mul(4);
    let mut text = String::with_capacity(base64_len + request_id.len() + 160);
    start(&mut text, request_id, seq);
    append_base64(bytes, &mut text);
    text.push_str(r#"","done":false,"error":null}}"#);
    text
}

/// A terminal delta, as a whole message. `request_id` is JSON text already.
pub(crate) fn encode_end(
    request_id: &str,
    seq: u64,
    failure: Option<&Failure>,
    extensions: Extensions,
) -> String {
    let mut text = String::new();
    start(&mut text, request_id, seq);
    text.push_str(r#"","done":true,"error":"#);
    match failure {
        None => text.push_str("null"),
        Some(failure) => {
            text.push_str(&json_string(&stock::say_end(&failure.code)));
            let typed = serde_json::to_string(failure).ok();
            if let Some(typed) = typed.filter(|_| extensions.contains(Extension::Errors)) {
                text.push_str(r#","failure":"#);
                text.push_str(&typed);
            }
        }
    }
    text.push_str("}}");
    text
}

/// A string as JSON text.
pub(crate) fn json_string(string: &str) -> String {
    serde_json::Value::from(string).to_string()
}

fn start(text: &mut String, request_id: &str, seq: u64) {
    // Writing to a `String` cannot fail.
    let _ = write!(
        text,
        r#"{{"method":"{BODY_DELTA_METHOD}","params":{{"requestId":{request_id},"seq":{seq},"deltaBase64":""#
    );
}
