//! Scripted exchanges: the core against a server that says what a test lets it say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod answers;
mod arbitrary;
mod cancellation;
mod codings;
mod fields;
mod http_sse;
mod inputs;
mod limits;
mod noise;
mod odd_answers;
mod opening;
mod relay;
mod repetition;
mod requests;
mod resumption;
mod script;
mod server_requests;
mod session_loss;
mod standing;
mod subscriptions;
mod tasks;
