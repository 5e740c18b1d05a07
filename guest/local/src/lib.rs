//! The `local` executor: `sandbar:http/client` over `wasi:http`.
//!
//! One exchange is a chain of hops, by the rules of `sandbar_exchange::hop` that a host of Sandbar
//! has too: `dispatch` performs one over `wasi:http`, and `body` hands the stream of the last one on
//! without touching a byte. Who may be dialled is not decided here: the host judges every hop.

mod body;
mod dispatch;
mod error;

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
        world: "sandbar:components/local",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
        },
        generate_all,
    });
}

use bindings::exports::sandbar::http::client::{Answered, Guest, GuestExchange};
use bindings::wasi::http::types::ErrorCode as WasiError;
use dispatch::Deadlines;
use sandbar_exchange::hop::Hop;
use sandbar_exchange::{Failure, Request};
use wit_bindgen::{FutureReader, FutureWriter};

struct Local;

/// Keeps the host from giving the response up.
struct Hold {
    /// Dropping the writer says that the response will not be processed any further. A reader that
    /// has dropped the stream is seen by the host itself; one that handed it to the host is not.
    _processed: FutureWriter<Result<(), WasiError>>,
    /// What became of sending the request. There are hosts for which dropping it ends the exchange:
    /// wasmtime 49 cuts the body then, and calls it complete.
    _sent: FutureReader<Result<(), WasiError>>,
}

impl GuestExchange for Hold {}

impl Guest for Local {
    type Exchange = Hold;

    async fn send(request: Request) -> Result<Answered, Failure> {
        let deadlines = Deadlines::of(&request);
        let mut hop = Hop::first(request).map_err(Failure::unsent)?;
        loop {
            let (response, sent) = dispatch::send(&hop, &deadlines).await?;
            if let Some(location) = dispatch::location(&response)
                && let Some(next) = hop.redirected(response.get_status_code(), &location)?
            {
                hop = next;
                continue;
            }
            return Ok(body::hand_on(response, sent, &hop));
        }
    }
}

bindings::export!(Local with_types_in bindings);
