//! Bearer tokens (RFC 6750) in files.

use crate::limits::TOKEN_BYTES;
use crate::parse::source::{SourceError, read_file};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A bearer token. It is in no error and no debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why a file gives no token. The texts never hold any of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] SourceError),
    /// Others of the machine can read the file, or write it.
    #[error("{} can be read or written by others (mode {mode:03o})", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The first line is empty.
    #[error("the first line of {} is empty: there is no token", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The first line holds what a field value cannot, or a space.
    #[error("the first line of {} is no token: it holds more than visible ASCII", .path.display())]
    NotVisible {
        /// The file.
        path: PathBuf,
    },
}

impl Token {
    /// Reads the first line of the file that `option` names, without spaces around it.
    pub(crate) fn read(option: &str, path: &Path) -> Result<Self, TokenError> {
        let bytes = read_file(option, path, TOKEN_BYTES)?;
        if let Some(mode) = exposure(path) {
            return Err(TokenError::Exposed { path: path.to_owned(), mode });
        }
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        if line.is_empty() {
            return Err(TokenError::Empty { path: path.to_owned() });
        }
        match std::str::from_utf8(line) {
            Ok(token) if line.iter().all(u8::is_ascii_graphic) => Ok(Self(token.to_owned())),
            _ => Err(TokenError::NotVisible { path: path.to_owned() }),
        }
    }

    /// The token.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The permissions of a file, where they let others at it: whoever may write, and all but the owner's
/// group who may read.
fn exposure(path: &Path) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o027 != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::io::Write as _;

    fn read(content: &[u8]) -> Result<Token, TokenError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        Token::read("--token-file", file.path())
    }

    /// Catches a token that is taken with its line break, or with the lines after it.
    #[test]
    fn the_first_line_is_the_token() {
        assert_eq!(read(b" s3cret\r\ncomment\n").unwrap().as_str(), "s3cret");
        assert_eq!(read(b"s3cret").unwrap().as_str(), "s3cret");
    }

    /// Catches an empty token that everybody knows, and one that no field can carry.
    #[test]
    fn what_is_no_token_is_refused() {
        assert!(matches!(read(b"\ntoken"), Err(TokenError::Empty { .. })));
        assert!(matches!(read(b""), Err(TokenError::Empty { .. })));
        assert!(matches!(read(b"a b"), Err(TokenError::NotVisible { .. })));
        assert!(matches!(read("t\u{f6}ken".as_bytes()), Err(TokenError::NotVisible { .. })));
    }

    /// Catches a token that every user of the machine can read, or replace by one of his own.
    #[test]
    fn a_file_that_others_can_read_or_write_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"s3cret").unwrap();
        let with_mode = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(file.path(), permissions).unwrap();
            Token::read("--token-file", file.path())
        };
        for mode in [0o666, 0o644, 0o604, 0o620, 0o602] {
            let error = with_mode(mode).unwrap_err();
            assert!(matches!(error, TokenError::Exposed { mode: found, .. } if found == mode));
        }
        for mode in [0o600, 0o400, 0o440, 0o640] {
            with_mode(mode).unwrap();
        }
    }

    /// Catches a token in the debug output of what holds it.
    #[test]
    fn a_token_does_not_show() {
        assert_eq!(format!("{:?}", read(b"s3cret").unwrap()), "Token(..)");
    }
}
