//! Serving one agent inside of a store.

use crate::channel::Pipe;
use crate::sandbox::bindings::{Proxying, mcp};
use crate::sandbox::engine::Sandbox;
use crate::sandbox::error::SandboxError;
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::pipe::{Inlet, Outlet};
use wasmtime::component::StreamReader;

/// Serves until the agent closes its end and has been given what it is owed, or until `stop`. Either
/// way the server hears that nobody is there any more, within the grace of the limits.
///
/// The error of the guest is one of options that cannot be sent.
pub(crate) async fn serve(
    sandbox: Sandbox,
    instance: Proxying,
    options: mcp::UpstreamOptions,
    pipe: Pipe,
    stop: impl Future<Output = ()> + Send,
    limits: &SandboxLimits,
) -> Result<Result<(), mcp::Error>, SandboxError> {
    let Sandbox { mut store, cpu, memory, .. } = sandbox;
    let Pipe { incoming, outgoing } = pipe;
    let serving = store.run_concurrent(async |accessor| {
        let stream =
            accessor.with(|mut access| StreamReader::new(&mut access, Inlet::new(incoming)))?;
        let agents = instance.sandbar_mcp_stdio().agent();
        let (agent, lines) = match agents.call_serve(accessor, stream, options).await? {
            Ok(serving) => serving,
            Err(error) => return Ok(Err(error)),
        };
        let gone = outgoing.clone();
        let (outlet, end) = Outlet::new(outgoing);
        accessor.with(|mut access| lines.pipe(&mut access, outlet))?;
        tokio::select! {
            // The guest has closed its end, after the agent did, or because nobody takes its lines.
            () = end.reached() => if !gone.is_closed() { return Ok(Ok(())) },
            // Nobody takes what it writes, though it may have nothing to write.
            () = gone.closed() => {}
            () = stop => {}
        }
        // A server that does not answer must not keep the sandbox.
        match tokio::time::timeout(limits.grace, agents.call_finish(accessor, agent)).await {
            Ok(finished) => finished.map(Ok),
            Err(_elapsed) => Ok(Ok(())),
        }
    });
    match cpu.watch(serving).await.flatten() {
        Ok(outcome) => Ok(outcome),
        Err(trap) => Err(SandboxError::of(&trap, &memory, &cpu, limits)),
    }
}
