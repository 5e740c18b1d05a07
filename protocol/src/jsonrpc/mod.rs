//! JSON-RPC as executors speak it: without a `jsonrpc` member, one message at a time.
//!
//! A sender that writes `jsonrpc` is accepted and so is any other unknown member, `trace`
//! included. Batches are refused.

pub mod code;
mod encode;
mod framing;
mod id;
mod message;

pub use encode::{error_response, notification, parse_error_response, request, response};
pub use framing::{LineDecoder, LineTooLong};
pub use id::RequestId;
pub(crate) use message::params_error;
pub use message::{ErrorObject, Message, ParseError};
