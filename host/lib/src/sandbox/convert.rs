//! Between the types of `wit/` and those of this crate.

use crate::sandbox::bindings::mcp;
use crate::sandbox::handler::{Notification, RpcError};

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
