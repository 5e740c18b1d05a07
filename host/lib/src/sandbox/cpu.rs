//! The CPU limit of a store.
//!
//! Epochs interrupt a guest that computes; they say nothing about one that
//! waits. So the budget is for one burst: ticks that pass while the guest runs
//! count, and the count starts over as soon as it waits for something.

use crate::sandbox::limits::TICK;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use wasmtime::UpdateDeadline;

/// Counts the ticks of the current burst of one store.
#[derive(Clone, Debug)]
pub(crate) struct CpuBudget(Arc<Burst>);

#[derive(Debug)]
struct Burst {
    limit: u64,
    used: AtomicU64,
    yielded: AtomicBool,
    interrupted: AtomicBool,
    /// Ticks of all bursts, for statistics.
    total: AtomicU64,
}

impl CpuBudget {
    pub(crate) fn new(burst: Duration) -> Self {
        let ticks = burst.as_nanos().div_ceil(TICK.as_nanos());
        Self(Arc::new(Burst {
            limit: u64::try_from(ticks).unwrap_or(u64::MAX),
            used: AtomicU64::new(0),
            yielded: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            total: AtomicU64::new(0),
        }))
    }

    /// What happens at a tick that finds the guest running: it lets others run,
    /// and goes on if its burst is not over.
    pub(crate) fn tick(&self) -> UpdateDeadline {
        self.0.total.fetch_add(1, Ordering::Relaxed);
        if self.0.used.fetch_add(1, Ordering::Relaxed) >= self.0.limit {
            self.0.interrupted.store(true, Ordering::Relaxed);
            return UpdateDeadline::Interrupt;
        }
        self.0.yielded.store(true, Ordering::Relaxed);
        UpdateDeadline::Yield(1)
    }

    /// CPU time of the guest so far, to the nearest tick.
    pub(crate) fn used(&self) -> Duration {
        let ticks = u32::try_from(self.0.total.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        TICK.saturating_mul(ticks)
    }

    /// Whether the guest was interrupted for its burst.
    pub(crate) fn exhausted(&self) -> bool {
        self.0.interrupted.load(Ordering::Relaxed)
    }

    /// Watches the future that runs the guest: where it is pending for another
    /// reason than a tick, the guest waits, and its burst is over.
    pub(crate) fn watch<F: Future>(&self, future: F) -> Watched<F> {
        Watched { budget: self.clone(), future: Box::pin(future) }
    }
}

/// See [`CpuBudget::watch`].
pub(crate) struct Watched<F> {
    budget: CpuBudget,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let burst = Arc::clone(&self.budget.0);
        let polled = self.future.as_mut().poll(cx);
        if polled.is_pending() && !burst.yielded.swap(false, Ordering::Relaxed) {
            burst.used.store(0, Ordering::Relaxed);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn poll_once(budget: &CpuBudget, ticks: u64) -> bool {
        let mut interrupted = false;
        let mut watched = budget.watch(std::future::poll_fn(|_| {
            for _ in 0..ticks {
                interrupted |= matches!(budget.tick(), UpdateDeadline::Interrupt);
            }
            Poll::<()>::Pending
        }));
        let polled = Pin::new(&mut watched).poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        drop(watched);
        interrupted
    }

    /// Catches a budget that starts over with every yield, which a guest that
    /// spins for ever would pass.
    #[test]
    fn a_guest_that_only_yields_is_interrupted() {
        let budget = CpuBudget::new(TICK * 3);
        assert!(!poll_once(&budget, 1));
        assert!(!poll_once(&budget, 1));
        assert!(!poll_once(&budget, 1));
        assert!(poll_once(&budget, 1));
        assert!(budget.exhausted());
    }

    /// Catches a budget for the life of a session, which a long and honest one
    /// would run out of.
    #[test]
    fn a_guest_that_waits_starts_a_new_burst() {
        let budget = CpuBudget::new(TICK * 3);
        for _ in 0..10 {
            assert!(!poll_once(&budget, 2));
            assert!(!poll_once(&budget, 0));
        }
        assert!(!budget.exhausted());
    }
}
