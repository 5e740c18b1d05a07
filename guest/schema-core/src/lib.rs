//! Validation of JSON against a JSON Schema (2020-12, and the spellings of draft-07 that it replaced),
//! sans-IO.
//!
//! Nothing is ever fetched: a reference that leads out of the schema makes it unusable. `format` is an
//! annotation, as the specification has it by default, and so is what no keyword names. Both texts are
//! a stranger's, so the work is counted.

mod arrays;
mod check;
mod limits;
mod objects;
mod places;
mod values;

use check::Checker;
use places::Places;
use serde_json::Value;

/// Something that a schema does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, as a JSON Pointer (RFC 6901): empty for all of it.
    pub place: String,
    /// What, in words.
    pub problem: String,
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The schema is no JSON, or neither an object nor a boolean.
    #[error("the schema is unreadable: {0}")]
    Schema(String),
    /// The instance is no JSON.
    #[error("the instance is unreadable: {0}")]
    Instance(String),
    /// A reference leads out of the schema, or to nothing in it. It is not followed.
    #[error("the schema refers to `{0}`, which is not in it: nothing is fetched")]
    Reference(String),
    /// A dynamic reference depends on what referred to it. It is not followed.
    #[error("the schema has the dynamic reference `{0}`, which could lead to several places")]
    Dynamic(String),
    /// A pattern is none, or one that this validator does not know.
    #[error("the schema has the pattern `{0}`, which is not understood")]
    Pattern(String),
    /// It is nested too deeply, or refers to itself.
    #[error("the schema is nested more than {0} levels deep")]
    Depth(usize),
    /// It is too much work.
    #[error("the validation takes more than {0} steps")]
    Work(u64),
}

/// What in `instance` the schema does not allow; nothing where it is valid. Both are JSON texts. At most
/// 16 are told.
///
/// # Errors
///
/// [`Unusable`].
pub fn validate(schema: &str, instance: &str) -> Result<Vec<Violation>, Unusable> {
    let read = |text| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    let schema = read(schema).map_err(Unusable::Schema)?;
    if !schema.is_object() && !schema.is_boolean() {
        return Err(Unusable::Schema("it is neither an object nor a boolean".to_owned()));
    }
    let instance = read(instance).map_err(Unusable::Instance)?;
    let places = Places::of(&schema)?;
    Checker::new(&places).run(&schema, &instance)
}
