//! The text of an argument as a value of the type that the schema wants.

use crate::arguments::json_type::{JsonType, JsonTypes};
use crate::arguments::mismatch::Mismatch;
use crate::json::JsonText;
use serde_json::Value;

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
