//! The `proxy` component: glue between the sans-IO proxy, the streams of an agent, and the MCP logic
//! that it imports.
//!
//! `agent` exports the resource and moves lines and messages, `failure` translates errors. Every decision
//! is taken in `sandbar-proxy-core`.

mod agent;
mod failure;
mod speaker;

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
        world: "sandbar:components/proxy",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
            "wasi:clocks/types@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::types,
            "wasi:clocks/monotonic-clock@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::monotonic_clock,
        },
        generate_all,
    });
}

struct Proxy;

impl bindings::exports::sandbar::mcp::stdio::Guest for Proxy {
    type Agent = agent::Agent;
}

bindings::export!(Proxy with_types_in bindings);
