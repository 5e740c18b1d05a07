//! Any bytes as a message, and what is accepted written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::http::decode_request;
use sandbar_protocol::jsonrpc::{Message, error_response, notification, request, response};

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Message::parse(bytes) else {
        return;
    };
    let written = match &message {
        Message::Request { id, method, params } => {
            let _ = decode_request(*params, Extensions::all());
            request(id, method, params)
        }
        Message::Notification { method, params } => notification(method, params),
        Message::Response { id, result } => response(id, result),
        Message::Error { id, error } => error_response(id, error),
    };
    let again = Message::parse(written.as_bytes()).expect("what was written is a message");
    assert_eq!(format!("{message:?}"), format!("{again:?}"));
});
