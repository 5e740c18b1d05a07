use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::RequestId;

/// One JSON-RPC message, its payload unparsed and borrowed from the text.
#[derive(Debug)]
pub enum Message<'a> {
    /// Wants a response with the same id.
    Request {
        /// Chosen by the sender.
        id: RequestId,
        /// What to do.
        method: Cow<'a, str>,
        /// Its arguments; an explicit `null` is the same as none.
        params: Option<&'a RawValue>,
    },
    /// Wants nothing.
    Notification {
        /// What happened.
        method: Cow<'a, str>,
        /// Its arguments; an explicit `null` is the same as none.
        params: Option<&'a RawValue>,
    },
    /// The answer to a request that succeeded.
    Response {
        /// The id of that request.
        id: RequestId,
        /// May be `null`.
        result: &'a RawValue,
    },
    /// The answer to a request that failed.
    Error {
        /// The id of that request, or [`RequestId::UNREADABLE`].
        id: RequestId,
        /// What went wrong.
        error: ErrorObject,
    },
}

/// The `error` member of a response (JSON-RPC 2.0 section 5.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ErrorObject {
    /// Says which kind of error, see [`code`](super::code).
    pub code: i64,
    /// For humans, except where a peer is known to match on it.
    pub message: String,
    /// More about the error, for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

impl ErrorObject {
    /// An error without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

/// Why bytes are not a JSON-RPC message. Always the sender's fault.
#[derive(Debug)]
pub enum ParseError {
    /// Not JSON, not UTF-8, or a member has the wrong type.
    Json(serde_json::Error),
    /// JSON, but a batch or a scalar.
    NotAnObject,
    /// The id is neither a short string nor an integer.
    Id,
    /// The members present make none of the four kinds.
    Kind,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::NotAnObject => f.write_str("expected a JSON-RPC object"),
            // The words of stock executors, which clients have in their logs.
            Self::Id => f.write_str("data did not match any variant of untagged enum RequestId"),
            Self::Kind => f.write_str("expected a request, notification, response or error"),
        }
    }
}

impl core::error::Error for ParseError {}

impl<'a> Message<'a> {
    /// Reads one message.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if `bytes` are not exactly one JSON-RPC message.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            // Text that is not JSON at all is reported as such.
            let json = serde_json::from_slice::<&RawValue>(bytes);
            return Err(json.map_or_else(ParseError::Json, |_| ParseError::NotAnObject));
        }
        let envelope: Envelope<'a> = serde_json::from_slice(bytes).map_err(ParseError::Json)?;
        envelope.classify()
    }
}

/// All members that any kind of message may have.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<ErrorObject>,
}

/// Keeps an explicit `null` apart from a member that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Envelope<'a> {
    fn classify(self) -> Result<Message<'a>, ParseError> {
        let id = match self.id {
            Some(raw) => Some(RequestId::parse(raw).ok_or(ParseError::Id)?),
            None => None,
        };
        let params = self.params;
        match (id, self.method, self.result, self.error) {
            (Some(id), Some(method), None, None) => Ok(Message::Request { id, method, params }),
            (None, Some(method), None, None) => Ok(Message::Notification { method, params }),
            (Some(id), None, Some(result), None) => Ok(Message::Response { id, result }),
            (Some(id), None, None, Some(error)) => Ok(Message::Error { id, error }),
            _ => Err(ParseError::Kind),
        }
    }
}

/// What is wrong with the parameters of a method, in the words of stock executors: they parse a
/// tree, so their texts have no line and column.
pub(crate) fn params_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).into()
}
