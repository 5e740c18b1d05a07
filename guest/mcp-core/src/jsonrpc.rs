//! JSON-RPC 2.0 messages as MCP uses them, borrowed from their text.
//!
//! The kinds are told apart by which members are there. Unknown members are ignored, and so is a
//! missing `jsonrpc`; a message that could be two kinds at once is refused. Members that are odd and
//! certain all the same are taken for what they mean: servers write null where there is nothing, and
//! numbers and error codes in every spelling.

use core::fmt::{self, Write as _};
use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::RpcError;
use crate::json_string;
use crate::json_text::{Picked, quoted, write_quoted};
use crate::limits::{BATCH_MESSAGES, ODD_ERROR_BYTES};
use crate::preview::cut_at_char;

/// The id of a request, as its sender spelled it: an answer gives it back byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(String);

impl Id {
    /// The id of this JSON text: a string or a number. Null is no id.
    pub fn of(json: &str) -> Option<Self> {
        let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        (is_number || json.starts_with('"')).then(|| Self(json.to_owned()))
    }

    /// The id as JSON text.
    pub fn into_json(self) -> String {
        self.0
    }

    /// The id as JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Whether it is the same id: spelled the same, or of the value of the same number or string.
    /// `3`, `3.0` and `"3"` are one id (rust-sdk 1017, python-sdk 1720).
    pub fn means(&self, ours: &Self) -> bool {
        if self == ours {
            return true;
        }
        match (self.number(), ours.number()) {
            // Ids of this client are small enough for a double to hold.
            (Some(theirs), Some(ours)) => theirs == ours,
            (None, None) => {
                let text = |id: &Self| json_string::read(&id.0).map(Cow::into_owned);
                text(self).is_some_and(|theirs| text(ours) == Some(theirs))
            }
            _ => false,
        }
    }

    /// The value, where it is one that an id of this client may have.
    pub(crate) fn whole(&self) -> Option<i64> {
        json_string::inside(&self.0).unwrap_or(&self.0).trim().parse().ok()
    }

    /// The value, where it is that of a number.
    pub(crate) fn number(&self) -> Option<f64> {
        number(&self.0)
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

/// The number that a JSON text spells, as a number or inside a string.
fn number(json: &str) -> Option<f64> {
    json_string::inside(json).unwrap_or(json).trim().parse().ok().filter(|f: &f64| f.is_finite())
}

/// One message.
#[derive(Debug)]
pub enum Message<'a> {
    /// It asks something.
    Request {
        /// What the answer is to name.
        id: Id,
        /// What is asked.
        method: String,
        /// The JSON text of the parameters.
        params: Option<&'a str>,
    },
    /// It tells something.
    Notification {
        /// What is told.
        method: String,
        /// The JSON text of the parameters.
        params: Option<&'a str>,
    },
    /// It answers with a result.
    Success {
        /// Missing where the server left it out.
        id: Option<Id>,
        /// The JSON text.
        result: &'a str,
    },
    /// It answers with an error.
    Failure {
        /// Missing where the server could not tell.
        id: Option<Id>,
        /// The error.
        error: RpcError,
    },
}

/// Why a text is no message, for people.
#[derive(Debug)]
pub struct Malformed(
    /// What is wrong with it.
    pub String,
);

impl<'a> Message<'a> {
    /// Reads one message. A byte order mark before it is skipped.
    ///
    /// # Errors
    ///
    /// For what is no JSON-RPC message.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let text = without_mark(text);
        if !text.starts_with('{') {
            // Serde says what is wrong with a text that is no JSON at all.
            serde_json::from_str::<&RawValue>(text).map_err(malformed)?;
            return Err(Malformed("it is no object".into()));
        }
        let names = ["jsonrpc", "method", "id", "params", "result", "error"];
        let Picked { values, repeated } = Picked::from(text, names).map_err(malformed)?;
        if repeated {
            return Err(Malformed("a member is there twice".into()));
        }
        let [version, method, id, params, result, error] = values;
        if version.is_some_and(|version| version != "null" && number(version) != Some(2.0)) {
            return Err(Malformed("`jsonrpc` is not \"2.0\"".into()));
        }
        let something = |value: &&str| *value != "null";
        let error = error.filter(|error| something(error) && *error != "false");
        let has_result = result.is_some_and(|result| something(&result));
        match (method.filter(something), result, error) {
            (Some(method), _, None) if !has_result => {
                let method = json_string::read(method)
                    .ok_or_else(|| Malformed("`method` is not a string".into()))?
                    .into_owned();
                let params = params.filter(something);
                match id.filter(something) {
                    // Nobody could be answered under null: serializers write it for nothing.
                    None => Ok(Self::Notification { method, params }),
                    Some(id) => {
                        let id = Id::of(id).ok_or_else(|| {
                            Malformed("`id` is neither a string nor a number".into())
                        })?;
                        Ok(Self::Request { id, method, params })
                    }
                }
            }
            (None, Some(result), None) => Ok(Self::Success { id: id.and_then(Id::of), result }),
            (None, _, Some(error)) if !has_result => {
                Ok(Self::Failure { id: id.and_then(Id::of), error: RpcError::read(error) })
            }
            _ => Err(Malformed("it is neither a request, a notification nor a response".into())),
        }
    }
}

