//! The binary, as a person or a script runs it.
//!
//! - `calls`: arguments, results, tools that fail
//! - `listings`: everything that a server offers besides
//! - `failures`: exit codes and diagnostics
//! - `interrupts`: Ctrl-C, deadlines, readers that go away
//! - `secrets`: what must not be shown
//! - `executor`: being an executor, and using one
//! - `fetch`: exchanges without MCP
//! - `plugins`: what an operator puts in between
//! - `policy`: policy files, and what they do to commands and executors
//! - `login`: signing in, and what is made of a sign-in
//! - `offline`: help, components, the demo

mod calls;
mod executor;
mod failures;
mod fetch;
mod interrupts;
mod listings;
mod login;
mod offline;
mod plugins;
mod policy;
mod secrets;
