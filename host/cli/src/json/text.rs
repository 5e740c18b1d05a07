//! A JSON text.

use super::object::JsonObject;
use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A JSON text, checked to be one and not read any further: no number is rounded, no member is
/// reordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonText(String);

impl JsonText {
    /// Checks a text.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// A JSON string.
    pub(crate) fn string(text: &str) -> Self {
        Self(serde_json::Value::from(text).to_string())
    }

    /// A JSON array.
    pub(crate) fn array(items: &[Self]) -> Self {
        let items: Vec<_> = items.iter().map(Self::as_str).collect();
        Self(format!("[{}]", items.join(",")))
    }

    /// The object.
    pub(super) fn of_object(object: &JsonObject) -> Self {
        Self(object.to_string())
    }

    /// The text on one line. Between the tokens of a JSON text line breaks are spaces like any
    /// other, and within a string there are none (RFC 8259 sections 2 and 7).
    pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
        if text.contains(['\n', '\r']) {
            return Cow::Owned(text.replace(['\n', '\r'], " "));
        }
        Cow::Borrowed(text)
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<usize> for JsonText {
    fn from(number: usize) -> Self {
        Self(number.to_string())
    }
}

impl fmt::Display for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(Box::<str>::from(raw).into_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches strings that are put in quotes without escaping what is in them.
    #[test]
    fn a_string_is_escaped() {
        assert_eq!(JsonText::string("a\"b\n").as_str(), r#""a\"b\n""#);
    }
}
