//! Limits of connections to an executor, at either end, with their reasons.

use std::time::Duration;

/// Bytes of one message on a WebSocket, whole or fragmented. What the protocol
/// allows a message at all.
pub(super) const MESSAGE_BYTES: usize = sandbar_protocol::limits::MAX_MESSAGE_BYTES;

/// How often an idle peer is asked for a sign of life. 30 s: what stock
/// executors do, and below the idle timeouts of the usual middleboxes.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long a peer may be silent while we wait for it: no byte. Three pings: two may be
/// lost to a network that is changing.
pub(super) const DEAD_PEER: Duration = Duration::from_secs(95);

/// How long a peer may take nothing of what there is for it: no byte. 60 s: a program that is stopped for a
/// moment goes on, and what it asked for is held meanwhile, sockets to servers among the rest.
pub(super) const STALLED_PEER: Duration = Duration::from_secs(60);

/// For the end of a WebSocket: saying why, and hearing the peer's answer. 2 s: a peer that lives answers
/// at once, and nobody waits for it.
pub(super) const CLOSE: Duration = Duration::from_secs(2);

/// For a connection to an executor, TLS and handshake included. 10 s, as for any
/// other connection.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// Bytes that a pipe reads at a time.
pub(super) const READ_BYTES: usize = 64 * 1024;

/// Chunks between a pipe and who carries it: one in hand and one on the way keep both sides busy.
pub(crate) const CHUNKS: usize = 2;
