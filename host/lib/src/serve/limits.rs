//! Limits of a listening executor, with their reasons.

use std::time::Duration;

/// For the head of a client's HTTP request. 10 s: a client has nothing to think
/// about before it.
pub(super) const HEAD: Duration = Duration::from_secs(10);

/// Connections that a listener serves at a time. 64: each has a sandbox of its
/// own, and those who share an executor share a connection.
pub(super) const CONNECTIONS: usize = 64;

/// Connections that may be in their HTTP handshake at a time.
pub(super) const HANDSHAKES: usize = 64;

/// Between two attempts to accept a connection when the first one failed: 100 ms,
/// for descriptors to be returned in, and too short to notice.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
