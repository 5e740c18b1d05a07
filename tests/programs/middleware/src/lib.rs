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

use bindings::exports::sandbar::http::client::{
    Answered, Exchange, Guest, GuestExchange, Remainder,
};
use bindings::sandbar::http::client::{self, Exchange as Inner};
use sandbar_exchange::{ErrorCode, Failure, Field, Request};

struct Middleware;

struct Hold {
    _inner: Inner,
}

impl GuestExchange for Hold {}

impl Guest for Middleware {
    type Exchange = Hold;

    async fn send(mut request: Request) -> Result<Answered, Failure> {
        if request.fields.iter().any(|field| field.name == "x-forbidden") {
            let reason = "the middleware forbids it".to_owned();
            return Err(Failure::unsent(ErrorCode::Denied(reason)));
        }
        request.fields.push(Field::new("x-middleware", "seen"));
        let client::Answered { response, beginning, remainder } = client::send(request).await?;
        let remainder = remainder.map(|client::Remainder { exchange, bytes, outcome }| Remainder {
            exchange: Exchange::new(Hold { _inner: exchange }),
            bytes,
            outcome,
        });
        Ok(Answered { response, beginning, remainder })
    }
}

bindings::export!(Middleware with_types_in bindings);
