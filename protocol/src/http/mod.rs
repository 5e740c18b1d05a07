//! The payloads of `http/request` and `http/request/bodyDelta`, and what may be wrong with them.

mod base64;
mod control;
mod delta;
mod failure;
mod field;
mod head;
mod invalid;
mod request_params;
mod url;

pub(crate) use self::base64::decoded_len;
pub use self::base64::{Base64Error, decode_base64};
pub(crate) use control::{CancelParams, CreditParams};
pub use delta::BodyDelta;
pub(crate) use delta::{decode_delta, encode_data, encode_end, json_string};
pub(crate) use failure::{call_failure, clipped, error_object, refusal_object, terminal_failure};
pub use field::FieldError;
pub(crate) use head::{decode_head, wire_head};
pub use invalid::InvalidRequest;
pub(crate) use request_params::wire_request;
pub use request_params::{RequestParams, decode_request};

/// The method that performs an exchange.
pub const REQUEST_METHOD: &str = "http/request";
/// The notification that carries a part of a body, or its end.
pub const BODY_DELTA_METHOD: &str = "http/request/bodyDelta";
/// The notification that gives an exchange up; only where `cancel` was negotiated.
pub const CANCEL_METHOD: &str = "http/request/cancel";
/// The notification that grants a stream more bytes; only where `credit` was negotiated.
pub const CREDIT_METHOD: &str = "http/request/credit";
