//! `--data`: the content of a request.

use crate::limits::REQUEST_BODY_BYTES;
use std::fs::File;
use std::io::{self, Read};

/// Why there is no content to send.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestBodyError {
    /// It cannot be read.
    #[error("the content of --data cannot be read from {origin}")]
    Read {
        /// Where from.
        origin: String,
        /// Why.
        source: io::Error,
    },
    /// It is too large.
    #[error("the content of --data has more than {REQUEST_BODY_BYTES} bytes")]
    TooLarge,
}

/// Reads what `--data` says: the content itself, `@FILE`, or `-` for standard input.
pub(crate) fn read_request_body(
    given: &str,
    stdin: impl Read,
) -> Result<Vec<u8>, RequestBodyError> {
    match (given, given.strip_prefix('@')) {
        ("-", _) => bounded(stdin, "standard input"),
        (_, Some(path)) => {
            let file = File::open(path)
                .map_err(|source| RequestBodyError::Read { origin: format!("`{path}`"), source })?;
            bounded(file, &format!("`{path}`"))
        }
        (text, None) => bounded(text.as_bytes(), "the command line"),
    }
}

fn bounded(reader: impl Read, origin: &str) -> Result<Vec<u8>, RequestBodyError> {
    let mut bytes = Vec::new();
    let read = reader
        .take(REQUEST_BODY_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| RequestBodyError::Read { origin: origin.to_owned(), source })?;
    if read as u64 > REQUEST_BODY_BYTES {
        return Err(RequestBodyError::TooLarge);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::io::Write as _;

    /// Catches a source that is mistaken for another, and bytes that pass through text.
    #[test]
    fn all_three_sources_are_read_as_bytes() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"\xff\r\n").unwrap();
        let path = format!("@{}", file.path().display());
        assert_eq!(read_request_body("a=b", io::empty()).unwrap(), b"a=b");
        assert_eq!(read_request_body(&path, io::empty()).unwrap(), b"\xff\r\n");
        assert_eq!(read_request_body("-", &b"\0in"[..]).unwrap(), b"\0in");
    }

    /// Catches an input that is read for ever.
    #[test]
    fn endless_input_is_cut_off() {
        let error = read_request_body("-", io::repeat(0)).unwrap_err();
        assert!(matches!(error, RequestBodyError::TooLarge), "{error}");
    }
}
