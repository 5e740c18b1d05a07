//! The commands.
//!
//! | command | file |
//! |---|---|
//! | `tools`, `resources`, `prompts` | `lists.rs` |
//! | `call`, `prompt`, `read` | `calls.rs` |
//! | `info`, `fetch`, `executor`, `components`, `demo` | of the same name |

pub(crate) mod calls;
pub(crate) mod components;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub(crate) mod executor;
pub(crate) mod fetch;
pub(crate) mod info;
pub(crate) mod lists;
