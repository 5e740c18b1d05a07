//! What a worker is given to do.

use crate::sandbox::state::State;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use wasmtime::component::Accessor;

/// Something to do in a sandbox whose exports are reached through `C`.
pub(crate) trait Operation<C>: Send + 'static {
    /// What it yields: a result of the guest's, as a rule.
    type Output: Send + 'static;

    /// Does it. An error is a trap, and the end of the sandbox.
    fn run(
        self,
        accessor: &Accessor<State>,
        context: &C,
    ) -> impl Future<Output = wasmtime::Result<Self::Output>> + Send;
}

/// An operation to do, whose type has been forgotten.
pub(crate) struct Job<C> {
    work: Box<dyn Work<C>>,
    /// Held until the guest is done with it, so that the number of operations in
    /// flight bounds every queue of a sandbox.
    _permit: OwnedSemaphorePermit,
}

impl<C: Sync> Job<C> {
    /// A job, and where its outcome will be. The sender is dropped without one
    /// when the sandbox ends first.
    pub(crate) fn new<O: Operation<C>>(
        operation: O,
        permit: OwnedSemaphorePermit,
    ) -> (Self, oneshot::Receiver<O::Output>) {
        let (reply, outcome) = oneshot::channel();
        (Self { work: Box::new(Typed { operation, reply }), _permit: permit }, outcome)
    }

    /// Does it.
    pub(crate) async fn run(self, accessor: &Accessor<State>, context: &C) -> wasmtime::Result<()> {
        self.work.run(accessor, context).await
    }
}

trait Work<C>: Send {
    fn run<'a>(
        self: Box<Self>,
        accessor: &'a Accessor<State>,
        context: &'a C,
    ) -> BoxFuture<'a, wasmtime::Result<()>>;
}

struct Typed<O, T> {
    operation: O,
    reply: oneshot::Sender<T>,
}

impl<C: Sync, O: Operation<C>> Work<C> for Typed<O, O::Output> {
    fn run<'a>(
        self: Box<Self>,
        accessor: &'a Accessor<State>,
        context: &'a C,
    ) -> BoxFuture<'a, wasmtime::Result<()>> {
        Box::pin(async move {
            let outcome = self.operation.run(accessor, context).await?;
            // Whoever asked may have given up.
            let _ = self.reply.send(outcome);
            Ok(())
        })
    }
}
