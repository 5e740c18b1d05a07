//! What a dialer has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

/// A snapshot of the counters of a [`Dialer`](super::Dialer) since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialStats {
    /// TCP connections that were established.
    pub connections_opened: u64,
    /// Requests that passed the policy and were handed to a connection or to the wait for one.
    pub requests_sent: u64,
    /// Bytes read from sockets: heads, framing and TLS records included.
    pub bytes_received: u64,
}

/// The live counters behind [`DialStats`]. They order nothing, so relaxed access is enough.
#[derive(Debug, Default)]
pub(super) struct Counters {
    connections_opened: AtomicU64,
    requests_sent: AtomicU64,
    bytes_received: AtomicU64,
}

impl Counters {
    pub(super) fn connection_opened(&self) {
        self.connections_opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn request_sent(&self) {
        self.requests_sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn bytes_received(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes_received.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> DialStats {
        DialStats {
            connections_opened: self.connections_opened.load(Ordering::Relaxed),
            requests_sent: self.requests_sent.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
        }
    }
}
