//! Limits of executor connections, with their reasons.

use std::time::Duration;

/// Bytes of one message on a WebSocket, whole or fragmented. What the protocol
/// allows a message at all.
pub(super) const MESSAGE_BYTES: usize = sandbar_protocol::limits::MAX_MESSAGE_BYTES;

/// How often an idle peer is asked for a sign of life. 30 s: what stock
/// executors do, and below the idle timeouts of the usual middleboxes.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long a peer may be silent while we wait for it. Three pings: two may be
/// lost to a network that is changing.
pub(super) const DEAD_PEER: Duration = Duration::from_secs(95);

/// For a connection to an executor, TLS and handshake included. 10 s, as for any
/// other connection.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

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

/// Bytes that a pipe reads at a time.
pub(super) const READ_BYTES: usize = 64 * 1024;

/// Exchanges of one executor at a time. 1000 slow streams are a use that it is
/// made for; the delta protocol allows 1024.
pub(super) const EXCHANGES: usize = 1024;
