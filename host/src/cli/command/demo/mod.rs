//! `sandbar demo`: an MCP server in this process, and a conversation with it through the sandbox.
//!
//! Whatever the demo says, it checks: a demo that ends well is a test that passed.

mod elsewhere;
mod narration;
mod steps;

use crate::cli::connection::sandbar;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::interrupt::interruptible;
use narration::say;
use sandbar::Sandbar;
use sandbar::components::{MCP_LOCAL, imports};
use sandbar::demo::{DemoOptions, DemoServer};
use std::time::Instant;

/// Runs the demo.
pub(crate) async fn run() -> Result<u8, Failure> {
    interruptible(None, conversation()).await?;
    Ok(exit::OK)
}

async fn conversation() -> Result<(), Failure> {
    let sandbar = sandbox()?;
    let server = start().await?;
    let session = steps::connect(&sandbar, &server.url()).await?;
    steps::list(&session).await?;
    steps::count(&session).await?;
    steps::large(&session).await?;
    let stats = session.stats();
    session.close().await;
    elsewhere::redirect(&sandbar).await?;
    steps::account(&stats, &server)?;
    server.stop().await;
    Ok(())
}

fn sandbox() -> Result<Sandbar, Failure> {
    let begun = Instant::now();
    let sandbar = sandbar(None)?;
    let ready = begun.elapsed();
    let bytes = MCP_LOCAL.bytes.len();
    say(
        "sandbox",
        &format!("{}, {bytes} bytes of WebAssembly, ready in {ready:.1?}", MCP_LOCAL.name),
    )?;
    say("", "it imports this, and can do nothing else but compute:")?;
    for import in imports(MCP_LOCAL.bytes)? {
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
