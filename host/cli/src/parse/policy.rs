//! Policy files.

use crate::limits::POLICY_BYTES;
use crate::parse::source::{SourceError, read_file};
use sandbar::http::{InvalidPolicy, Policy};
use std::path::Path;

/// Why a file gives no policy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] SourceError),
    /// It is not text.
    #[error("{path} is not UTF-8")]
    NotText {
        /// The file.
        path: String,
    },
    /// It is no policy. The text says where.
    #[error(transparent)]
    Invalid(#[from] InvalidPolicy),
}

/// Reads the policy file that `option` names.
pub(crate) fn read_policy(option: &str, path: &Path) -> Result<Policy, PolicyError> {
    let bytes = read_file(option, path, POLICY_BYTES)?;
    let name = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Policy::parse(&name, &text)?),
        Err(_) => Err(PolicyError::NotText { path: name }),
    }
}
