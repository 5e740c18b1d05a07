//! The `local` executor: `sandbar:http/client` over `wasi:http`.
//!
//! One exchange is a chain of hops: `redirect` decides where the next one
//! goes and what it may carry, `dispatch` performs one over `wasi:http`, and
//! `body` hands the stream of the last one on without touching a byte. Who
//! may be dialled is not decided here: the host judges every hop.

mod body;
mod dispatch;
mod error;
pub mod hop;
pub mod redirect;

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
        path: ["../../wit/http", "../../wit/mcp", "../../wit/executor", "../../wit"],
        world: "sandbar:components/local",
        generate_all,
    });
}

use bindings::exports::sandbar::http::client::{
    BodySummary, ErrorCode, Exchange, Guest, GuestExchange, Request, Response,
};
use bindings::sandbar::http::types::RedirectPolicy;
use bindings::wasi::http::types::ErrorCode as WasiError;
use hop::Hop;
use wit_bindgen::{FutureReader, FutureWriter, StreamReader};

struct Local;

/// What `send` returns.
type Sent = (Response, Exchange, StreamReader<u8>, FutureReader<Result<BodySummary, ErrorCode>>);

/// Keeps the host from giving the response up: dropping the writer says that it
/// will not be processed any further. A reader that has dropped the stream is
/// seen by the host itself; one that handed it to the host is not.
struct Hold {
    _processed: FutureWriter<Result<(), WasiError>>,
}

impl GuestExchange for Hold {}

impl Guest for Local {
    type Exchange = Hold;

    async fn send(request: Request) -> Result<Sent, ErrorCode> {
        let follow = request.redirects == RedirectPolicy::Follow;
        let timeouts = request.timeouts;
        let mut hop = Hop::first(request)?;
        let mut hops = redirect::Counter::default();
        loop {
            let response = dispatch::send(&mut hop, &timeouts).await?;
            if follow && let Some(location) = dispatch::location(&response) {
                let status = response.get_status_code();
                if let Some(next) = hop.redirected(status, &location, &mut hops)? {
                    hop = next;
                    continue;
                }
            }
            return Ok(body::hand_on(response, &hop));
        }
    }
}

bindings::export!(Local with_types_in bindings);
