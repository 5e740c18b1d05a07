//! The life of an MCP session inside of its store.

use crate::sandbox::bindings::{Embedding, McpClient, mcp};
use crate::sandbox::operation::Outcome;
use crate::sandbox::state::State;
use crate::sandbox::worker::Life;
use std::time::Duration;
use tokio::sync::oneshot;
use wasmtime::component::{Accessor, ResourceAny};

/// The receiver of a new session's description.
pub(crate) type Opened = oneshot::Receiver<Outcome<mcp::ServerDescription>>;

/// An open session: what its operations run against.
pub(crate) struct McpSession {
    instance: Embedding,
    pub(crate) session: ResourceAny,
}

impl McpSession {
    pub(crate) fn client(&self) -> &McpClient {
        self.instance.sandbar_mcp_client()
    }
}

/// Opens a session, and closes it when nobody wants it any more.
pub(crate) struct McpLife {
    instance: Embedding,
    options: mcp::SessionOptions,
    opening: oneshot::Sender<Outcome<mcp::ServerDescription>>,
    grace: Duration,
}

impl McpLife {
    pub(crate) fn new(
        instance: Embedding,
        options: mcp::SessionOptions,
        grace: Duration,
    ) -> (Self, Opened) {
        let (opening, opened) = oneshot::channel();
        (Self { instance, options, opening, grace }, opened)
    }
}

/// What is left to do at the end of a session.
pub(crate) struct Farewell(Duration);

impl Life for McpLife {
    type Context = McpSession;
    type End = Farewell;

    async fn begin(
        self,
        accessor: &Accessor<State>,
    ) -> wasmtime::Result<Option<(McpSession, Farewell)>> {
        let exports = self.instance.sandbar_mcp_client().session();
        let session = match exports.call_open(accessor, self.options).await? {
            Ok(session) => session,
            Err(error) => {
                // Whoever wanted the session may have given up.
                let _ = self.opening.send(Err(error));
                return Ok(None);
            }
        };
        let description = exports.call_describe(accessor, session).await?;
        let _ = self.opening.send(Ok(description));
        Ok(Some((McpSession { instance: self.instance, session }, Farewell(self.grace))))
    }

    async fn cancel(
        accessor: &Accessor<State>,
        context: &McpSession,
        call: u64,
    ) -> wasmtime::Result<()> {
        context.client().session().call_cancel(accessor, context.session, call).await
    }

    async fn end(
        Farewell(grace): Farewell,
        accessor: &Accessor<State>,
        context: &McpSession,
    ) -> wasmtime::Result<()> {
        let exports = context.client().session();
        let farewell = exports.call_close(accessor, context.session);
        // A server that does not answer the farewell must not keep the sandbox.
        match tokio::time::timeout(grace, farewell).await {
            Ok(closed) => closed.map(drop),
            Err(_elapsed) => Ok(()),
        }
    }
}
