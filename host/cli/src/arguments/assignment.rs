//! `--arg`: one argument.

use crate::json::JsonText;

/// An argument, as it was given.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: GivenValue,
}

/// A value, as it was given.
#[derive(Clone, Debug)]
pub(crate) enum GivenValue {
    /// `NAME=VALUE`: a text whose type the schema decides.
    Text(String),
    /// `NAME:=JSON`: what it says.
    Json(JsonText),
}

/// Why `--arg` is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssignmentError {
    /// There is no `=` in it.
    #[error("expected NAME=VALUE, or NAME:=JSON")]
    NoSeparator,
    /// The name is empty.
    #[error("the name before `=` is missing")]
    NoName,
    /// What follows `:=` is no JSON.
    #[error("what follows `:=` is not JSON: {0}")]
    Json(serde_json::Error),
}

impl Assignment {
    /// Reads `NAME=VALUE` or `NAME:=JSON`. The first `=` separates.
    pub(crate) fn parse(text: &str) -> Result<Self, AssignmentError> {
        let (name, value) = text.split_once('=').ok_or(AssignmentError::NoSeparator)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => {
                (name, GivenValue::Json(JsonText::parse(value).map_err(AssignmentError::Json)?))
            }
            None => (name, GivenValue::Text(value.to_owned())),
        };
        if name.is_empty() {
            return Err(AssignmentError::NoName);
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn parsed(text: &str) -> (String, String) {
        let assignment = Assignment::parse(text).unwrap();
        let value = match assignment.value {
            GivenValue::Text(text) => format!("text {text}"),
            GivenValue::Json(json) => format!("json {}", json.as_str()),
        };
        (assignment.name, value)
    }

    /// Catches a split at the last `=`, and a `:=` that is searched for in the value.
    #[test]
    fn the_first_equals_sign_separates() {
        assert_eq!(parsed("q=a:=b=c"), ("q".to_owned(), "text a:=b=c".to_owned()));
        assert_eq!(parsed("q="), ("q".to_owned(), "text ".to_owned()));
    }

    /// Catches JSON that is read into numbers and loses digits.
    #[test]
    fn json_after_colon_equals_is_kept_as_written() {
        let number = "12345678901234567890123.50";
        assert_eq!(parsed(&format!("n:={number}")), ("n".to_owned(), format!("json {number}")));
    }

    /// Catches an empty name, and broken JSON that is sent as a string.
    #[test]
    fn what_is_no_assignment_is_refused() {
        assert!(matches!(Assignment::parse("n"), Err(AssignmentError::NoSeparator)));
        assert!(matches!(Assignment::parse("=1"), Err(AssignmentError::NoName)));
        assert!(matches!(Assignment::parse(":=1"), Err(AssignmentError::NoName)));
        assert!(matches!(Assignment::parse("n:={"), Err(AssignmentError::Json(_))));
    }
}
