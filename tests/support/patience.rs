//! Waiting for what must happen, with a name for it when it does not.

use std::time::Duration;

use super::limits::PATIENCE;

/// Waits for `event`, which must happen.
///
/// # Panics
///
/// When it did not happen in [`PATIENCE`]; `what` completes the sentence "waited for ...".
pub(crate) async fn wait_for<T>(what: &str, event: impl Future<Output = T>) -> T {
    wait_at_most(PATIENCE, what, event).await
}

/// Like [`wait_for`], for events that may take longer.
pub(crate) async fn wait_at_most<T>(
    limit: Duration,
    what: &str,
    event: impl Future<Output = T>,
) -> T {
    match tokio::time::timeout(limit, event).await {
        Ok(value) => value,
        Err(_) => panic!("waited {} s for {what}", limit.as_secs()),
    }
}
