//! Limits of a listening executor, with their reasons.

use std::time::Duration;

/// From a connection to its WebSocket, or to the one answer that it gets instead. 10 s: a client has
/// nothing to think about in between.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);

/// Connections that a listener serves at a time. 64: each has a sandbox of its
/// own, and those who share an executor share a connection.
pub(super) const CONNECTIONS: usize = 64;

/// Connections that may be in their HTTP handshake at a time; another takes the place of one. 256: each
/// holds some 20 KiB, and so many must come within one round trip of a client to keep it out.
pub(super) const HANDSHAKES: usize = 256;

/// Bytes of the head of a handshake: 16 KiB, what a bearer and the fields of a few proxies need.
pub(super) const HEAD_BYTES: usize = 16 * 1024;

/// Before a client without the right token is told. 500 ms: whoever mistyped it does not notice, and
/// whoever guesses gets 500 in a second, of all places together.
pub(super) const REFUSAL_DELAY: Duration = Duration::from_millis(500);

/// Characters of a token: 16, which nobody guesses at that pace.
pub(super) const TOKEN: usize = 16;

/// Between two attempts to accept a connection when the first one failed: 100 ms,
/// for descriptors to be returned in, and too short to notice.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
