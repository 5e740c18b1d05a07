use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use sandbar_exchange::{ErrorCode, Failure, Field, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::FieldError;
use super::base64::AsBase64;
use super::field::{ValueEncoding, WireField, decode_field};
use crate::extensions::{Extension, Extensions};
use crate::jsonrpc::params_error;
use crate::limits::HEAD_BYTES;

/// Why a result is not a response head. The executor's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeadError {
    /// A member is missing or has the wrong type.
    Json(String),
    /// The status is not one of three digits.
    Status(u16),
    /// A field is not one of RFC 9110.
    Field(FieldError),
    /// Longer than [`HEAD_BYTES`].
    TooLong,
    /// A body came where a stream was asked for.
    UnexpectedBody,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(text) => f.write_str(text),
            Self::Status(status) => write!(f, "status {status} does not have three digits"),
            Self::Field(error) => error.fmt(f),
            Self::TooLong => write!(f, "response head is longer than {HEAD_BYTES} bytes"),
            Self::UnexpectedBody => f.write_str("streamed response came with a body"),
        }
    }
}

impl From<HeadError> for Failure {
    fn from(error: HeadError) -> Self {
        Self::sent(match error {
            HeadError::TooLong => ErrorCode::limit("head-bytes", HEAD_BYTES),
            error => ErrorCode::Protocol(error.to_string()),
        })
    }
}

/// The result of `http/request`: a head, and the body where it was not streamed.
pub(crate) fn wire_head<'a>(
    response: &'a Response,
    body: &'a [u8],
    extensions: Extensions,
) -> impl Serialize + 'a {
    let fields = extensions.contains(Extension::Fields);
    let encoding = if fields { ValueEncoding::Base64 } else { ValueEncoding::VisibleAscii };
    WireHead {
        status: response.status,
        headers: encoding.encode(&response.fields),
        body_base64: AsBase64(body),
        url: fields.then_some(&response.url),
    }
}

/// Reads the result of a streamed `http/request` that was sent to `url`. It came from there, unless
/// the executor says otherwise; stock ones do not say.
pub(crate) fn decode_head(
    result: &RawValue,
    url: String,
    extensions: Extensions,
) -> Result<Response, HeadError> {
    if result.get().len() > HEAD_BYTES {
        return Err(HeadError::TooLong);
    }
    let wire: WireHeadIn<'_> = serde_json::from_str(result.get())
        .map_err(|error| HeadError::Json(params_error(&error)))?;
    if !(100..=999).contains(&wire.status) {
        return Err(HeadError::Status(wire.status));
    }
    if !wire.body_base64.is_empty() {
        return Err(HeadError::UnexpectedBody);
    }
    let extended = extensions.contains(Extension::Fields);
    let fields = wire.headers.into_iter().map(|field| field.check(extended));
    Ok(Response {
        status: wire.status,
        fields: fields.collect::<Result<_, _>>().map_err(HeadError::Field)?,
        url: wire.url.filter(|_| extended).unwrap_or(url),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireHead<'a> {
    status: u16,
    headers: Vec<WireField<'a>>,
    body_base64: AsBase64<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireHeadIn<'a> {
    status: u16,
    #[serde(borrow)]
    headers: Vec<WireFieldIn<'a>>,
    #[serde(borrow, default)]
    body_base64: Cow<'a, str>,
    #[serde(default)]
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireFieldIn<'a> {
    name: String,
    value: String,
    #[serde(borrow, default)]
    value_base64: Option<Cow<'a, str>>,
}

impl WireFieldIn<'_> {
    fn check(mut self, extended: bool) -> Result<Field, FieldError> {
        self.name.make_ascii_lowercase();
        let base64 = self.value_base64.filter(|_| extended);
        decode_field(self.name, self.value, base64.as_deref())
    }
}
