//! An MCP server on standard streams that is another server, without I/O: an agent's bytes come in on
//! one side, a server's messages on the other, and actions go out.
//!
//! A [`Proxy`] is one agent and the server that is put before it. Messages pass as they are: ids,
//! numbers, escapes, unknown members and methods, in both directions; only line ends within a message
//! go, because a line is one message. What it adds of its own is what a pipe and HTTP differ in: which
//! message may overtake which, what a cancellation is, and an error where no answer comes.
//!
//! Whoever drives it hands in what arrives through `handle_*`, and carries out what
//! [`Proxy::poll_action`] says after each. The crate holds no socket, clock, randomness or runtime.

mod bridge;
mod cancellation;
mod fault;
mod gate;
mod inbox;
pub mod limits;
mod lines;
mod parking;
mod proxy;
mod questions;
mod running;

pub use proxy::{Action, Proxy};
pub use sandbar_mcp_core::{CallId, Error};
