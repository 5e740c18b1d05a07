//! The commands.
//!
//! | command | file |
//! |---|---|
//! | `tools`, `resources`, `templates`, `prompts` | `lists.rs` |
//! | `call`, `prompt`, `read`, `request` | `calls.rs`, and with `-o` `save.rs` |
//! | `auth`, `logout` | `auth.rs` |
//! | `complete`, `login`, `watch`, `info`, `fetch`, `executor`, `proxy`, `policy`, `components`, `demo` | of the same name |
//! | standard input and output as a pipe | `stdio.rs` |

pub(crate) mod auth;
pub(crate) mod calls;
pub(crate) mod complete;
pub(crate) mod components;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub(crate) mod executor;
pub(crate) mod fetch;
pub(crate) mod info;
pub(crate) mod lists;
pub(crate) mod login;
pub(crate) mod policy;
pub(crate) mod proxy;
mod save;
mod stdio;
pub(crate) mod watch;
