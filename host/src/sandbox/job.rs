//! What a worker is given to do.

use crate::handler::Notification;
use crate::sandbox::bindings::{McpClient, mcp};
use crate::sandbox::operation::Operation;
use crate::sandbox::state::State;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use wasmtime::component::{Accessor, ResourceAny};

/// What a guest answers.
pub(crate) type Outcome<T> = Result<T, mcp::Error>;

/// A call to make in the sandbox.
pub(crate) struct Job {
    work: Box<dyn Work>,
    call: u64,
    subscriber: Option<mpsc::Sender<Notification>>,
    /// Held until the guest is done with the call, so that the number of calls
    /// in flight bounds every queue of a session.
    _permit: OwnedSemaphorePermit,
}

impl Job {
    /// A job, and where its outcome will be. The sender is dropped without one
    /// when the sandbox ends first.
    pub(crate) fn new<O: Operation>(
        operation: O,
        options: mcp::CallOptions,
        subscriber: Option<mpsc::Sender<Notification>>,
        permit: OwnedSemaphorePermit,
    ) -> (Self, oneshot::Receiver<Outcome<O::Output>>) {
        let (reply, outcome) = oneshot::channel();
        let call = options.id;
        let work = Box::new(Typed { operation, options, reply });
        (Self { work, call, subscriber, _permit: permit }, outcome)
    }

    /// Makes the call. An error is a trap, and the end of the sandbox.
    pub(crate) async fn run(
        self,
        accessor: &Accessor<State>,
        client: &McpClient,
        session: ResourceAny,
    ) -> wasmtime::Result<()> {
        let call = self.call;
        if let Some(subscriber) = self.subscriber {
            accessor.with(|mut access| access.data_mut().subscribers.add(call, subscriber));
        }
        let outcome = self.work.run(accessor, client, session).await;
        accessor.with(|mut access| access.data_mut().subscribers.remove(call));
        outcome
    }
}

/// An operation whose type has been forgotten.
trait Work: Send {
    fn run<'a>(
        self: Box<Self>,
        accessor: &'a Accessor<State>,
        client: &'a McpClient,
        session: ResourceAny,
    ) -> BoxFuture<'a, wasmtime::Result<()>>;
}

struct Typed<O: Operation> {
    operation: O,
    options: mcp::CallOptions,
    reply: oneshot::Sender<Outcome<O::Output>>,
}

impl<O: Operation> Work for Typed<O> {
    fn run<'a>(
        self: Box<Self>,
        accessor: &'a Accessor<State>,
        client: &'a McpClient,
        session: ResourceAny,
    ) -> BoxFuture<'a, wasmtime::Result<()>> {
        Box::pin(async move {
            let outcome = self.operation.run(accessor, client, session, self.options).await?;
            // Whoever asked may have given up.
            let _ = self.reply.send(outcome);
            Ok(())
        })
    }
}
