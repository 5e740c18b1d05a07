//! Where the value of an option is: in its text, in a file (`@FILE`), or on standard input (`-`).

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where a value came from, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    option: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    CommandLine,
    File(PathBuf),
    StandardInput,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let option = &self.option;
        match &self.place {
            Place::CommandLine => f.write_str(option),
            Place::File(path) => write!(f, "`{}`, given with {option},", path.display()),
            Place::StandardInput => write!(f, "standard input, read for {option},"),
        }
    }
}

/// Why there is no value. The texts never hold any of it: it may be a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// It cannot be read.
    #[error("{origin} cannot be read")]
    Read {
        /// Where from.
        origin: Origin,
        /// Why.
        source: io::Error,
    },
    /// It is too large.
    #[error("{origin} has more than {limit} bytes")]
    TooLarge {
        /// Where from.
        origin: Origin,
        /// Bytes that it may have.
        limit: u64,
    },
}

/// Reads the value of an option: the text itself, `@FILE`, or `-` for standard input.
pub(crate) fn read_value(
    option: &str,
    text: &str,
    limit: u64,
    stdin: impl Read,
) -> Result<(Origin, Vec<u8>), SourceError> {
    let from = |place| Origin { option: option.to_owned(), place };
    match (text, text.strip_prefix('@')) {
        ("-", _) => bounded(from(Place::StandardInput), limit, Ok(stdin)),
        (_, Some(path)) => {
            let path = PathBuf::from(path);
            let file = File::open(&path);
            bounded(from(Place::File(path)), limit, file)
        }
        (text, None) => bounded(from(Place::CommandLine), limit, Ok(text.as_bytes())),
    }
}

/// Reads a file that an option names.
pub(crate) fn read_file(option: &str, path: &Path, limit: u64) -> Result<Vec<u8>, SourceError> {
    let origin = Origin { option: option.to_owned(), place: Place::File(path.to_owned()) };
    bounded(origin, limit, File::open(path)).map(|(_, bytes)| bytes)
}

fn bounded(
    origin: Origin,
    limit: u64,
    opened: io::Result<impl Read>,
) -> Result<(Origin, Vec<u8>), SourceError> {
    let mut bytes = Vec::new();
    match opened.and_then(|reader| reader.take(limit + 1).read_to_end(&mut bytes)) {
        Ok(read) if read as u64 <= limit => Ok((origin, bytes)),
        Ok(_too_many) => Err(SourceError::TooLarge { origin, limit }),
        Err(source) => Err(SourceError::Read { origin, source }),
    }
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
        for (text, expected, origin) in [
            ("a=b", &b"a=b"[..], "--data".to_owned()),
            (&path, b"\xff\r\n", format!("`{}`, given with --data,", file.path().display())),
            ("-", b"\0in", "standard input, read for --data,".to_owned()),
        ] {
            let (from, bytes) = read_value("--data", text, 4, &b"\0in"[..]).unwrap();
            assert_eq!((bytes.as_slice(), from.to_string()), (expected, origin), "{text}");
        }
    }

    /// Catches an input that is read for ever, and a limit that is off by one.
    #[test]
    fn what_is_too_large_is_cut_off() {
        let endless = read_value("--args", "-", 5, io::repeat(0)).unwrap_err();
        assert!(matches!(endless, SourceError::TooLarge { limit: 5, .. }), "{endless}");
        let file = tempfile::NamedTempFile::new().unwrap();
        for (size, is_read) in [(5, true), (6, false)] {
            file.as_file().set_len(size).unwrap();
            assert_eq!(read_file("--token-file", file.path(), 5).is_ok(), is_read, "{size}");
        }
    }

    /// Catches an error that does not say which option named the file.
    #[test]
    fn a_file_that_is_not_there_is_named_with_its_option() {
        let error = read_file("--token-file", Path::new("/nowhere/t"), 5).unwrap_err();
        assert_eq!(error.to_string(), "`/nowhere/t`, given with --token-file, cannot be read");
    }
}
