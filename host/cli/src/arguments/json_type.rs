//! The types of JSON Schema (2020-12, validation, section 6.1.1).

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
