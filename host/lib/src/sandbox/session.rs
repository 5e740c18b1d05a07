//! The life of an MCP session inside of its store.

use crate::sandbox::bindings::{Embedding, SessionExports, mcp};
use crate::sandbox::events::{Asked, Events, Notifications};
use crate::sandbox::handler::{ElicitationAnswer, Handler, ServerRequest};
use crate::sandbox::limits::{ANSWERS, SERVER_REQUESTS};
use crate::sandbox::queue;
use crate::sandbox::state::State;
use crate::sandbox::worker::Life;
use futures::stream::{FuturesUnordered, StreamExt as _};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use wasmtime::component::{Accessor, ResourceAny};

/// What a session answers.
pub(crate) type Outcome<T> = Result<T, mcp::Error>;

/// The receiver of a new session's description.
pub(crate) type Opened = oneshot::Receiver<Outcome<mcp::ServerDescription>>;

/// An open session: what its calls run against.
pub(crate) struct McpSession {
    instance: Embedding,
    pub(crate) session: ResourceAny,
}

impl McpSession {
    pub(crate) fn exports(&self) -> SessionExports<'_> {
        self.instance.sandbar_mcp_client().session()
    }

    /// Has the notifications of a call that is yet to be made go to whoever listens.
    pub(crate) async fn listen(
        &self,
        accessor: &Accessor<State>,
        call: u64,
        listener: queue::Sender,
    ) -> wasmtime::Result<()> {
        let stream = self.exports().call_listen(accessor, self.session, call).await?;
        accessor.with(|mut access| stream.pipe(&mut access, Notifications::new(listener)))
    }
}

/// Opens a session, and closes it when nobody wants it any more.
pub(crate) struct McpLife {
    instance: Embedding,
    options: mcp::SessionOptions,
    handler: Arc<dyn Handler>,
    opening: oneshot::Sender<Outcome<mcp::ServerDescription>>,
    grace: Duration,
}

impl McpLife {
    pub(crate) fn new(
        instance: Embedding,
        options: mcp::SessionOptions,
        handler: Arc<dyn Handler>,
        grace: Duration,
    ) -> (Self, Opened) {
        let (opening, opened) = oneshot::channel();
        (Self { instance, options, handler, opening, grace }, opened)
    }
}

/// What goes on beside the calls of a session, and is left to do at its end.
pub(crate) struct Attendance {
    handler: Arc<dyn Handler>,
    asked: mpsc::Receiver<Asked>,
    grace: Duration,
}

impl Life for McpLife {
    type Context = McpSession;
    type Attendance = Attendance;

    async fn begin(
        self,
        accessor: &Accessor<State>,
    ) -> wasmtime::Result<Option<(McpSession, Attendance)>> {
        let Self { instance, options, handler, opening, grace } = self;
        let exports = instance.sandbar_mcp_client().session();
        let (session, description, stream) = match exports.call_open(accessor, options).await? {
            Ok(opened) => opened,
            Err(error) => {
                // Whoever wanted the session may have given up.
                let _ = opening.send(Err(error));
                return Ok(None);
            }
        };
        let (events, asked) = Events::new(Arc::clone(&handler));
        accessor.with(|mut access| stream.pipe(&mut access, events))?;
        let _ = opening.send(Ok(description));
        Ok(Some((McpSession { instance, session }, Attendance { handler, asked, grace })))
    }

    /// Answers what the server asks, many at a time: an answer may depend on what comes later.
    async fn attend(
        attendance: &mut Attendance,
        accessor: &Accessor<State>,
        context: &McpSession,
    ) -> wasmtime::Result<()> {
        let Attendance { handler, asked, .. } = attendance;
        let handler = &**handler;
        let mut answers = FuturesUnordered::new();
        let mut wanted = HashMap::new();
        loop {
            tokio::select! {
                Some((id, answered)) = answers.next() => {
                    wanted.remove(&id);
                    answered?;
                }
                next = asked.recv() => match next {
                    // A guest puts no more at a time.
                    Some(Asked::Request(..)) if wanted.len() >= SERVER_REQUESTS => {}
                    Some(Asked::Request(id, request)) => {
                        let (stays, withdrawn) = oneshot::channel();
                        wanted.insert(id, stays);
                        let question = Question { id, request, withdrawn };
                        let answer = answer(accessor, context, handler, question);
                        answers.push(async move { (id, answer.await) });
                    }
                    Some(Asked::Withdrawn(id)) => drop(wanted.remove(&id)),
                    None => break,
                },
            }
        }
        while let Some((_, answered)) = answers.next().await {
            answered?;
        }
        // No more will be asked; the session goes on.
        std::future::pending().await
    }

    async fn cancel(
        accessor: &Accessor<State>,
        context: &McpSession,
        call: u64,
    ) -> wasmtime::Result<()> {
        context.exports().call_cancel(accessor, context.session, call).await
    }

    async fn end(
        attendance: Attendance,
        accessor: &Accessor<State>,
        context: &McpSession,
    ) -> wasmtime::Result<()> {
        let exports = context.exports();
        let farewell = exports.call_close(accessor, context.session);
        // A server that does not answer the farewell must not keep the sandbox.
        match tokio::time::timeout(attendance.grace, farewell).await {
            Ok(closed) => closed.map(drop),
            Err(_elapsed) => Ok(()),
        }
    }
}

/// A request of the server that waits for its answer.
struct Question {
    id: u64,
    request: ServerRequest,
    /// Resolves, to nothing, when the answer is wanted no more.
    withdrawn: oneshot::Receiver<Infallible>,
}

/// Has the handler answer a request of the server. An answer that does not fit is asked for again; one
/// that is wanted no more is given up.
async fn answer(
    accessor: &Accessor<State>,
    context: &McpSession,
    handler: &dyn Handler,
    question: Question,
) -> wasmtime::Result<()> {
    let Question { id, request, mut withdrawn } = question;
    let answer =
        async |answer| context.exports().call_answer(accessor, context.session, id, answer).await;
    let mut problem = None;
    for _ in 0..ANSWERS {
        let request = ServerRequest { problem: problem.take(), ..request.clone() };
        let given = tokio::select! {
            _ = &mut withdrawn => return Ok(()),
            given = handler.asked(request) => given.map_err(mcp::RpcError::from),
        };
        match answer(given).await? {
            Err(mcp::Error::InvalidParams(why)) => problem = Some(why),
            // A server that does not want the answer has it no worse than one that never asked.
            Ok(()) | Err(_) => return Ok(()),
        }
    }
    answer(Ok(ElicitationAnswer::Cancel.into_json())).await.map(drop)
}
