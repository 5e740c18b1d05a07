//! The task that owns a store: it does what it is given to do, until nobody
//! wants anything of it any more.

use crate::error::SandboxError;
use crate::sandbox::engine::Sandbox;
use crate::sandbox::job::Job;
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::state::State;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use wasmtime::component::Accessor;

/// How a sandbox is begun, used and ended.
pub(crate) trait Life: Send + 'static {
    /// What operations run against.
    type Context: Send + Sync + 'static;
    /// What is needed at the end.
    type End: Send + 'static;

    /// Sets the sandbox up; none when there is nothing to live for.
    fn begin(
        self,
        accessor: &Accessor<State>,
    ) -> impl Future<Output = wasmtime::Result<Option<(Self::Context, Self::End)>>> + Send;

    /// Gives up the operation that goes by this number.
    fn cancel(
        accessor: &Accessor<State>,
        context: &Self::Context,
        call: u64,
    ) -> impl Future<Output = wasmtime::Result<()>> + Send;

    /// Ends it in good order.
    fn end(
        end: Self::End,
        accessor: &Accessor<State>,
        context: &Self::Context,
    ) -> impl Future<Output = wasmtime::Result<()>> + Send;
}

/// What a worker is told. The channel is unbounded, and what is in it is not: a
/// job holds a permit, and each job is cancelled once at the most.
enum Command<C> {
    Run(Job<C>),
    Cancel(u64),
    Close,
}

/// How a worker ended.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// It was closed, or had nothing to live for.
    Closed,
    /// The sandbox failed.
    Failed(SandboxError),
}

/// A worker, from outside. Dropping it lets the worker end in good order.
pub(crate) struct Worker<C> {
    commands: mpsc::UnboundedSender<Command<C>>,
    ending: watch::Receiver<Option<Ending>>,
    task: AbortHandle,
}

impl<C: Send + Sync + 'static> Worker<C> {
    /// Starts a worker on the current runtime.
    pub(crate) fn spawn<L: Life<Context = C>>(
        sandbox: Sandbox,
        life: L,
        limits: SandboxLimits,
    ) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (ended, ending) = watch::channel(None);
        let task = tokio::spawn(async move {
            let ending = run(sandbox, life, &limits, receiver).await;
            ended.send_replace(Some(ending));
        });
        Self { commands, ending, task: task.abort_handle() }
    }

    /// Has a job done. A worker that has ended drops it.
    pub(crate) fn run(&self, job: Job<C>) {
        let _ = self.commands.send(Command::Run(job));
    }

    /// Gives an operation up.
    pub(crate) fn cancel(&self, call: u64) {
        let _ = self.commands.send(Command::Cancel(call));
    }

    /// Has the worker end in good order, now.
    pub(crate) fn close(&self) {
        let _ = self.commands.send(Command::Close);
    }

    /// The task, to end it.
    pub(crate) fn task(&self) -> AbortHandle {
        self.task.clone()
    }

    /// Ends the sandbox, wherever its guest is.
    pub(crate) fn kill(&self) {
        self.task.abort();
    }

    /// Waits for the end of the worker, and says what it was. A worker that was
    /// killed says nothing any more: it did not answer before.
    pub(crate) async fn ending(&self) -> Ending {
        let mut ending = self.ending.clone();
        let ended = ending.wait_for(Option::is_some).await;
        match ended.as_deref() {
            Ok(Some(ending)) => ending.clone(),
            _ => Ending::Failed(SandboxError::Unresponsive),
        }
    }
}

async fn run<L: Life>(
    sandbox: Sandbox,
    life: L,
    limits: &SandboxLimits,
    mut commands: mpsc::UnboundedReceiver<Command<L::Context>>,
) -> Ending {
    let Sandbox { mut store, cpu, memory, .. } = sandbox;
    let living = store.run_concurrent(async |accessor| {
        let Some((context, end)) = life.begin(accessor).await? else { return Ok(()) };
        serve::<L>(accessor, &context, &mut commands).await?;
        L::end(end, accessor, &context).await
    });
    match cpu.watch(living).await.flatten() {
        Ok(()) => Ending::Closed,
        Err(trap) => Ending::Failed(SandboxError::of(&trap, &memory, &cpu, limits)),
    }
}

/// Does jobs until there will be no more.
async fn serve<L: Life>(
    accessor: &Accessor<State>,
    context: &L::Context,
    commands: &mut mpsc::UnboundedReceiver<Command<L::Context>>,
) -> wasmtime::Result<()> {
    let mut running: FuturesUnordered<BoxFuture<'_, wasmtime::Result<()>>> =
        FuturesUnordered::new();
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Run(job)) => running.push(Box::pin(job.run(accessor, context))),
                Some(Command::Cancel(call)) => {
                    running.push(Box::pin(L::cancel(accessor, context, call)));
                }
                Some(Command::Close) | None => return Ok(()),
            },
            Some(ended) = running.next(), if !running.is_empty() => ended?,
        }
    }
}
