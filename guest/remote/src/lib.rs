//! The `remote` executor: `sandbar:http/client` over the delta protocol.
//!
//! `connector` keeps the one connection, `driver` moves its lines, `connection`
//! its events, `exchange` is one request from its caller's side, `deadline` how
//! long it waits, `convert` translates types. Every decision about the protocol is taken in
//! `sandbar-protocol`.

mod connection;
mod connector;
mod convert;
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
        path: ["../../wit/http", "../../wit/mcp", "../../wit/executor", "../../wit"],
        world: "sandbar:components/remote",
        generate_all,
    });
}

use bindings::exports::sandbar::http::client::{
    BodySummary, ErrorCode, Exchange, Guest, Request, Response,
};
use wit_bindgen::{FutureReader, StreamReader};

/// What `send` returns.
type Sent = (Response, Exchange, StreamReader<u8>, FutureReader<Result<BodySummary, ErrorCode>>);

struct Remote;

impl Guest for Remote {
    type Exchange = exchange::Hold;

    async fn send(request: Request) -> Result<Sent, ErrorCode> {
        exchange::send(request).await
    }
}

bindings::export!(Remote with_types_in bindings);
