//! Ctrl-C, and the deadline of a command.

use crate::exit;
use crate::failure::Failure;
use std::time::Duration;

/// Runs `work` until it is done, Ctrl-C is pressed, or the deadline passes. What is not done is
/// dropped, and with it the calls that it made. From the first Ctrl-C on a second one ends the
/// process at once: whatever is cleaned up meanwhile may hang as well.
pub(crate) async fn interruptible<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        // In this order: before the work begins, Ctrl-C must be ours to handle.
        biased;
        pressed = tokio::signal::ctrl_c() => {
            pressed.map_err(|source| Failure::Process { what: "listen for Ctrl-C", source })?;
            tokio::spawn(exit_at_the_next());
            Err(Failure::Interrupted)
        }
        done = within(timeout, work) => done,
    }
}

async fn within<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(after) = timeout else { return work.await };
    tokio::time::timeout(after, work).await.unwrap_or(Err(Failure::Timeout { after }))
}

async fn exit_at_the_next() {
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(exit::INTERRUPTED.into());
    }
}
