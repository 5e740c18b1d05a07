//! A plugin for HTTP that adds a field to every request.

wit_bindgen::generate!({
    path: "../../../wit",
    world: "sandbar:plugin/http-plugin",
    generate_all,
});

use exports::sandbar::plugin::http::{Guest, Request, Response};
use sandbar::http::types::Field;

struct Mark;

impl Guest for Mark {
    fn before(mut request: Request) -> Result<Request, String> {
        request.fields.push(Field { name: "x-agent".into(), value: b"seven".to_vec() });
        Ok(request)
    }

    fn after(response: Response) -> Result<Response, String> {
        Ok(response)
    }
}

export!(Mark);
