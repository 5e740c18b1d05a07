//! The embedded MCP server: something real to call that needs no network and no installation.
//!
//! `sandbar demo` starts it, tests call it and benches race against it. It is built on the
//! official Rust SDK (`rmcp`), not on Sandbar's own code, so that both sides of a conversation
//! are never written by the same hand. It speaks both protocol eras: 2026-07-28, and everything
//! older through `initialize`.

mod activity;
mod handler;
mod limits;
mod prompts;
mod resources;
mod server;
#[cfg(test)]
mod tests;
mod tools;

pub use server::{DemoMode, DemoOptions, DemoServer};
