use alloc::string::String;
use core::fmt;

use super::{Base64Error, FieldError};
use crate::limits::ID_BYTES;

/// Why an `http/request` is refused with -32602 before anything is dialled. The peer's fault.
///
/// Displays as stock executors word it, because clients show and log these texts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A parameter is missing or has the wrong type.
    Params(String),
    /// `bodyBase64` is not base64.
    Body(Base64Error),
    /// The method is not a token.
    Method,
    /// The URL does not parse, for instance "relative URL without a base" or "empty host".
    Url(String),
    /// The scheme is neither `http` nor `https`.
    Scheme(String),
    /// A field cannot be sent.
    Field(FieldError),
    /// A field wants the value of an environment variable, which no executor here has.
    EnvironmentVariable {
        /// The name of the field.
        field: String,
        /// The variable.
        variable: String,
    },
    /// Another stream of the connection has this id and has not ended.
    StreamActive(String),
    /// `requestId` is longer than [`ID_BYTES`].
    StreamIdTooLong,
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Params(text) => f.write_str(text),
            Self::Body(error) => error.fmt(f),
            Self::Field(FieldError::Base64(error)) => error.fmt(f),
            Self::Method => f.write_str("http/request method is invalid: invalid HTTP method"),
            Self::Url(cause) => write!(f, "http/request url is invalid: {cause}"),
            Self::Scheme(scheme) => {
                write!(f, "http/request only supports http and https URLs, got {scheme}")
            }
            Self::Field(error) => write!(f, "http/request {error}"),
            Self::EnvironmentVariable { field, variable } => write!(
                f,
                "http/request header {field} requires executor environment variable {variable}"
            ),
            Self::StreamActive(id) => {
                write!(f, "http/request streamResponse requestId `{id}` is already active")
            }
            Self::StreamIdTooLong => {
                write!(f, "http/request requestId is longer than {ID_BYTES} bytes")
            }
        }
    }
}

impl core::error::Error for InvalidRequest {}

impl From<FieldError> for InvalidRequest {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}
