//! The parameters of the requests that have typed forms.

use crate::error::Error;
use crate::json_text::{ObjectText, quoted, write_object};

/// Parameters of a list request: a cursor after the first page, none before.
#[must_use]
pub fn cursor(cursor: Option<&str>) -> Option<String> {
    cursor.map(|cursor| object(&[("cursor", &quoted(cursor))]))
}

/// Parameters of `resources/read`.
#[must_use]
pub fn uri(uri: &str) -> String {
    object(&[("uri", &quoted(uri))])
}

/// Parameters of `tools/call` and `prompts/get`. The arguments stay as their
/// author wrote them.
///
/// # Errors
///
/// [`Error::InvalidParams`] where `arguments` is not the text of a JSON object.
pub fn named(name: &str, arguments: Option<&str>) -> Result<String, Error> {
    let name = quoted(name);
    let Some(arguments) = arguments else {
        return Ok(object(&[("name", &name)]));
    };
    ObjectText::parse(arguments).map_err(|error| {
        Error::InvalidParams(format!("`arguments` is not a JSON object: {error}"))
    })?;
    Ok(object(&[("name", &name), ("arguments", arguments)]))
}

fn object(members: &[(&str, &str)]) -> String {
    let mut text = String::new();
    write_object(&mut text, members);
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Catches parameters put together without escaping, which a name could
    /// then add members to, and arguments that are re-encoded.
    #[test]
    fn names_are_escaped_and_arguments_stay_as_they_are() {
        let params = named("a\"b", Some("{ \"z\": 1.0, \"a\": 1e2 }")).unwrap();
        assert_eq!(params, r#"{"name":"a\"b","arguments":{ "z": 1.0, "a": 1e2 }}"#);
    }

    /// Catches arguments that are an array, or no JSON at all, being sent.
    #[test]
    fn arguments_that_are_no_object_are_the_callers_mistake() {
        for arguments in ["[]", "1", "{", "", "{}x"] {
            assert!(
                matches!(named("t", Some(arguments)), Err(Error::InvalidParams(_))),
                "{arguments}"
            );
        }
    }
}
