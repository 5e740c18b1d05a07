//! Tests of the sequenced delta protocol, through its public interface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod asked;
mod base64;
mod client;
mod client_flow;
mod delta;
mod jsonrpc;
mod limits;
mod pace;
mod pair;
mod recorded;
mod server;
mod server_flow;
mod support;
mod token_bucket;
mod url;
