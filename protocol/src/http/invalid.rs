use alloc::string::{String, ToString as _};

use sandbar_exchange::{ErrorCode, InvalidField, refusal};

use super::{Base64Error, FieldError, clipped};

/// Why an `http/request` is refused with -32602 before anything is dialled. The peer's fault.
///
/// Displays as stock executors word it, because clients show and log these texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidRequest {
    /// A parameter is missing or has the wrong type.
    Params(String),
    /// `bodyBase64` is not base64.
    Body(Base64Error),
    /// The method is not a token.
    Method,
    /// The URL is not an absolute one with an authority, and why.
    Url(String),
    /// The scheme, in lower case, is neither `http` nor `https`.
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
    /// `requestId` is longer than [`ID_BYTES`](crate::limits::ID_BYTES).
    StreamIdTooLong,
}

impl InvalidRequest {
    /// The same in the words of whoever dials, for peers and people that know more than the stock
    /// protocol: a request is refused alike wherever that happens. A peer's own text in it is clipped.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Method => refusal::method(),
            Self::Url(cause) => refusal::url(cause),
            Self::Scheme(scheme) => refusal::scheme(&clipped(scheme)),
            Self::Field(FieldError::Name) => refusal::field("", &InvalidField::Name),
            Self::Field(FieldError::Value { name }) => {
                refusal::field(&clipped(name), &InvalidField::Value)
            }
            // What only this protocol can get wrong.
            other => ErrorCode::InvalidRequest(clipped(&other.to_string())),
        }
    }
}

impl core::error::Error for InvalidRequest {}

impl From<FieldError> for InvalidRequest {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}
