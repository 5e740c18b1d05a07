//! Serving one connection of an executor inside of a store.

use crate::channel::Pipe;
use crate::sandbox::bindings::{ServedConnection, Serving};
use crate::sandbox::engine::Sandbox;
use crate::sandbox::error::SandboxError;
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::pipe::{Inlet, Outlet};
use wasmtime::component::StreamReader;

/// Serves until either side closes the connection.
pub(crate) async fn serve(
    sandbox: Sandbox,
    instance: Serving,
    connection: ServedConnection,
    pipe: Pipe,
    limits: &SandboxLimits,
) -> Result<(), SandboxError> {
    let Sandbox { mut store, cpu, memory, .. } = sandbox;
    let Pipe { incoming, outgoing } = pipe;
    let serving = store.run_concurrent(async |accessor| {
        let stream =
            accessor.with(|mut access| StreamReader::new(&mut access, Inlet::new(incoming)))?;
        let server = instance.sandbar_executor_server();
        let answers = server.call_serve(accessor, stream, connection).await?;
        let gone = outgoing.clone();
        let (outlet, end) = Outlet::new(outgoing);
        accessor.with(|mut access| answers.pipe(&mut access, outlet))?;
        tokio::select! {
            // The guest has closed its end.
            () = end.reached() => {}
            // Nobody takes what it writes, though it may have nothing to write.
            () = gone.closed() => {}
        }
        Ok(())
    });
    match cpu.watch(serving).await.flatten() {
        Ok(()) => Ok(()),
        Err(trap) => Err(SandboxError::of(&trap, &memory, &cpu, limits)),
    }
}
