//! The task that owns a store: it opens the session, makes the calls that it is
//! given, and closes the session when nobody wants it any more.

use crate::error::SandboxError;
use crate::sandbox::bindings::{McpClient, mcp};
use crate::sandbox::engine::Sandbox;
use crate::sandbox::job::{Job, Outcome};
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::state::State;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use wasmtime::component::{Accessor, ResourceAny};

/// What a worker is told. The channel is unbounded, and what is in it is not:
/// a job holds a permit, and each job is cancelled once at the most.
pub(crate) enum Command {
    /// Make a call.
    Run(Job),
    /// Give a call up.
    Cancel(u64),
    /// Close the session, now.
    Close,
}

/// How a worker ended.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// The session was closed, or never opened.
    Closed,
    /// The sandbox failed.
    Failed(SandboxError),
}

/// A worker, from outside. Dropping it lets the worker close its session.
pub(crate) struct Worker {
    commands: mpsc::UnboundedSender<Command>,
    ending: watch::Receiver<Option<Ending>>,
    task: AbortHandle,
}

/// The receiver of a new session's description.
pub(crate) type Opened = oneshot::Receiver<Outcome<mcp::ServerDescription>>;

impl Worker {
    /// Starts a worker on the current runtime.
    pub(crate) fn spawn(
        sandbox: Sandbox,
        options: mcp::SessionOptions,
        limits: SandboxLimits,
    ) -> (Self, Opened) {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (ended, ending) = watch::channel(None);
        let (opening, opened) = oneshot::channel();
        let task = tokio::spawn(async move {
            let ending = run(sandbox, options, &limits, opening, receiver).await;
            ended.send_replace(Some(ending));
        });
        (Self { commands, ending, task: task.abort_handle() }, opened)
    }

    /// Tells the worker something. A worker that has ended does not listen.
    pub(crate) fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
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

async fn run(
    sandbox: Sandbox,
    options: mcp::SessionOptions,
    limits: &SandboxLimits,
    opening: oneshot::Sender<Outcome<mcp::ServerDescription>>,
    commands: mpsc::UnboundedReceiver<Command>,
) -> Ending {
    let Sandbox { mut store, instance, cpu, memory, .. } = sandbox;
    let client = instance.sandbar_mcp_client();
    let living = store.run_concurrent(async |accessor| {
        live(accessor, client, options, limits, opening, commands).await
    });
    match cpu.watch(living).await.flatten() {
        Ok(()) => Ending::Closed,
        Err(_) if memory.refused() => Ending::Failed(SandboxError::Memory { limit: limits.memory }),
        Err(_) if cpu.exhausted() => Ending::Failed(SandboxError::Cpu { limit: limits.cpu_burst }),
        Err(trap) => Ending::Failed(SandboxError::trap(&trap)),
    }
}

/// The life of a session, inside of its store.
async fn live(
    accessor: &Accessor<State>,
    client: &McpClient,
    options: mcp::SessionOptions,
    limits: &SandboxLimits,
    opening: oneshot::Sender<Outcome<mcp::ServerDescription>>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) -> wasmtime::Result<()> {
    let session = match client.session().call_open(accessor, options).await? {
        Ok(session) => session,
        Err(error) => {
            let _ = opening.send(Err(error));
            return Ok(());
        }
    };
    let description = client.session().call_describe(accessor, session).await?;
    if opening.send(Ok(description)).is_ok() {
        serve(accessor, client, session, &mut commands).await?;
    }
    // A server that does not answer the farewell must not keep the sandbox.
    let exports = client.session();
    let farewell = exports.call_close(accessor, session);
    match tokio::time::timeout(limits.grace, farewell).await {
        Ok(closed) => closed.map(drop),
        Err(_elapsed) => Ok(()),
    }
}

/// Makes calls until the session is to be closed.
async fn serve(
    accessor: &Accessor<State>,
    client: &McpClient,
    session: ResourceAny,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) -> wasmtime::Result<()> {
    let exports = client.session();
    let mut running: FuturesUnordered<BoxFuture<'_, wasmtime::Result<()>>> = FuturesUnordered::new();
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Run(job)) => {
                    running.push(Box::pin(job.run(accessor, client, session)));
                }
                Some(Command::Cancel(call)) => {
                    running.push(Box::pin(exports.call_cancel(accessor, session, call)));
                }
                Some(Command::Close) | None => return Ok(()),
            },
            Some(ended) = running.next(), if !running.is_empty() => ended?,
        }
    }
}
