//! A plugin for HTTP that wants randomness: it marks each request with some.

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
            package sandbar:test-random-plugin;
            world random-plugin {
                import wasi:random/random@0.3.0;
                export sandbar:plugin/http@0.1.0;
            }
        ",
        path: "../../../wit",
        world: "sandbar:test-random-plugin/random-plugin",
        with: { "sandbar:http/types@0.2.0": sandbar_exchange },
        generate_all,
    });
}

use bindings::exports::sandbar::plugin::http::Guest;
use bindings::wasi::random::random::get_random_u64;
use sandbar_exchange::{Field, Request, Response};

struct Plugin;

impl Guest for Plugin {
    fn before(mut request: Request) -> Result<Request, String> {
        request.fields.push(Field::new("x-random", get_random_u64().to_string()));
        Ok(request)
    }

    fn after(response: Response) -> Result<Response, String> {
        Ok(response)
    }
}

bindings::export!(Plugin with_types_in bindings);
