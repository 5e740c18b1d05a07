//! The memory limit of a store.

use crate::sandbox::limits::TABLE_ELEMENTS;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use wasmtime::ResourceLimiter;

/// What a store's memories have used so far, readable from outside the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryUse(Arc<Use>);

#[derive(Debug, Default)]
struct Use {
    peak: AtomicUsize,
    refused: AtomicBool,
}

impl MemoryUse {
    /// The most that was in use at a time, in bytes.
    pub(crate) fn peak(&self) -> usize {
        self.0.peak.load(Ordering::Relaxed)
    }

    /// Whether the guest was refused memory. A guest whose allocation fails
    /// traps; this is how the trap gets its reason.
    pub(crate) fn refused(&self) -> bool {
        self.0.refused.load(Ordering::Relaxed)
    }
}

/// Bounds the linear memories of a store, all of them together.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    limit: usize,
    used: usize,
    seen: MemoryUse,
}

impl MemoryLimit {
    pub(crate) const fn new(limit: usize, seen: MemoryUse) -> Self {
        Self { limit, used: 0, seen }
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.used.saturating_sub(current).saturating_add(desired);
        if total > self.limit {
            self.seen.0.refused.store(true, Ordering::Relaxed);
            return Ok(false);
        }
        self.used = total;
        self.seen.0.peak.fetch_max(total, Ordering::Relaxed);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Catches a limiter that holds each memory to the limit and not their sum,
    /// so that a composition of two guests gets twice the memory.
    #[test]
    fn memories_count_together() {
        let seen = MemoryUse::default();
        let mut limit = MemoryLimit::new(100, seen.clone());
        assert!(limit.memory_growing(0, 60, None).unwrap());
        assert!(!limit.memory_growing(0, 60, None).unwrap());
        assert!(seen.refused());
        assert!(limit.memory_growing(0, 40, None).unwrap());
        assert!(!limit.memory_growing(60, 61, None).unwrap());
        assert_eq!(seen.peak(), 100);
    }
}
