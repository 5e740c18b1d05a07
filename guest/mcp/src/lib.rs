//! The `mcp` component: glue between the sans-IO core and the executor import.
//!
//! `session` and `upstream` export the resources, `drive` takes the steps that a call of the core asks for,
//! `events` tells what the server says unasked, `cancel` is how a call learns that it was given up,
//! and `convert` and `records` translate types. Every decision about MCP is taken in
//! `sandbar-mcp-core`.

mod cancel;
mod convert;
mod drive;
mod events;
mod records;
mod session;
mod shared;
mod upstream;

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
        world: "sandbar:components/mcp",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
            "sandbar:http/client@0.2.0": sandbar_guest_kit::bindings::sandbar::http::client,
            "wasi:clocks/types@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::types,
            "wasi:clocks/monotonic-clock@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::monotonic_clock,
        },
        generate_all,
    });
}

struct Mcp;

impl bindings::exports::sandbar::mcp::client::Guest for Mcp {
    type Session = session::Session;
}

impl bindings::exports::sandbar::mcp::messages::Guest for Mcp {
    type Upstream = upstream::Upstream;
}

bindings::export!(Mcp with_types_in bindings);