/// Whether a text has a `jsonrpc` member.
pub(crate) fn claims_to_be_json_rpc(text: &str) -> bool {
    let version = Picked::from(without_mark(text), ["jsonrpc"]).map(|picked| picked.values);
    matches!(version, Ok([Some(_)]))
}

/// A text without what editors and frameworks write before JSON (RFC 8259 section 8.1).
pub(crate) fn without_mark(text: &str) -> &str {
    text.trim_ascii_start().trim_start_matches('\u{FEFF}').trim_ascii_start()
}

impl RpcError {
    /// Reads the value of `error`, whatever it is: that something failed is certain.
    pub fn read(error: &str) -> Self {
        let Ok(Picked { values: [code, message, data], .. }) =
            Picked::from(error, ["code", "message", "data"])
        else {
            return Self { code: UNREADABLE_CODE, message: shown(error), data: None };
        };
        let known_code = code.and_then(integer);
        let mut text = match message.filter(|message| *message != "null") {
            Some(message) => shown(message),
            None if known_code.is_some() => String::new(),
            None => return Self { code: UNREADABLE_CODE, message: shown(error), data: None },
        };
        if let (None, Some(code)) = (known_code, code) {
            // Writing to a string does not fail.
            let _ = write!(text, " (code {})", shown(code));
        }
        Self {
            code: known_code.unwrap_or(UNREADABLE_CODE),
            message: text,
            data: data.filter(|data| *data != "null").map(str::to_owned),
        }
    }
}

/// The code of an error whose own is none; what it was is in the message.
const UNREADABLE_CODE: i64 = 0;

/// A code in whatever spelling, where it has the value of an integer.
fn integer(code: &str) -> Option<i64> {
    let code = number(code).filter(|code| code.fract() == 0.0 && code.abs() < i64::MAX as f64)?;
    // In range, and codes are small enough to be exact.
    Some(code as i64)
}

/// A value for people: a string as what it means, anything else as it is spelled, up to a bound.
fn shown(json: &str) -> String {
    match json_string::read(json) {
        Some(text) => text.into_owned(),
        None => cut_at_char(json, ODD_ERROR_BYTES).to_owned(),
    }
}

fn malformed(error: serde_json::Error) -> Malformed {
    Malformed(error.to_string())
}

/// The messages of a batch (2025-03-26), borrowed.
pub(crate) struct Batch<'a>(pub(crate) Vec<&'a str>);

impl<'a> Batch<'a> {
    /// Whether a text is a batch rather than a single message.
    pub(crate) fn is_batch(text: &str) -> bool {
        without_mark(text).starts_with('[')
    }

    /// Splits a batch, at most [`BATCH_MESSAGES`] messages.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        serde_json::from_str(without_mark(text)).map_err(malformed)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Batch<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BatchVisitor;
        impl<'de> Visitor<'de> for BatchVisitor {
            type Value = Batch<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "a batch of at most {BATCH_MESSAGES} messages")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut messages = Vec::new();
                while let Some(message) = seq.next_element::<&RawValue>()? {
                    if messages.len() == BATCH_MESSAGES {
                        return Err(serde::de::Error::invalid_length(messages.len() + 1, &self));
                    }
                    messages.push(message.get());
                }
                Ok(Batch(messages))
            }
        }
        deserializer.deserialize_seq(BatchVisitor)
    }
}

