//! `--header`: a field to send with every request.

use crate::limits::HEADER_FILE_BYTES;
use crate::parse::source::{SourceError, read_file};
use http::{HeaderName, HeaderValue};
use std::path::Path;

/// A field. Its value may be a credential: it is in no error and no debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The name.
    pub(crate) name: String,
    /// The value.
    pub(crate) value: Vec<u8>,
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Header").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why `--header` cannot be sent. The texts never hold a value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeaderError {
    /// There is neither `:` nor `=` in it.
    #[error("--header takes 'Name: value' or 'Name=value', and found neither `:` nor `=`")]
    NoSeparator,
    /// The name is no token (RFC 9110 section 5.1).
    #[error("`{name}` is not the name of a header")]
    Name {
        /// The name.
        name: String,
    },
    /// The value holds what a field value cannot (RFC 9110 section 5.5).
    #[error("the value of the header `{name}` holds a line break or another control character")]
    Value {
        /// The name.
        name: String,
    },
    /// The file of the value cannot be read.
    #[error(transparent)]
    File(#[from] SourceError),
}

impl Header {
    /// Reads `Name: value` or `Name=value`. A value `@FILE` is what the file holds, without the
    /// line break at its end: it keeps a secret out of the list of processes.
    pub(crate) fn parse(text: &str) -> Result<Self, HeaderError> {
        // A name has neither character in it, a value may have both.
        let (name, value) = text.split_once([':', '=']).ok_or(HeaderError::NoSeparator)?;
        let name = name.trim();
        let value = value.trim_matches([' ', '\t']);
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(HeaderError::Name { name: name.to_owned() });
        }
        let value = match value.strip_prefix('@') {
            Some(path) => read(name, path)?,
            None => value.as_bytes().to_vec(),
        };
        if HeaderValue::from_bytes(&value).is_err() {
            return Err(HeaderError::Value { name: name.to_owned() });
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

fn read(name: &str, path: &str) -> Result<Vec<u8>, SourceError> {
    let option = format!("--header {name}");
    let mut value = read_file(&option, Path::new(path), HEADER_FILE_BYTES)?;
    while value.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        value.pop();
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::io::Write as _;

    fn parsed(text: &str) -> (String, Vec<u8>) {
        let header = Header::parse(text).unwrap();
        (header.name, header.value)
    }

    /// Catches a split at the last separator: values hold both characters.
    #[test]
    fn the_first_separator_counts() {
        let token = ("Authorization".to_owned(), b"Bearer a=b:c".to_vec());
        assert_eq!(parsed("Authorization: Bearer a=b:c"), token);
        assert_eq!(parsed("Authorization=Bearer a=b:c"), token);
    }

    /// Catches a value that is sent with the line break that editors put at the end of files.
    #[test]
    fn a_value_from_a_file_ends_before_the_line_break() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"secret\r\n").unwrap();
        let text = format!("X-Key=@{}", file.path().display());
        assert_eq!(parsed(&text), ("X-Key".to_owned(), b"secret".to_vec()));
    }

    /// Catches header injection, and errors that print the secret they complain about.
    #[test]
    fn what_cannot_be_sent_is_refused_without_its_value() {
        for text in ["X-Key: sec\r\nret", "X Key: secret", ": secret", "secret"] {
            let error = Header::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("sec"), "{error}");
        }
        assert!(!format!("{:?}", Header::parse("X-Key: secret").unwrap()).contains("secret"));
    }
}
