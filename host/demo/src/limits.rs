//! What one call may ask of the demo server. It runs inside the caller's process, so a typing
//! error in a tool argument must not take that process down.

use std::time::Duration;

/// Largest text that `large` returns, in bytes. Enough to hold the 60 MB result that breaks
/// other clients; small enough that a few of them fit in memory at once.
pub(super) const MAX_TEXT_BYTES: u32 = 64 * 1024 * 1024;

/// Most progress notifications that one `count` sends. The event stream that breaks other clients
/// has as many.
pub(super) const MAX_STEPS: u32 = 200_000;

/// Longest pause between two steps of `count`, in milliseconds. A minute is longer than any
/// idle timeout worth demonstrating.
pub(super) const MAX_STEP_DELAY_MS: u32 = 60_000;

/// How long [`stop`](super::DemoServer::stop) waits for open connections to end by themselves.
/// Streams and sessions end at once when the server stops; only a peer that never finishes
/// sending its request can use all of it.
pub(super) const DRAIN: Duration = Duration::from_secs(5);
