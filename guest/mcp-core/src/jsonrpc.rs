//! JSON-RPC 2.0 messages as MCP uses them, borrowed from their text.
//!
//! The kinds are told apart by which members are there. Unknown members are ignored, and so is a
//! missing `jsonrpc`; a message that could be two kinds at once is refused.

use core::fmt::{self, Write as _};

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, RpcError};
use crate::json_text::{Text, from_object, quoted, write_quoted};
use crate::limits::BATCH_MESSAGES;

/// The id of a request: MCP allows strings and integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    /// An integer; the only kind this client makes.
    Number(i64),
    /// A string.
    Text(String),
}

impl Id {
    /// Reads the JSON text of an id.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        if json.starts_with('"') {
            serde_json::from_str(json).ok().map(Self::Text)
        } else {
            json.parse().ok().map(Self::Number)
        }
    }

    /// The id as JSON text.
    pub(crate) fn to_json(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quoted(text),
        }
    }
}

/// One message of a server.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    /// It asks something.
    Request { id: Id, method: String, params: Option<&'a str> },
    /// It tells something.
    Notification { method: String, params: Option<&'a str> },
    /// It answers with a result, here as JSON text.
    Success { id: Id, result: &'a str },
    /// It answers with an error; the id is missing where the server could not tell.
    Failure { id: Option<Id>, error: RpcError },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<Text<'a>>,
    #[serde(borrow, default)]
    method: Option<Text<'a>>,
    // `present` keeps an explicit null apart from a missing member.
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<ErrorObject<'a>>,
}

#[derive(Deserialize)]
struct ErrorObject<'a> {
    code: i64,
    #[serde(borrow, default)]
    message: Option<Text<'a>>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Message<'a> {
    /// Reads one message.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Error> {
        let envelope: Envelope<'a> =
            from_object(text).map_err(|error| invalid(&error.to_string()))?;
        if envelope.jsonrpc.as_ref().is_some_and(|version| version.0 != "2.0") {
            return Err(invalid("`jsonrpc` is not \"2.0\""));
        }
        let params = envelope.params.map(RawValue::get);
        match (envelope.method, envelope.result, envelope.error) {
            (Some(method), None, None) => {
                let method = method.0.into_owned();
                match envelope.id {
                    Some(id) => Ok(Self::Request { id: known_id(id)?, method, params }),
                    None => Ok(Self::Notification { method, params }),
                }
            }
            (None, Some(result), None) => {
                let id = envelope.id.ok_or_else(|| invalid("a result without an `id`"))?;
                Ok(Self::Success { id: known_id(id)?, result: result.get() })
            }
            (None, None, Some(error)) => {
                let id = envelope.id.and_then(|id| Id::parse(id.get()));
                Ok(Self::Failure { id, error: error.into() })
            }
            _ => Err(invalid("it is neither a request, a notification nor a response")),
        }
    }
}

impl From<ErrorObject<'_>> for RpcError {
    fn from(object: ErrorObject<'_>) -> Self {
        Self {
            code: object.code,
            message: object.message.map(|text| text.0.into_owned()).unwrap_or_default(),
            data: object.data.map(|data| data.get().to_owned()),
        }
    }
}

fn known_id(id: &RawValue) -> Result<Id, Error> {
    Id::parse(id.get()).ok_or_else(|| invalid("`id` is neither a string nor an integer"))
}

fn invalid(what: &str) -> Error {
    Error::InvalidMessage(format!("not a json-rpc message: {what}"))
}

/// The messages of a batch (2025-03-26), borrowed.
pub(crate) struct Batch<'a>(pub(crate) Vec<&'a str>);

impl<'a> Batch<'a> {
    /// Whether a text is a batch rather than a single message.
    pub(crate) fn is_batch(text: &str) -> bool {
        text.trim_ascii_start().starts_with('[')
    }

    /// Splits a batch, at most [`BATCH_MESSAGES`] messages.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))
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
pub(crate) fn write_response(id: &Id, outcome: &Result<String, RpcError>) -> Vec<u8> {
    let id = id.to_json();
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

    use super::{Batch, Id, Message};
    use crate::limits::BATCH_MESSAGES;

    /// Catches a parser that denies unknown members, or reads a null result as a missing one.
    #[test]
    fn unknown_members_and_a_null_result_are_accepted() {
        let text = r#"{"x":1,"id":"a","result":null,"jsonrpc":"2.0"}"#;
        let Message::Success { id, result } = Message::parse(text).unwrap() else {
            panic!("not a success")
        };
        assert_eq!((id, result), (Id::Text("a".into()), "null"));
    }

    /// Catches a parser that insists on an id in errors: servers answer what they cannot parse
    /// with null or with a made-up one.
    #[test]
    fn an_error_may_lack_its_id_and_message() {
        for (text, expected) in [
            (r#"{"id":null,"error":{"code":-32600}}"#, None),
            (r#"{"error":{"code":-32600,"message":null}}"#, None),
            (r#"{"id":"server-error","error":{"code":-32600}}"#, Some("server-error")),
        ] {
            let Message::Failure { id, error } = Message::parse(text).unwrap() else {
                panic!("not a failure: {text}")
            };
            assert_eq!(id, expected.map(|id| Id::Text(id.into())));
            assert_eq!(error.code, -32600);
        }
    }

    /// Catches a classification by the first member that fits.
    #[test]
    fn a_message_of_two_kinds_or_none_is_refused() {
        for text in [
            r#"{"id":1,"result":{},"error":{"code":1,"message":""}}"#,
            r#"{"id":1,"method":"m","result":{}}"#,
            r#"{"id":1}"#,
            r#"{"result":{}}"#,
            r#"{"id":1.5,"method":"m"}"#,
            r#"{"id":null,"method":"m"}"#,
            r#"{"jsonrpc":"1.0","id":1,"result":{}}"#,
            r#"{"id":1,"id":2,"result":{}}"#,
            "17",
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
        let error = Batch::parse(&over).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("length 1025, expected a batch of at most 1024"), "{error}");
    }

    /// Catches an error of which its server cannot tell what is wrong with its message.
    #[test]
    fn a_member_of_another_type_is_told_with_what_it_should_be() {
        let error = Message::parse(r#"{"method":17}"#).unwrap_err().to_string();
        assert!(error.contains("invalid type: integer `17`, expected a string"), "{error}");
    }
}
