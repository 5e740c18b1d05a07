//! What a session tells its embedder, and asks of it.

use crate::error::RpcError;
use crate::types::Progress;
use futures::future::BoxFuture;

/// A notification of a server.
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

/// A request of a server: sampling, elicitation, roots.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerRequest {
    /// The JSON-RPC method.
    pub method: String,
    /// Its parameters, as JSON text.
    pub params: Option<String>,
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
