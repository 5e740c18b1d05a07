//! The CPU limit of a store.
//!
//! Epochs interrupt a guest that computes; they say nothing about one that
//! waits. So one budget is for a burst: ticks that pass while the guest runs
//! count, and the count starts over as soon as it waits for something. The other
//! is for a window, whatever the guest waits for: who has used it up is slowed down.

use crate::sandbox::limits::{SandboxLimits, TICK};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use wasmtime::UpdateDeadline;

/// Counts the ticks of the current burst of one store.
#[derive(Clone, Debug)]
pub(crate) struct CpuBudget(Arc<Burst>);

#[derive(Debug)]
struct Burst {
    limit: u64,
    used: AtomicU64,
    yielded: AtomicBool,
    /// Whether it is being slowed down, which is no wait of its own.
    pausing: AtomicBool,
    share: Mutex<Share>,
    interrupted: AtomicBool,
    /// Ticks of all bursts, for statistics.
    total: AtomicU64,
}

impl CpuBudget {
    pub(crate) fn new(limits: &SandboxLimits) -> Self {
        let ticks = limits.cpu_burst.as_nanos().div_ceil(TICK.as_nanos());
        let share = Share::new(limits.cpu_per_window, limits.cpu_window, Instant::now());
        Self(Arc::new(Burst {
            limit: u64::try_from(ticks).unwrap_or(u64::MAX),
            used: AtomicU64::new(0),
            yielded: AtomicBool::new(false),
            pausing: AtomicBool::new(false),
            share: Mutex::new(share),
            interrupted: AtomicBool::new(false),
            total: AtomicU64::new(0),
        }))
    }

    /// What happens at a tick that finds the guest running: it lets others run,
    /// and goes on if its burst is not over, later if it has had more than its share.
    pub(crate) fn tick(&self) -> UpdateDeadline {
        self.0.total.fetch_add(1, Ordering::Relaxed);
        if self.0.used.fetch_add(1, Ordering::Relaxed) >= self.0.limit {
            self.0.interrupted.store(true, Ordering::Relaxed);
            return UpdateDeadline::Interrupt;
        }
        self.0.yielded.store(true, Ordering::Relaxed);
        let mut share = self.0.share.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = share.spend(TICK, Instant::now());
        drop(share);
        if pause.is_zero() {
            return UpdateDeadline::Yield(1);
        }
        self.0.pausing.store(true, Ordering::Relaxed);
        let burst = Arc::clone(&self.0);
        UpdateDeadline::YieldCustom(
            1,
            Box::pin(async move {
                tokio::time::sleep(pause).await;
                burst.pausing.store(false, Ordering::Relaxed);
            }),
        )
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
        let waits =
            !burst.yielded.swap(false, Ordering::Relaxed) && !burst.pausing.load(Ordering::Relaxed);
        if polled.is_pending() && waits {
            burst.used.store(0, Ordering::Relaxed);
        }
        polled
    }
}

/// The share of a CPU that a guest has over time: a bucket that fills at that pace.
#[derive(Debug)]
struct Share {
    per_window: Duration,
    window: Duration,
    left: Duration,
    filled: Instant,
}

impl Share {
    fn new(per_window: Duration, window: Duration, now: Instant) -> Self {
        Self { per_window, window: window.max(TICK), left: per_window, filled: now }
    }

    /// Takes this much CPU time; says how long to wait before more of it.
    fn spend(&mut self, time: Duration, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.filled).min(self.window);
        self.filled = now;
        let pace = self.per_window.as_secs_f64() / self.window.as_secs_f64();
        self.left = self.left.saturating_add(passed.mul_f64(pace)).min(self.per_window);
        if let Some(left) = self.left.checked_sub(time) {
            self.left = left;
            return Duration::ZERO;
        }
        let missing = time.saturating_sub(self.left);
        self.left = Duration::ZERO;
        // What is missing has come after that long, and is for this; without any share, a window.
        let pause = if pace > 0.0 { missing.div_f64(pace).min(self.window) } else { self.window };
        self.filled = now.checked_add(pause).unwrap_or(now);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn budget(burst: Duration) -> CpuBudget {
        CpuBudget::new(&SandboxLimits { cpu_burst: burst, ..SandboxLimits::default() })
    }

    /// Catches a guest that yields every few milliseconds, so that no burst is ever over, and has a
    /// thread to itself for ever; and one that is slowed down within its share.
    #[test]
    fn a_guest_that_never_stops_gets_its_share_of_a_window() {
        let second = Duration::from_secs(1);
        let begun = Instant::now();
        let mut share = Share::new(45 * second, 60 * second, begun);
        let (mut now, mut used, mut first_pause) = (begun, Duration::ZERO, None);
        while now < begun + 600 * second {
            used += TICK;
            let pause = share.spend(TICK, now + TICK);
            if !pause.is_zero() {
                first_pause.get_or_insert(now - begun);
                assert!(pause < 2 * TICK, "{pause:?}");
            }
            now += TICK + pause;
        }
        // Three quarters of ten minutes, and what it had at the beginning.
        assert!(used <= 496 * second && used >= 490 * second, "{used:?}");
        assert!(first_pause.is_some_and(|after| after > 150 * second), "{first_pause:?}");
        // A guest that uses less is never slowed down.
        let mut share = Share::new(45 * second, 60 * second, now);
        for tick in 1..100_000 {
            assert!(share.spend(TICK, now + 2 * tick * TICK).is_zero());
        }
    }

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
        let budget = budget(TICK * 3);
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
        let budget = budget(TICK * 3);
        for _ in 0..10 {
            assert!(!poll_once(&budget, 2));
            assert!(!poll_once(&budget, 0));
        }
        assert!(!budget.exhausted());
    }
}
