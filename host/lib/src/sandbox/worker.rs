//! The task that owns a store: it does what it is given to do, until nobody
//! wants anything of it any more.

use crate::sandbox::cpu::CpuBudget;
use crate::sandbox::engine::Sandbox;
use crate::sandbox::error::SandboxError;
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::memory::MemoryUse;
use crate::sandbox::plugins::error::PluginFailed;
use crate::sandbox::state::State;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use wasmtime::component::Accessor;

/// How a sandbox is begun, used and ended.
pub(crate) trait Life: Send + 'static {
    /// What jobs run against.
    type Context: Send + Sync + 'static;
    /// What goes on beside the jobs, and is left to do at the end.
    type Attendance: Send + 'static;

    /// Sets the sandbox up; none when there is nothing to live for.
    fn begin(
        self,
        accessor: &Accessor<State>,
    ) -> impl Future<Output = wasmtime::Result<Option<(Self::Context, Self::Attendance)>>> + Send;

    /// Does what goes on beside the jobs, for as long as there are any.
    fn attend(
        attendance: &mut Self::Attendance,
        accessor: &Accessor<State>,
        context: &Self::Context,
    ) -> impl Future<Output = wasmtime::Result<()>> + Send;

    /// Gives up the job that goes by this number.
    fn cancel(
        accessor: &Accessor<State>,
        context: &Self::Context,
        call: u64,
    ) -> impl Future<Output = wasmtime::Result<()>> + Send;

    /// Ends it in good order.
    fn end(
        attendance: Self::Attendance,
        accessor: &Accessor<State>,
        context: &Self::Context,
    ) -> impl Future<Output = wasmtime::Result<()>> + Send;
}

/// Something to do in a sandbox whose exports are reached through `C`. An error is a trap, and the
/// end of the sandbox.
pub(crate) type Job<C> = Box<
    dyn for<'a> FnOnce(&'a Accessor<State>, &'a C) -> BoxFuture<'a, wasmtime::Result<()>> + Send,
>;

/// A job of this work, which goes by this number, and where its outcome will be: nowhere if the
/// sandbox ends first. The permit is held until the guest is done with the work, so that the number
/// of jobs in flight bounds every queue of a sandbox.
pub(crate) fn job<L: Life, T, W>(
    permit: OwnedSemaphorePermit,
    id: u64,
    work: W,
) -> (Job<L::Context>, oneshot::Receiver<T>)
where
    T: Send + 'static,
    W: for<'a> FnOnce(&'a Accessor<State>, &'a L::Context) -> BoxFuture<'a, wasmtime::Result<T>>
        + Send
        + 'static,
{
    let (reply, outcome) = oneshot::channel();
    let job: Job<L::Context> = Box::new(move |accessor, context| {
        Box::pin(async move {
            let outcome = work(accessor, context).await?;
            drop(permit);
            match reply.send(outcome) {
                Ok(()) => Ok(()),
                // Whoever asked has given up. The guest may have heard of that before it had heard
                // of the job, and must not keep what nobody will ask for again.
                Err(_unclaimed) => L::cancel(accessor, context, id).await,
            }
        })
    });
    (job, outcome)
}

/// What a worker is told. The channel is unbounded, and what is in it is not: a
/// job holds a permit, and what is said of a job that is given up is said ever more rarely.
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

impl SandboxError {
    /// What a trap was about: a limit that the guest ran into, or itself.
    pub(crate) fn of(
        trap: &wasmtime::Error,
        memory: &MemoryUse,
        cpu: &CpuBudget,
        limits: &SandboxLimits,
    ) -> Self {
        if let Some(failed) = trap.downcast_ref::<PluginFailed>() {
            failed.clone().into()
        } else if memory.refused() {
            Self::Memory { limit: limits.memory }
        } else if cpu.exhausted() {
            Self::Cpu { limit: limits.cpu_burst }
        } else {
            Self::Trap { reason: format!("{trap:#}") }
        }
    }

    pub(crate) fn unavailable(error: wasmtime::Error) -> Self {
        Self::Unavailable { reason: format!("{error:#}") }
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
        let Some((context, mut attendance)) = life.begin(accessor).await? else { return Ok(()) };
        tokio::select! {
            served = serve::<L>(accessor, &context, &mut commands) => served?,
            attended = L::attend(&mut attendance, accessor, &context) => attended?,
        }
        L::end(attendance, accessor, &context).await
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
                Some(Command::Run(job)) => running.push(job(accessor, context)),
                Some(Command::Cancel(call)) => {
                    running.push(Box::pin(L::cancel(accessor, context, call)));
                }
                Some(Command::Close) | None => return Ok(()),
            },
            Some(ended) = running.next(), if !running.is_empty() => ended?,
        }
    }
}
