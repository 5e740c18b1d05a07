//! A plugin for HTTP. It marks what it sees; a field `x-plugin` of a request has it do worse.

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
        path: "../../../wit",
        world: "sandbar:plugin/http-plugin",
        with: { "sandbar:http/types@0.2.0": sandbar_exchange },
        generate_all,
    });
}

use bindings::exports::sandbar::plugin::http::Guest;
use sandbar_exchange::{Field, Request, Response};
use std::cell::{Cell, RefCell};

thread_local! {
    /// What `after` is to do with the response of the request that `before` has seen.
    static ACTION: RefCell<String> = RefCell::default();
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

struct Plugin;

impl Guest for Plugin {
    fn before(mut request: Request) -> Result<Request, String> {
        let action = request.fields.iter().find(|field| field.name == "x-plugin");
        let action = action.map(|field| String::from_utf8_lossy(&field.value).into_owned());
        let action = action.unwrap_or_default();
        let asked = ASKED.get() + 1;
        ASKED.set(asked);
        request.fields.push(Field::new("x-asked", asked.to_string()));
        match action.split_once(' ').unwrap_or((&action, "")) {
            ("deny", reason) => return Err(reason.to_owned()),
            ("url", url) => request.url = url.to_owned(),
            ("trap", _) => std::process::abort(),
            ("spin", _) => loop {
                std::hint::spin_loop();
            },
            ("hoard", _) => hoard(),
            _ => {}
        }
        ACTION.set(action);
        Ok(request)
    }

    fn after(mut response: Response) -> Result<Response, String> {
        match ACTION.take().split_once(' ') {
            Some(("deny-answer", reason)) => return Err(reason.to_owned()),
            Some(("location", to)) => {
                response.fields.retain(|field| field.name != "location");
                response.fields.push(Field::new("location", to));
            }
            _ => response.fields.push(Field::new("x-shown", "1")),
        }
        Ok(response)
    }
}

fn hoard() {
    let mut hoard = Vec::new();
    loop {
        hoard.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

bindings::export!(Plugin with_types_in bindings);
