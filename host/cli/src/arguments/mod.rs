//! The arguments of a call: from `--arg` and `--args` to the JSON object that is sent.
//!
//! | step | file |
//! |---|---|
//! | `--arg NAME=VALUE`, `--arg NAME:=JSON` | `assignment.rs` |
//! | `--args JSON`, `@FILE`, `-` | `base.rs` |
//! | what the tool accepts | `schema.rs`, `json_type.rs` |
//! | the text of an argument as a value of its type | `typing.rs` |
//! | all together, checked | `given.rs`, `mismatch.rs` |
//! | what a tool accepts, for people | `table.rs` |

mod assignment;
mod base;
mod given;
mod json_type;
mod mismatch;
mod schema;
mod table;
mod typing;

pub(crate) use assignment::Assignment;
pub(crate) use given::{GivenArguments, GivenError};
pub(crate) use mismatch::{Mismatch, suggestion};
pub(crate) use schema::InputSchema;
pub(crate) use table::{Parameter, table};
