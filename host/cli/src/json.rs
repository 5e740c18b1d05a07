//! JSON that is passed on as it was written.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The members of a JSON object, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct JsonObject(Vec<(String, JsonText)>);

impl JsonObject {
    /// The value of a member. Of members with the same name the last counts, as it does for most
    /// readers of JSON (RFC 8259 section 4).
    pub(crate) fn get(&self, name: &str) -> Option<&JsonText> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets a member, in its place if there is one.
    pub(crate) fn set(&mut self, name: &str, value: JsonText) {
        match self.0.iter_mut().rev().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The object with one member more.
    pub(crate) fn with(mut self, name: &str, value: JsonText) -> Self {
        self.set(name, value);
        self
    }

    /// The members.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &JsonText)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl fmt::Display for JsonObject {
    /// The JSON text, without spaces around members.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "{";
        for (name, value) in self.iter() {
            write!(f, "{separator}{}:{value}", JsonText::string(name))?;
            separator = ",";
        }
        f.write_str(if self.0.is_empty() { "{}" } else { "}" })
    }
}

impl From<JsonObject> for JsonText {
    fn from(object: JsonObject) -> Self {
        Self::of_object(&object)
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = JsonObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(JsonObject(members))
    }
}

/// A JSON text, checked to be one and not read any further: no number is rounded, no member is
/// reordered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

impl From<bool> for JsonText {
    fn from(value: bool) -> Self {
        Self(value.to_string())
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
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Catches a map that sorts its keys, and numbers that pass through a float.
    #[test]
    fn order_and_spelling_survive() {
        for text in [r#"{"z\"":1.50,"a":{"y":1e400,"b":[]},"m":12345678901234567890123}"#, "{}"] {
            let object: JsonObject = serde_json::from_str(text).unwrap();
            assert_eq!(object.to_string(), text);
        }
    }

    /// Catches a member that is added a second time instead of replaced.
    #[test]
    fn a_member_is_replaced_where_it_stands() {
        let object: JsonObject = serde_json::from_str(r#"{"a":1,"b":2}"#).unwrap();
        let object = object.with("a", JsonText::parse("3").unwrap());
        assert_eq!(object.to_string(), r#"{"a":3,"b":2}"#);
    }

    /// Catches strings that are put in quotes without escaping what is in them.
    #[test]
    fn a_string_is_escaped() {
        assert_eq!(JsonText::string("a\"b\n").as_str(), r#""a\"b\n""#);
    }
}
