//! What a session tells its embedder, and asks of it.

use crate::sandbox::bindings::mcp::{self, Progress};
use futures::future::BoxFuture;

/// A notification of a server, or what this client has to say of one: a log message (MCP's
/// `notifications/message`) whose logger is `sandbar`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Notification {
    /// The JSON-RPC method, `notifications/progress` for example.
    pub method: String,
    /// Its parameters, as JSON text.
    pub params: Option<String>,
    /// The typed form, where the method is `notifications/progress`.
    pub progress: Option<Progress>,
}

impl Notification {
    /// A word of this client, in the form of a server's log message: that of the client in the
    /// sandbox has the same.
    pub(crate) fn of_client(text: &str) -> Self {
        let params = serde_json::json!({ "level": "warning", "logger": "sandbar", "data": text });
        Self {
            method: "notifications/message".to_owned(),
            params: Some(params.to_string()),
            progress: None,
        }
    }
}

impl From<mcp::Notification> for Notification {
    fn from(mcp::Notification { method, params, progress, .. }: mcp::Notification) -> Self {
        Self { method, params, progress }
    }
}

/// A request of a server: sampling, elicitation, roots.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerRequest {
    /// The JSON-RPC method.
    pub method: String,
    /// Its parameters, as JSON text.
    pub params: Option<String>,
}

/// A JSON-RPC error (JSON-RPC 2.0 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// The code.
    pub code: i64,
    /// The text.
    pub message: String,
    /// More, as JSON text.
    pub data: Option<String>,
}

impl RpcError {
    /// What a request is answered with that nobody handles.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        Self { code: -32601, message: format!("method not found: {method}"), data: None }
    }
}

impl From<RpcError> for mcp::RpcError {
    fn from(RpcError { code, message, data }: RpcError) -> Self {
        Self { code, message, data }
    }
}

/// What an embedder does for its sessions. The default implementation ignores
/// notifications and supports no request.
pub trait Handler: Send + Sync + 'static {
    /// A notification that no [`Call`](crate::Call) asked for. The stream that
    /// it came on is read further when this is done.
    fn notified(&self, notification: Notification) -> BoxFuture<'_, ()> {
        drop(notification);
        Box::pin(std::future::ready(()))
    }

    /// A request of the server; the answer is JSON text.
    ///
    /// # Errors
    ///
    /// What the server is answered with instead of a result.
    fn asked(&self, request: ServerRequest) -> BoxFuture<'_, Result<String, RpcError>> {
        Box::pin(std::future::ready(Err(RpcError::method_not_found(&request.method))))
    }
}

/// The handler of embedders that want none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHandler;

impl Handler for NoHandler {}
