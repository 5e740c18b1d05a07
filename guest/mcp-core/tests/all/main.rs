//! Scripted exchanges: the core against a server that says what a test lets it say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod answers;
mod cancellation;
mod limits;
mod opening;
mod requests;
mod resumption;
mod script;
mod server_requests;
mod session_loss;
