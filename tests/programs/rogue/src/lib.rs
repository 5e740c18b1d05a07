//! A guest that does what a guest should not. The method of a request says what.

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
        inline: "
            package sandbar:rogue;
            world rogue {
                import wasi:clocks/monotonic-clock@0.3.0;
                import wasi:http/client@0.3.0;
                export sandbar:mcp/client@0.2.0;
            }
        ",
        path: "../../../wit",
        world: "sandbar:rogue/rogue",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
        },
        generate_all,
    });
}

mod session;

struct Rogue;

impl bindings::exports::sandbar::mcp::client::Guest for Rogue {
    type Session = session::Session;
}

bindings::export!(Rogue with_types_in bindings);
