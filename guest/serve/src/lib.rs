//! The `serve` component: the executor's end of the delta protocol, over
//! whatever executor it imports.
//!
//! `connection` moves lines and events of one connection, `exchange` performs one request. Every
//! decision about the protocol is taken in `sandbar-protocol`.

mod connection;
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
        world: "sandbar:components/serve",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
            "sandbar:http/client@0.2.0": sandbar_guest_kit::bindings::sandbar::http::client,
            "wasi:clocks/types@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::types,
            "wasi:clocks/monotonic-clock@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::monotonic_clock,
        },
        generate_all,
    });
}

use bindings::exports::sandbar::executor::server::{Connection, Guest};
use wit_bindgen::StreamReader;

struct Serve;

impl Guest for Serve {
    async fn serve(incoming: StreamReader<u8>, connection: Connection) -> StreamReader<u8> {
        connection::start(incoming, connection)
    }
}

bindings::export!(Serve with_types_in bindings);