/// Writes a request or, without an id, a notification. `params` is written by the caller's
/// closure, straight into the message; `None` leaves the member out.
pub(crate) fn write_call(
    id: Option<i64>,
    method: &str,
    write_params: Option<&dyn Fn(&mut String)>,
) -> Vec<u8> {
    let mut out = String::with_capacity(USUAL_CALL_BYTES);
    out.push_str(r#"{"jsonrpc":"2.0","#);
    if let Some(id) = id {
        // Writing to a string does not fail.
        let _ = write!(out, r#""id":{id},"#);
    }
    out.push_str(r#""method":"#);
    write_quoted(&mut out, method);
    if let Some(write_params) = write_params {
        out.push_str(r#","params":"#);
        write_params(&mut out);
    }
    out.push('}');
    out.into_bytes()
}

/// Bytes that hold most calls: reserving them at once saves a message from growing piece by piece.
const USUAL_CALL_BYTES: usize = 512;

/// Writes the answer to a request of the server. The result must be JSON text.
pub fn write_response(id: &Id, outcome: &Result<String, RpcError>) -> Vec<u8> {
    let id = id.as_json();
    let text = match outcome {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
        Err(error) => {
            let data = error.data.as_ref().map(|data| format!(r#","data":{data}"#));
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{},"message":{}{}}}}}"#,
                error.code,
                quoted(&error.message),
                data.unwrap_or_default(),
            )
        }
    };
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::{Batch, Id, Malformed, Message};
    use crate::limits::BATCH_MESSAGES;

    /// Catches a parser that denies unknown members, or reads a null result as a missing one.
    #[test]
    fn unknown_members_and_a_null_result_are_accepted() {
        let text = r#"{"x":1,"\ud800":2,"id":"a","result":null,"jsonrpc":"2.0"}"#;
        let Message::Success { id, result } = Message::parse(text).unwrap() else {
            panic!("not a success")
        };
        assert_eq!((id, result), (Id::of("\"a\""), "null"));
    }

    /// Catches a code that is made up for one that is out of range.
    #[test]
    fn a_code_is_an_integer_or_none() {
        for (code, expected) in [
            ("-32600.0", -32600),
            ("9007199254740992", 9_007_199_254_740_992),
            ("9223372036854775808", 0),
            ("1e300", 0),
            ("1.5", 0),
        ] {
            let text = format!(r#"{{"error":{{"code":{code}}}}}"#);
            let Message::Failure { error, .. } = Message::parse(&text).unwrap() else {
                panic!("not a failure: {text}")
            };
            assert_eq!(error.code, expected, "{code}");
        }
    }

    /// Catches a parser that insists on an id in errors: servers answer what they cannot parse
    /// with null or with a made-up one.
    #[test]
    fn an_error_may_lack_its_id_and_message() {
        for (text, expected) in [
            (r#"{"id":null,"error":{"code":-32600}}"#, None),
            (r#"{"error":{"code":-32600,"message":null}}"#, None),
            (r#"{"id":"server-error","error":{"code":-32600}}"#, Some("\"server-error\"")),
        ] {
            let Message::Failure { id, error } = Message::parse(text).unwrap() else {
                panic!("not a failure: {text}")
            };
            assert_eq!(id, expected.and_then(Id::of));
            assert_eq!(error.code, -32600);
        }
    }

    /// Catches an error object that is lost because a member of it, or one beside it, is odd
    /// (Wazuh-MCP-Server 59, burrow 271, cloudflare/workerd 4977).
    #[test]
    fn an_odd_error_says_what_is_certain() {
        for (text, code, message) in [
            (r#"{"id":1,"result":null,"error":{"code":-32000,"message":"no"}}"#, -32000, "no"),
            (r#"{"id":1,"error":{"code":"-32601","message":"no"}}"#, -32601, "no"),
            (r#"{"id":1,"error":{"code":-32602.0,"message":"no"}}"#, -32602, "no"),
            (r#"{"id":1,"error":{"code":-3.26e4,"message":"no"}}"#, -32600, "no"),
            (r#"{"id":1,"error":{"code":"E_AUTH","message":"no"}}"#, 0, "no (code E_AUTH)"),
            (r#"{"id":1,"error":{"code":1.5,"message":"no"}}"#, 0, "no (code 1.5)"),
            (r#"{"id":1,"error":{"code":1e300,"message":"no"}}"#, 0, "no (code 1e300)"),
            (r#"{"id":1,"error":{"message":"no"}}"#, 0, "no"),
            (r#"{"id":1,"error":{"code":null,"message":["a"]}}"#, 0, "[\"a\"] (code null)"),
            (r#"{"id":1,"error":{"detail":"no"}}"#, 0, r#"{"detail":"no"}"#),
            (r#"{"id":1,"error":"no\ud800"}"#, 0, "no\u{FFFD}"),
            (r#"{"id":1,"error":17}"#, 0, "17"),
            ("\u{FEFF}{\"id\":1,\"error\":{\"code\":5,\"message\":\"no\"}}", 5, "no"),
        ] {
            let Ok(Message::Failure { error, .. }) = Message::parse(text) else {
                panic!("not a failure: {text}")
            };
            assert_eq!((error.code, &*error.message), (code, message), "{text}");
        }
        let data = r#"{"id":1,"error":{"code":1,"message":"m","data":{"a": 1.0}}}"#;
        let Ok(Message::Failure { error, .. }) = Message::parse(data) else { panic!("{data}") };
        assert_eq!(error.data.as_deref(), Some(r#"{"a": 1.0}"#));
    }

    /// Catches an error that is nothing, beside a result.
    #[test]
    fn an_error_that_is_nothing_leaves_the_result() {
        for error in ["null", "false"] {
            let text = format!(r#"{{"jsonrpc":2.0,"id":1,"result":{{}},"error":{error}}}"#);
            let message = Message::parse(&text);
            assert!(matches!(message, Ok(Message::Success { .. })), "{message:?}");
        }
    }

    /// Catches ids that are compared as they are spelled.
    #[test]
    fn ids_are_equal_by_value() {
        for json in ["3", "3.0", "0.3e1", "\"3\"", "\" 3 \"", "\"3.0\""] {
            assert!(Id::of(json).unwrap().means(&Id::from(3)), "{json}");
        }
        for json in ["4", "-3", "3.5", "\"three\"", "\"\"", "\"nan\"", "\"inf\""] {
            assert!(!Id::of(json).unwrap().means(&Id::from(3)), "{json}");
        }
        for json in ["null", "true", "[3]", "{}"] {
            assert_eq!(Id::of(json), None, "{json}");
        }
    }

    /// Catches a request without an id that could be answered, taken for one to answer.
    #[test]
    fn a_null_id_is_that_of_a_notification() {
        let message = Message::parse(r#"{"id":null,"method":"m","params":null}"#);
        assert!(matches!(message, Ok(Message::Notification { params: None, .. })), "{message:?}");
    }

    /// Catches a classification by the first member that fits.
    #[test]
    fn a_message_of_two_kinds_or_none_is_refused() {
        for text in [
            r#"{"id":1,"result":{},"error":{"code":1,"message":""}}"#,
            r#"{"id":1,"method":"m","result":{}}"#,
            r#"{"id":1,"method":"m","error":{}}"#,
            r#"{"id":1,"method":5}"#,
            r#"{"id":1}"#,
            r#"{"id":[1],"method":"m"}"#,
            r#"{"jsonrpc":"1.0","id":1,"result":{}}"#,
            r#"{"id":1,"id":2,"result":{}}"#,
            "17",
            "",
        ] {
            assert!(Message::parse(text).is_err(), "{text}");
        }
    }

    /// Catches a batch without a bound: two bytes of input would cost a table entry each.
    #[test]
    fn a_batch_has_a_limit() {
        let fits = format!("[{}0]", "0,".repeat(BATCH_MESSAGES - 1));
        assert_eq!(Batch::parse(&fits).unwrap().0.len(), BATCH_MESSAGES);
        let over = format!("[{}0]", "0,".repeat(BATCH_MESSAGES));
        let Malformed(error) = Batch::parse(&over).map(|_| ()).unwrap_err();
        assert!(error.contains("length 1025, expected a batch of at most 1024"), "{error}");
    }

    /// Catches an error of which its server cannot tell what is wrong with its message.
    #[test]
    fn a_member_of_another_type_is_told_with_what_it_should_be() {
        let Malformed(error) = Message::parse(r#"{"method":17}"#).unwrap_err();
        assert!(error.contains("`method` is not a string"), "{error}");
    }
}
