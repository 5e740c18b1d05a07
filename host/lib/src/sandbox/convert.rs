//! Between the types of `wit/` and those of this crate.

use crate::error::{Error, RpcError, StatusError};
use crate::handler::Notification;
use crate::sandbox::bindings::mcp;

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
        mcp::Error::Http(failure) => Error::Http(failure),
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
        mcp::Error::Internal(text) => Error::Internal(text),
    }
}
