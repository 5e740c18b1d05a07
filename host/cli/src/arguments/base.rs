//! `--args`: all arguments at once.

use crate::json::JsonObject;
use crate::limits::ARGUMENTS_BYTES;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// Where the arguments came from, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The command line.
    CommandLine,
    /// A file.
    File(String),
    /// Standard input.
    StandardInput,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("--args"),
            Self::File(path) => write!(f, "`{path}`, given with --args,"),
            Self::StandardInput => f.write_str("standard input, read for --args,"),
        }
    }
}

/// Why `--args` gives no arguments.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BaseError {
    /// It cannot be read.
    #[error("{origin} cannot be read")]
    Read {
        /// Where from.
        origin: Origin,
        /// Why.
        source: io::Error,
    },
    /// It is too large.
    #[error("{origin} has more than {ARGUMENTS_BYTES} bytes")]
    TooLarge {
        /// Where from.
        origin: Origin,
    },
    /// It is no JSON, or not an object.
    #[error("{origin} is not a JSON object")]
    NotAnObject {
        /// Where from.
        origin: Origin,
        /// Why, with line and column.
        source: serde_json::Error,
    },
}

/// Reads what `--args` says: JSON, `@FILE`, or `-` for standard input.
pub(crate) fn read(given: &str, stdin: impl Read) -> Result<JsonObject, BaseError> {
    let (origin, bytes) = match (given, given.strip_prefix('@')) {
        ("-", _) => {
            let origin = Origin::StandardInput;
            let bytes = bounded(stdin, &origin)?;
            (origin, bytes)
        }
        (_, Some(path)) => {
            let origin = Origin::File(path.to_owned());
            let file = File::open(path)
                .map_err(|source| BaseError::Read { origin: origin.clone(), source })?;
            let bytes = bounded(file, &origin)?;
            (origin, bytes)
        }
        (json, None) => (Origin::CommandLine, json.as_bytes().to_vec()),
    };
    serde_json::from_slice(&bytes).map_err(|source| BaseError::NotAnObject { origin, source })
}

fn bounded(reader: impl Read, origin: &Origin) -> Result<Vec<u8>, BaseError> {
    let mut bytes = Vec::new();
    let read = reader
        .take(ARGUMENTS_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| BaseError::Read { origin: origin.clone(), source })?;
    if read as u64 > ARGUMENTS_BYTES {
        return Err(BaseError::TooLarge { origin: origin.clone() });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::io::Write as _;

    /// Catches a source that is mistaken for another.
    #[test]
    fn all_three_sources_are_read() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(br#"{"from":"file"}"#).unwrap();
        let path = format!("@{}", file.path().display());
        let stdin = r#"{"from":"stdin"}"#;
        for (given, from) in [(r#"{"from":"text"}"#, "text"), (&path, "file"), ("-", "stdin")] {
            let object = read(given, stdin.as_bytes()).unwrap();
            assert_eq!(object.to_string(), format!(r#"{{"from":"{from}"}}"#));
        }
    }

    /// Catches an error that does not say where in the text the mistake is.
    #[test]
    fn broken_json_is_reported_with_line_and_column() {
        let error = read("-", "{\n  \"a\": nothing\n}".as_bytes()).unwrap_err();
        let BaseError::NotAnObject { origin, source } = error else { unreachable!() };
        assert_eq!((origin, source.line()), (Origin::StandardInput, 2));
        assert!(source.column() > 0);
    }

    /// Catches arguments that are sent although MCP wants an object.
    #[test]
    fn json_that_is_no_object_is_refused() {
        for given in ["[1]", "\"text\"", "null", "{} {}", ""] {
            let error = read(given, io::empty()).unwrap_err();
            assert!(matches!(error, BaseError::NotAnObject { .. }), "{given}: {error}");
        }
    }

    /// Catches an input that is read for ever.
    #[test]
    fn endless_input_is_cut_off() {
        let error = read("-", io::repeat(b' ')).unwrap_err();
        assert!(matches!(error, BaseError::TooLarge { .. }), "{error}");
    }
}
