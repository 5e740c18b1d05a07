//! What the server has seen so far, shared between its sessions and its owner.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// Counters that every session adds to.
#[derive(Debug)]
pub(super) struct Activity {
    connections: AtomicU64,
    slow_calls: watch::Sender<u64>,
    cancelled_calls: watch::Sender<u64>,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            connections: AtomicU64::new(0),
            slow_calls: watch::Sender::new(0),
            cancelled_calls: watch::Sender::new(0),
        }
    }

    pub(super) fn connection_accepted(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) fn slow_call_started(&self) {
        self.slow_calls.send_modify(|count| *count += 1);
    }

    pub(super) fn call_cancelled(&self) {
        self.cancelled_calls.send_modify(|count| *count += 1);
    }

    pub(super) fn slow_calls(&self) -> watch::Receiver<u64> {
        self.slow_calls.subscribe()
    }

    pub(super) fn cancelled_calls(&self) -> watch::Receiver<u64> {
        self.cancelled_calls.subscribe()
    }
}
