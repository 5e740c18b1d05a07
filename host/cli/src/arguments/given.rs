//! What was given, put together and checked.

use crate::arguments::assignment::{Assignment, GivenValue};
use crate::arguments::mismatch::{Mismatch, nearest};
use crate::arguments::schema::InputSchema;
use crate::arguments::types::typed;
use crate::json::{JsonObject, JsonText};
use crate::limits::ARGUMENTS_BYTES;
use crate::parse::{Origin, SourceError, read_value};
use std::io::Read;

/// The arguments of the command line: `--args`, and each `--arg` over it.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenArguments {
    base: JsonObject,
    assignments: Vec<Assignment>,
}

/// Why what was given cannot be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GivenError {
    /// `--args` cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// `--args` is no JSON, or not an object.
    #[error("{origin} is not a JSON object")]
    NotAnObject {
        /// Where it came from.
        origin: Origin,
        /// Why, with line and column.
        source: serde_json::Error,
    },
    /// One name, two values.
    #[error("--arg gives `{name}` twice; a list is given as --arg '{name}:=[...]'")]
    Twice {
        /// The name.
        name: String,
    },
    /// The arguments of prompts are strings (MCP, "Prompts").
    #[error("the argument `{name}` of a prompt must be a string")]
    NotAString {
        /// The name.
        name: String,
    },
}

impl GivenArguments {
    /// Puts together what the options say; `stdin` is read where `--args -` asks for it.
    pub(crate) fn new(
        args: Option<&str>,
        assignments: &[Assignment],
        stdin: impl Read,
    ) -> Result<Self, GivenError> {
        for (index, one) in assignments.iter().enumerate() {
            if assignments.iter().skip(index + 1).any(|other| other.name == one.name) {
                return Err(GivenError::Twice { name: one.name.clone() });
            }
        }
        let base = args.map(|args| read_object("--args", args, stdin));
        let base = base.transpose()?.unwrap_or_default();
        Ok(Self { base, assignments: assignments.to_vec() })
    }

    /// Whether only the schema can tell what some argument means.
    pub(crate) fn need_schema(&self) -> bool {
        self.assignments.iter().any(|one| matches!(one.value, GivenValue::Text(_)))
    }

    /// The arguments without a schema: every text is a string.
    pub(crate) fn untyped(&self) -> JsonObject {
        let mut object = self.base.clone();
        for Assignment { name, value } in &self.assignments {
            let value = match value {
                GivenValue::Text(text) => JsonText::string(text),
                GivenValue::Json(json) => json.clone(),
            };
            object.set(name, value);
        }
        object
    }

    /// The arguments of a prompt, which are strings.
    pub(crate) fn strings(&self) -> Result<JsonObject, GivenError> {
        let object = self.untyped();
        let is_string = |value: &JsonText| value.as_str().starts_with('"');
        if let Some((name, _)) = object.iter().find(|(_, value)| !is_string(value)) {
            return Err(GivenError::NotAString { name: name.to_owned() });
        }
        Ok(object)
    }

    /// The arguments as the schema types them, checked against its names.
    pub(crate) fn typed(&self, schema: &InputSchema) -> Result<JsonObject, Mismatch> {
        let mut object = self.base.clone();
        for Assignment { name, value } in &self.assignments {
            let value = match value {
                GivenValue::Text(text) => {
                    typed(name, text, &schema.types(name).unwrap_or_default())?
                }
                GivenValue::Json(json) => json.clone(),
            };
            object.set(name, value);
        }
        check(&object, schema)?;
        Ok(object)
    }
}

/// Reads an object that an option gives: JSON, `@FILE`, or `-` for standard input.
pub(crate) fn read_object(
    option: &str,
    given: &str,
    stdin: impl Read,
) -> Result<JsonObject, GivenError> {
    let (origin, bytes) = read_value(option, given, ARGUMENTS_BYTES, stdin)?;
    serde_json::from_slice(&bytes).map_err(|source| GivenError::NotAnObject { origin, source })
}

