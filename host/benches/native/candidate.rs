//! The candidate: a sandboxed session.

use anyhow::{Context as _, Result, bail, ensure};
use sandbar::types::{Content, Era};
use sandbar::{Builder, ConnectOptions, Sandbar, Session};

/// More than any result here, 64 MiB as JSON included.
const MESSAGE_BYTES: u64 = 256 * 1024 * 1024;

/// Linear memory for such results: each is held a few times over.
const MEMORY_BYTES: usize = 1024 * 1024 * 1024;

/// A builder whose components are compiled once for all runs.
pub(crate) fn builder() -> Builder {
    Sandbar::builder().cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/components"))
}

/// A sandbox that has room for the largest results here.
pub(crate) fn roomy() -> Result<Sandbar> {
    let mut limits = sandbar::SandboxLimits::default();
    limits.memory = MEMORY_BYTES;
    limits.sessions = 4;
    Ok(builder().limits(limits).build()?)
}

/// Opens a session in one era, without asking for it.
pub(crate) async fn connect(sandbar: &Sandbar, url: &str, era: Era) -> Result<Session> {
    let options = ConnectOptions::new(url).era(era).max_message_bytes(MESSAGE_BYTES);
    sandbar.connect_with(options).await.context("sandbar cannot connect")
}

/// Calls a tool and returns the size of its text.
pub(crate) async fn call(session: &Session, tool: &str, arguments: &str) -> Result<usize> {
    let result = session.call_tool(tool, Some(arguments.to_owned())).await?;
    ensure!(!result.is_error, "{tool} failed");
    match result.content.as_slice() {
        [Content::Text(text)] => Ok(text.len()),
        other => bail!("one text expected, got {} contents", other.len()),
    }
}

/// Calls `count` and checks that every step is reported, in order, before the call returns.
pub(crate) async fn count(session: &Session, steps: u32) -> Result<()> {
    let arguments = format!(r#"{{"steps":{steps}}}"#);
    let mut call = session.call_tool("count", Some(arguments)).with_progress().start().await?;
    let mut seen = 0;
    while let Some(notification) = call.notification().await {
        if let Some(progress) = notification.progress {
            seen += 1;
            ensure!(progress.progress == f64::from(seen), "step {seen} came out of order");
        }
    }
    call.await?;
    ensure!(seen == steps, "{seen} of {steps} steps were reported");
    Ok(())
}
