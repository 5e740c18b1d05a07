//! Tests of the dialer against real sockets on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod deadlines;
mod failures;
mod http2;
mod pool;
mod proxying;
mod rules;
mod server;
mod tls;
mod uploads;
