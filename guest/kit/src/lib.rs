//! What the guests share: the bindings of the executor interface and of the clock, generated once,
//! and what is built on them.
//!
//! The types of `sandbar:http` are those of `sandbar-exchange`, in every guest: nothing is
//! translated between a guest's import, its logic and its export.
//!
//! - [`client`], [`monotonic_clock`]: the imports
//! - [`send`], [`Body`]: an exchange from its consumer's side
//! - [`LineReader`], [`LineWriter`]: JSON-RPC messages over byte streams
//! - [`Signal`]: tasks that wait for one another

mod body;
mod lines;
mod signal;

/// Generated from `wit/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code, differently linted on each target"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "sandbar:components/consumer",
        with: { "sandbar:http/types@0.2.0": sandbar_exchange },
        generate_all,
    });
}

pub use bindings::sandbar::http::client;
pub use bindings::wasi::clocks::monotonic_clock;
pub use body::{Body, send};
pub use lines::{Ended, LineReader, LineWriter};
pub use signal::Signal;
