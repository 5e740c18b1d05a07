//! Why a request is none that can be sent: in the same words, whoever on its way finds out.

use alloc::format;
use core::fmt;

use crate::{ErrorCode, InvalidField};

/// The method is not a token.
#[must_use]
pub fn method() -> ErrorCode {
    ErrorCode::InvalidRequest("the method is not an HTTP token".into())
}

/// The URL is not one.
#[must_use]
pub fn url(cause: impl fmt::Display) -> ErrorCode {
    ErrorCode::InvalidRequest(format!("url is invalid: {cause}"))
}

/// The scheme of the URL is not one of HTTP.
#[must_use]
pub fn scheme(scheme: &str) -> ErrorCode {
    ErrorCode::InvalidRequest(format!("the scheme `{scheme}` is not http or https"))
}

/// The field with this name is none.
#[must_use]
pub fn field(name: &str, invalid: &InvalidField) -> ErrorCode {
    ErrorCode::InvalidRequest(match invalid {
        InvalidField::Name => "a header name is not an HTTP token".into(),
        InvalidField::Value => format!("the value of header `{name}` is invalid"),
    })
}
