//! A component between the MCP client and whoever dials: it marks every request, and denies those
//! that a caller has marked as forbidden.

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
            package sandbar:test-middleware;
            world middleware {
                import sandbar:http/client@0.2.0;
                export sandbar:http/client@0.2.0;
            }
        ",
        path: "../../../wit",
        world: "sandbar:test-middleware/middleware",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
        },
        generate_all,
    });
}

use bindings::exports::sandbar::http::client::{Exchange, Guest, GuestExchange};
use bindings::sandbar::http::client::{self, Exchange as Inner};
use sandbar_exchange::{BodySummary, ErrorCode, Failure, Field, Request, Response};
use wit_bindgen::{FutureReader, StreamReader};

struct Middleware;

/// What `send` returns.
type Sent = (Response, Exchange, StreamReader<u8>, FutureReader<Result<BodySummary, Failure>>);

struct Hold {
    _inner: Inner,
}

impl GuestExchange for Hold {}

impl Guest for Middleware {
    type Exchange = Hold;

    async fn send(mut request: Request) -> Result<Sent, Failure> {
        if request.fields.iter().any(|field| field.name == "x-forbidden") {
            let reason = "the middleware forbids it".to_owned();
            return Err(Failure::unsent(ErrorCode::Denied(reason)));
        }
        request.fields.push(Field::new("x-middleware", "seen"));
        let (response, inner, body, outcome) = client::send(request).await?;
        Ok((response, Exchange::new(Hold { _inner: inner }), body, outcome))
    }
}

bindings::export!(Middleware with_types_in bindings);
