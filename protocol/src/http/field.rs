use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use sandbar_exchange::{Field, InvalidField};
use serde::Serialize;

use super::base64::AsBase64;
use super::{Base64Error, decode_base64};

/// Why a field cannot travel or cannot be sent. The fault of whoever wrote the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// The name is not a token.
    Name,
    /// The value holds a control character (RFC 9110 section 5.5).
    Value {
        /// The name of the field.
        name: String,
    },
    /// The value is not UTF-8 and the peer takes only text.
    NotText {
        /// The name of the field.
        name: String,
    },
    /// The value was sent as base64 and is not.
    Base64(Base64Error),
}

impl core::error::Error for FieldError {}

impl FieldError {
    /// Checks that a field is one of RFC 9110, so that it cannot add another one.
    pub(crate) fn check(field: &Field) -> Result<(), Self> {
        field.check().map_err(|invalid| match invalid {
            InvalidField::Name => Self::Name,
            InvalidField::Value => Self::Value { name: field.name.clone() },
        })
    }
}

/// The value of a field as visible ASCII, spaces and tabs, which every peer takes.
fn plain_value(field: &Field) -> Option<&str> {
    let plain = |&byte: &u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
    let value = core::str::from_utf8(&field.value).ok()?;
    field.value.iter().all(plain).then_some(value)
}

/// A field as it travels. Both directions share it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireField<'a> {
    name: &'a str,
    value: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<AsBase64<'a>>,
}

/// What the peer does with a value that is not visible ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueEncoding {
    /// It reads base64: the extension `fields` was negotiated.
    Base64,
    /// It sends the UTF-8 of the text on, as stock executors do.
    Text,
    /// It would refuse the whole message, so the field is left out, as stock executors do.
    VisibleAscii,
}

impl ValueEncoding {
    pub(crate) fn encode(self, fields: &[Field]) -> Vec<WireField<'_>> {
        fields.iter().filter_map(|field| self.encode_field(field)).collect()
    }

    /// Whether the peer gets every value as it is.
    pub(crate) fn check(self, fields: &[Field]) -> Result<(), FieldError> {
        let garbled = |field: &&Field| core::str::from_utf8(&field.value).is_err();
        match fields.iter().find(garbled) {
            Some(field) if self == Self::Text => {
                Err(FieldError::NotText { name: field.name.clone() })
            }
            _ => Ok(()),
        }
    }

    fn encode_field(self, field: &Field) -> Option<WireField<'_>> {
        let (value, value_base64) = match (plain_value(field), self) {
            (Some(value), _) => (Cow::Borrowed(value), None),
            (None, Self::VisibleAscii) => return None,
            (None, Self::Text) => (String::from_utf8_lossy(&field.value), None),
            (None, Self::Base64) => (Cow::Borrowed(""), Some(AsBase64(&field.value))),
        };
        Some(WireField { name: &field.name, value, value_base64 })
    }
}

/// Puts a field together from what arrived, and checks it.
pub(crate) fn decode_field(
    name: String,
    value: String,
    value_base64: Option<&str>,
) -> Result<Field, FieldError> {
    let value = match value_base64 {
        Some(text) => decode_base64(text).map_err(FieldError::Base64)?,
        None => value.into_bytes(),
    };
    let field = Field { name, value };
    FieldError::check(&field)?;
    Ok(field)
}
