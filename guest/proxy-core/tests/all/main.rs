//! An agent and a server that say what a test lets them say, with the proxy between them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bridge;
mod parking;
mod script;
mod withdrawal;
