//! The arguments of a call: from `--arg` and `--args` to the JSON object that is sent.
//!
//! | step | file |
//! |---|---|
//! | `--arg NAME=VALUE`, `--arg NAME:=JSON` | `assignment.rs` |
//! | what the tool accepts | `schema.rs` |
//! | the text of an argument as a value of its type | `types.rs` |
//! | those of `--args`, and all together, checked | `given.rs`, `mismatch.rs` |
//! | what there is to call, and what it accepts, for people | `catalogue.rs` |

mod assignment;
mod catalogue;
mod given;
mod mismatch;
mod schema;
mod types;

pub(crate) use assignment::{Assignment, GivenValue};
pub(crate) use catalogue::{Parameter, PromptList, ToolList};
pub(crate) use given::{GivenArguments, GivenError, read_object};
pub(crate) use mismatch::{Mismatch, suggestion};
pub(crate) use schema::InputSchema;
