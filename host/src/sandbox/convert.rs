//! Between the types of `wit/` and those of this crate.

use crate::error::{Error, HttpError, RpcError, StatusError};
use crate::handler::Notification;
use crate::sandbox::bindings::{http, mcp};
use std::time::Duration;

/// Nanoseconds, saturating: 584 years are as good as for ever.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn notification(notification: mcp::Notification) -> Notification {
    Notification {
        method: notification.method,
        params: notification.params,
        progress: notification.progress,
    }
}

pub(crate) fn rpc_error_to_wit(error: RpcError) -> mcp::RpcError {
    mcp::RpcError { code: error.code, message: error.message, data: error.data }
}

/// What a session failed with.
pub(crate) fn error(error: mcp::Error) -> Error {
    match error {
        mcp::Error::Http(code) => Error::Http(http_error(code)),
        mcp::Error::Status(status) => Error::Status(StatusError {
            status: status.status,
            content_type: status.content_type,
            preview: status.preview,
            www_authenticate: status.www_authenticate,
        }),
        mcp::Error::Rpc(error) => {
            Error::Rpc(RpcError { code: error.code, message: error.message, data: error.data })
        }
        mcp::Error::InvalidMessage(text) => Error::InvalidMessage(text),
        mcp::Error::NoAnswer => Error::NoAnswer,
        mcp::Error::LimitExceeded(limit) => {
            Error::MessageTooLarge { name: limit.name, limit: limit.limit, seen: limit.seen }
        }
        mcp::Error::UnsupportedVersion(server) => Error::UnsupportedVersion { server },
        mcp::Error::SessionLost => Error::SessionLost,
        mcp::Error::InputRequired(result) => Error::InputRequired(result),
        mcp::Error::Cancelled => Error::Cancelled,
        mcp::Error::Closed => Error::Closed,
        mcp::Error::InvalidParams(text) => Error::InvalidParams(text),
    }
}

pub(crate) fn http_error(code: http::ErrorCode) -> HttpError {
    match code {
        http::ErrorCode::Denied(denial) => HttpError::Denied { reason: denial.reason },
        http::ErrorCode::InvalidRequest(text) => HttpError::InvalidRequest(text),
        http::ErrorCode::Dns(text) => HttpError::Dns(text),
        http::ErrorCode::ConnectionRefused => HttpError::ConnectionRefused,
        http::ErrorCode::ConnectionFailed(text) => HttpError::ConnectionFailed(text),
        http::ErrorCode::ConnectTimeout => HttpError::ConnectTimeout,
        http::ErrorCode::Tls(text) => HttpError::Tls(text),
        http::ErrorCode::FirstByteTimeout => HttpError::FirstByteTimeout,
        http::ErrorCode::IdleTimeout => HttpError::IdleTimeout,
        http::ErrorCode::TotalTimeout => HttpError::TotalTimeout,
        http::ErrorCode::Protocol(text) => HttpError::Protocol(text),
        http::ErrorCode::IncompleteBody => HttpError::IncompleteBody,
        http::ErrorCode::LimitExceeded(limit) => {
            HttpError::LimitExceeded { name: limit.name, value: limit.value }
        }
        http::ErrorCode::Redirect(text) => HttpError::Redirect(text),
        http::ErrorCode::Sequence(error) => {
            HttpError::Sequence { expected: error.expected, received: error.received }
        }
        http::ErrorCode::Disconnected(text) => HttpError::Disconnected(text),
        http::ErrorCode::Cancelled => HttpError::Cancelled,
        http::ErrorCode::Peer(error) => {
            HttpError::Peer { code: error.code, message: error.message }
        }
        http::ErrorCode::Other(text) => {
            HttpError::Other(text.unwrap_or_else(|| "no reason was given".to_owned()))
        }
    }
}
