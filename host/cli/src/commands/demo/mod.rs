//! `sandbar demo`: an MCP server in this process, and a conversation with it through the sandbox.
//!
//! Whatever the demo says, it checks: a demo that ends well is a test that passed.

use crate::args::{DemoArgs, PluginArgs};
use crate::connection::sandbar;
use crate::failure::{Failure, exit};
use crate::process::interruptible;
use crate::show::stdout;
use elsewhere::{Elsewhere, ExecutorProcess};
use sandbar::components::{Component, MCP, MCP_REMOTE, imports};
use sandbar::executor::Target;
use sandbar::{Sandbar, SessionStats};
use sandbar_demo::{DemoOptions, DemoServer};
use std::time::Instant;

mod elsewhere;
mod steps;

/// Runs the demo.
pub(crate) async fn run(args: &DemoArgs) -> Result<u8, Failure> {
    interruptible(None, async {
        if args.remote { through_an_executor().await } else { from_here().await }
    })
    .await?;
    Ok(exit::OK)
}

/// This process dials.
async fn from_here() -> Result<(), Failure> {
    let sandbar = sandbox(&MCP, Target::Local)?;
    let (server, elsewhere) = (start().await?, Elsewhere::start().await?);
    let stats = conversation(&sandbar, &server, elsewhere).await?;
    steps::dialled_here(&stats, &server)?;
    steps::usage(&stats)?;
    server.stop().await;
    Ok(())
}

/// Another process dials.
async fn through_an_executor() -> Result<(), Failure> {
    let (server, elsewhere) = (start().await?, Elsewhere::start().await?);
    let executor = ExecutorProcess::start(&[&server.url(), elsewhere.url()]).await?;
    executor.introduce()?;
    let sandbar = sandbox(&MCP_REMOTE, executor.target()?)?;
    let stats = conversation(&sandbar, &server, elsewhere).await?;
    executor.dialled(&stats, &server)?;
    steps::usage(&stats)?;
    executor.stop().await?;
    server.stop().await;
    Ok(())
}

async fn conversation(
    sandbar: &Sandbar,
    server: &DemoServer,
    elsewhere: Elsewhere,
) -> Result<SessionStats, Failure> {
    let session = steps::connect(sandbar, &server.url()).await?;
    steps::list(&session).await?;
    steps::count(&session).await?;
    steps::large(&session).await?;
    let stats = session.stats();
    session.close().await;
    elsewhere.attack(sandbar).await?;
    Ok(stats)
}

fn sandbox(component: &Component, target: Target) -> Result<Sandbar, Failure> {
    let begun = Instant::now();
    let sandbar = sandbar(None, target, None, &PluginArgs::default())?;
    let ready = begun.elapsed();
    let (name, bytes) = (component.name, component.bytes.len());
    say("sandbox", &format!("{name}, {bytes} bytes of WebAssembly, ready in {ready:.1?}"))?;
    say("", "it imports this, and can do nothing else but compute:")?;
    for import in imports(component.bytes)? {
        say("", &format!("  {import}"))?;
    }
    Ok(sandbar)
}

async fn start() -> Result<DemoServer, Failure> {
    let server = DemoServer::start(DemoOptions::default())
        .await
        .map_err(|source| Failure::Process { what: "start the demo server", source })?;
    say("server", &format!("the MCP SDK for Rust (rmcp), in this process, at {}", server.url()))?;
    Ok(server)
}

/// Writes a line: a topic, or none where the line goes on with the topic before, and a text.
fn say(topic: &str, text: &str) -> Result<(), Failure> {
    stdout::text(&format!("{topic:9} {text}"))
}

/// Fails the demo unless what was found is what was expected.
fn check<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::Demo { expected: format!("{what} {expected:?}"), found: format!("{found:?}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a demo that claims what it has not found.
    #[test]
    fn a_check_fails_on_any_difference() {
        assert!(check("steps", &[1, 2], &[1, 2]).is_ok());
        assert!(matches!(check("steps", &[2, 1], &[1, 2]), Err(Failure::Demo { .. })));
    }
}
