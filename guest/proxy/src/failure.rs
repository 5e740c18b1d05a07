//! Errors of `sandbar:mcp/types` as the core has them.

use crate::bindings::sandbar::mcp::types as wit;
use sandbar_mcp_core::{Error, MessageLimit, RpcError, StatusError};
use std::time::Duration;

pub(crate) fn error(error: wit::Error) -> Error {
    match error {
        wit::Error::Http(failure) => Error::Http(failure),
        wit::Error::Status(status) => Error::Status(Box::new(StatusError {
            request: status.request,
            redirected_to: status.redirected_to,
            retry_after: status.retry_after.map(|wait| Duration::from_secs(wait.into())),
            status: status.status,
            content_type: status.content_type,
            preview: status.preview,
            www_authenticate: status.www_authenticate,
        })),
        wit::Error::Rpc(wit::RpcError { code, message, data }) => {
            Error::Rpc(RpcError { code, message, data })
        }
        wit::Error::InvalidMessage(text) => Error::InvalidMessage(text),
        wit::Error::NoAnswer => Error::NoAnswer,
        wit::Error::LimitExceeded(wit::MessageLimit { limit, seen, .. }) => {
            Error::LimitExceeded(MessageLimit { name: "max-message-bytes", limit, seen })
        }
        wit::Error::UnsupportedVersion(versions) => Error::UnsupportedVersion(versions),
        wit::Error::SessionLost => Error::SessionLost,
        wit::Error::InputRequired(result) => Error::InputRequired(result),
        wit::Error::Cancelled => Error::Cancelled,
        wit::Error::Closed => Error::Closed,
        wit::Error::InvalidParams(text) => Error::InvalidParams(text),
        wit::Error::Internal(_) => Error::Misuse("the session broke a rule of its own"),
    }
}
