//! The types of a schema, and the text of an argument as a value of one of them.

use crate::arguments::mismatch::Mismatch;
use crate::json::JsonText;
use serde_json::Value;
use std::fmt;

/// One type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonType {
    /// `array`
    Array,
    /// `boolean`
    Boolean,
    /// `integer`: a number without a fraction, however it is spelled.
    Integer,
    /// `null`
    Null,
    /// `number`
    Number,
    /// `object`
    Object,
    /// `string`
    String,
}

impl JsonType {
    /// The type of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "array" => Self::Array,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "null" => Self::Null,
            "number" => Self::Number,
            "object" => Self::Object,
            "string" => Self::String,
            _ => return None,
        })
    }

    /// The type of a value; `Integer` where it is one.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if is_integer(number) => Self::Integer,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Null => "null",
            Self::Number => "number",
            Self::Object => "object",
            Self::String => "string",
        }
    }
}

fn is_integer(number: &serde_json::Number) -> bool {
    number.is_i64()
        || number.is_u64()
        || number.as_f64().is_some_and(|float| float.is_finite() && float.fract() == 0.0)
}

/// The types that a schema allows, each once; none where it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JsonTypes(Vec<JsonType>);

impl JsonTypes {
    /// Adds one.
    pub(crate) fn add(&mut self, one: JsonType) {
        if !self.0.contains(&one) {
            self.0.push(one);
        }
    }

    /// Whether a text is to be taken for the string that it is: strings are allowed, or nothing
    /// is known.
    pub(crate) fn take_text(&self) -> bool {
        self.0.is_empty() || self.0.contains(&JsonType::String)
    }

    /// Whether a value of this type is allowed.
    pub(crate) fn allow(&self, one: JsonType) -> bool {
        self.0.contains(&one) || (one == JsonType::Integer && self.0.contains(&JsonType::Number))
    }
}

impl fmt::Display for JsonTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("any");
        }
        for (index, one) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "|" };
            write!(f, "{separator}{}", one.name())?;
        }
        Ok(())
    }
}

/// The text as JSON: a string where strings are allowed or nothing is known, else what the text
/// says as JSON, if that is of an allowed type. A number keeps its spelling.
pub(crate) fn typed(name: &str, text: &str, types: &JsonTypes) -> Result<JsonText, Mismatch> {
    if types.take_text() {
        return Ok(JsonText::string(text));
    }
    let value: Option<Value> = serde_json::from_str(text).ok();
    let fits = value.is_some_and(|value| types.allow(JsonType::of(&value)));
    fits.then(|| JsonText::parse(text).ok()).flatten().ok_or_else(|| Mismatch::Type {
        name: name.to_owned(),
        wanted: types.to_string(),
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn of(names: &[&str]) -> JsonTypes {
        let mut types = JsonTypes::default();
        names.iter().filter_map(|name| JsonType::named(name)).for_each(|one| types.add(one));
        types
    }

    fn text(text: &str, types: &[&str]) -> String {
        typed("p", text, &of(types)).unwrap().to_string()
    }

    /// Catches a number that is sent as a string, the mistake that servers answer with -32602.
    #[test]
    fn the_schema_decides_what_a_text_means() {
        assert_eq!(text("3", &["integer"]), "3");
        assert_eq!(text("3", &["string"]), r#""3""#);
        assert_eq!(text("3", &["integer", "string"]), r#""3""#);
        assert_eq!(text("3", &[]), r#""3""#);
        assert_eq!(text("true", &["boolean"]), "true");
        assert_eq!(text("[1, 2]", &["array"]), "[1, 2]");
        assert_eq!(text(r#"{"a":1}"#, &["object"]), r#"{"a":1}"#);
        assert_eq!(text("null", &["integer", "null"]), "null");
    }

    /// Catches numbers that are rewritten on their way.
    #[test]
    fn numbers_keep_their_spelling() {
        assert_eq!(text("1.50", &["number"]), "1.50");
        assert_eq!(text("12345678901234567890123", &["number"]), "12345678901234567890123");
        assert_eq!(text("3.0", &["integer"]), "3.0");
        assert_eq!(text("3", &["number"]), "3");
    }

    /// Catches values of the wrong type that are sent for the server to complain about.
    #[test]
    fn a_text_of_another_type_is_refused() {
        for (text, kind) in [
            ("three", "integer"),
            ("3.5", "integer"),
            ("yes", "boolean"),
            ("1", "array"),
            ("", "number"),
        ] {
            let error = typed("p", text, &of(&[kind])).unwrap_err();
            assert!(matches!(error, Mismatch::Type { .. }), "{text} {kind}: {error}");
        }
    }
}