/// Looks for names that the schema does not know, and for names that it misses.
fn check(object: &JsonObject, schema: &InputSchema) -> Result<(), Mismatch> {
    let known = |name: &str| schema.is_open() || schema.names().any(|known| known == name);
    if let Some((name, _)) = object.iter().find(|(name, _)| !known(name)) {
        let nearest = nearest(name, schema.names()).map(str::to_owned);
        return Err(Mismatch::Unknown { name: name.to_owned(), nearest });
    }
    let missing: Vec<_> =
        schema.required().filter(|name| object.get(name).is_none()).map(str::to_owned).collect();
    if missing.is_empty() { Ok(()) } else { Err(Mismatch::Missing { names: missing }) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::io;

    fn given(args: Option<&str>, assignments: &[&str]) -> Result<GivenArguments, GivenError> {
        let assignments: Vec<_> =
            assignments.iter().map(|text| Assignment::parse(text).unwrap()).collect();
        GivenArguments::new(args, &assignments, io::empty())
    }

    fn count_schema() -> InputSchema {
        let steps = r#""steps":{"type":"integer"},"label":{"type":"string"}"#;
        InputSchema::parse(&format!(r#"{{"properties":{{{steps}}},"required":["steps"]}}"#))
    }

    /// Catches an error that does not say where in the text the mistake is.
    #[test]
    fn broken_json_is_reported_with_line_and_column() {
        let error = read_object("--args", "-", "{\n  \"a\": nothing\n}".as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with("standard input, read for --args,"), "{error}");
        let GivenError::NotAnObject { source, .. } = error else { unreachable!() };
        assert_eq!((source.line(), source.column() > 0), (2, true));
    }

    /// Catches arguments that are sent although MCP wants an object.
    #[test]
    fn json_that_is_no_object_is_refused() {
        for given in ["[1]", "\"text\"", "null", "{} {}", ""] {
            let error = read_object("--args", given, io::empty()).unwrap_err();
            assert!(matches!(error, GivenError::NotAnObject { .. }), "{given}: {error}");
        }
    }

    /// Catches options that replace each other instead of adding up.
    #[test]
    fn single_arguments_go_over_the_base() {
        let given = given(Some(r#"{"label":"x","steps":1}"#), &["steps=3"]).unwrap();
        let object = given.typed(&count_schema()).unwrap();
        assert_eq!(object.to_string(), r#"{"label":"x","steps":3}"#);
    }

    /// Catches an exchange with the server that nothing needs.
    #[test]
    fn only_untyped_text_needs_the_schema() {
        assert!(given(None, &["steps=3"]).unwrap().need_schema());
        assert!(!given(Some("{}"), &["steps:=3"]).unwrap().need_schema());
        assert!(!given(None, &[]).unwrap().need_schema());
    }

    /// Catches a silent choice between two values.
    #[test]
    fn a_name_given_twice_is_an_error() {
        let error = given(None, &["a=1", "b=2", "a=3"]).unwrap_err();
        assert!(matches!(error, GivenError::Twice { name } if name == "a"));
    }

    /// Catches typing errors that reach the server, or that nobody explains.
    #[test]
    fn an_unknown_argument_names_the_nearest() {
        let error = given(None, &["step=3"]).unwrap().typed(&count_schema()).unwrap_err();
        let nearest = Some("steps".to_owned());
        assert_eq!(error, Mismatch::Unknown { name: "step".to_owned(), nearest });
    }

    /// Catches required arguments that are looked for in one of the two sources only.
    #[test]
    fn missing_arguments_are_named() {
        let error = given(None, &["label=x"]).unwrap().typed(&count_schema()).unwrap_err();
        assert_eq!(error, Mismatch::Missing { names: vec!["steps".to_owned()] });
        given(Some(r#"{"steps":1}"#), &["label=x"]).unwrap().typed(&count_schema()).unwrap();
    }

    /// Catches numbers in the arguments of prompts, which servers refuse.
    #[test]
    fn the_arguments_of_prompts_are_strings() {
        let object = given(None, &["n=3"]).unwrap().strings().unwrap();
        assert_eq!(object.to_string(), r#"{"n":"3"}"#);
        let error = given(Some(r#"{"n":3}"#), &[]).unwrap().strings().unwrap_err();
        assert!(matches!(error, GivenError::NotAString { name } if name == "n"));
    }
}
