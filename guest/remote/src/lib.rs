//! The `remote` executor: `sandbar:http/client` over the delta protocol.
//!
//! `connector` keeps the one connection, `driver` moves its lines, `connection`
//! its events, `exchange` is one request from its caller's side, `deadline` how
//! long it waits. Every decision about the protocol is taken in `sandbar-protocol`.

mod connection;
mod connector;
mod deadline;
mod driver;
mod exchange;

/// Generated from `wit/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code, differently linted on each target"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "sandbar:components/remote",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
            "wasi:clocks/types@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::types,
            "wasi:clocks/monotonic-clock@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::monotonic_clock,
        },
        generate_all,
    });
}

use bindings::exports::sandbar::http::client::{Answered, Guest};
use sandbar_exchange::{Failure, Request};

struct Remote;

impl Guest for Remote {
    type Exchange = exchange::Hold;

    async fn send(request: Request) -> Result<Answered, Failure> {
        exchange::send(request).await
    }
}

bindings::export!(Remote with_types_in bindings);
