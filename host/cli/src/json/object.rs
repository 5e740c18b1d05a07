//! A JSON object whose values stay as they were written.

use super::text::JsonText;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
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
}
