use alloc::format;
use alloc::string::String;

use serde::Serialize;

use super::{ErrorObject, RequestId, code};

/// `{"id":..,"method":..,"params":..}`
pub fn request(id: &RequestId, method: &str, params: &impl Serialize) -> String {
    encode(&Request { id, method, params })
}

/// `{"method":..,"params":..}`
pub fn notification(method: &str, params: &impl Serialize) -> String {
    encode(&Notification { method, params })
}

/// `{"id":..,"result":..}`
pub fn response(id: &RequestId, result: &impl Serialize) -> String {
    encode(&Response { id, result })
}

/// `{"error":{..},"id":..}`, in the order that stock executors write.
pub fn error_response(id: &RequestId, error: &ErrorObject) -> String {
    encode(&Error { error, id })
}

/// The answer to a message that could not be read: -32600 with id -1.
pub fn parse_error_response(message: String) -> String {
    let error = ErrorObject::new(code::INVALID_REQUEST, message);
    error_response(&RequestId::UNREADABLE, &error)
}

#[derive(Serialize)]
struct Request<'a, T> {
    id: &'a RequestId,
    method: &'a str,
    params: &'a T,
}

#[derive(Serialize)]
struct Notification<'a, T> {
    method: &'a str,
    params: &'a T,
}

#[derive(Serialize)]
struct Response<'a, T> {
    id: &'a RequestId,
    result: &'a T,
}

#[derive(Serialize)]
struct Error<'a> {
    error: &'a ErrorObject,
    id: &'a RequestId,
}

fn encode(message: &impl Serialize) -> String {
    // Writing to memory cannot fail, and no type of this crate has a map with keys that are not
    // strings. A payload of a caller's that refuses to be written is reported in its place.
    serde_json::to_string(message).unwrap_or_else(|error| {
        let text = format!("failed to encode a message: {error}");
        format!(r#"{{"error":{{"code":{},"message":{text:?}}},"id":-1}}"#, code::INTERNAL_ERROR)
    })
}
