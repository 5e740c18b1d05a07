//! Whether a JSON text is what its schema promises.

use crate::error::BuildError;
use crate::sandbox::bindings::validator;
use crate::sandbox::error::{SandboxError, StartError};
use crate::sandbox::programs::Programs;
use std::fmt;
use std::sync::Arc;

/// Something that a schema does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, as a JSON Pointer (RFC 6901): empty for all of it.
    pub place: String,
    /// What, in words.
    pub problem: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.problem),
            place => write!(f, "at {place}: {}", self.problem),
        }
    }
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// The schema or the instance is not understood, or too much work. In words of the sandbox.
    #[error("{0}")]
    Unusable(String),
    /// The sandbox failed: it used more than it may, say.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The component could not be loaded.
    #[error(transparent)]
    Setup(#[from] Arc<BuildError>),
}

impl From<StartError> for ValidationError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Setup(error) => Self::Setup(error),
            StartError::Sandbox(error) => Self::Sandbox(error),
        }
    }
}

/// Judges in a sandbox of its own.
pub(crate) async fn validate(
    programs: &Programs,
    schema: &str,
    instance: &str,
) -> Result<Vec<Violation>, ValidationError> {
    let (mut sandbox, validating) = programs.start_schema().await?;
    // Generated code borrows no `str`.
    let (schema, instance) = (schema.to_owned(), instance.to_owned());
    let validator = validating.sandbar_schema_validator();
    let judging = validator.call_validate(&mut sandbox.store, &schema, &instance);
    let limits = programs.limits();
    let judged = sandbox
        .cpu
        .watch(judging)
        .await
        .map_err(|trap| SandboxError::of(&trap, &sandbox.memory, &sandbox.cpu, limits))?;
    let found = judged.map_err(ValidationError::Unusable)?;
    let violation =
        |found: validator::Violation| Violation { place: found.place, problem: found.problem };
    Ok(found.into_iter().map(violation).collect())
}
