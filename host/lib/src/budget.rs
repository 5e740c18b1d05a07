//! Bytes that the host holds for others, counted in one place: those of a call count for its session too,
//! and those of a session for the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An account of bytes with a limit, part of another one perhaps. Clones are the same account.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: usize,
    held: AtomicUsize,
    whole: Option<Budget>,
}

/// Bytes that count until this is dropped.
#[derive(Debug)]
#[must_use = "what is not kept is not counted"]
pub(crate) struct Held {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    /// An account of its own.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Account { limit, held: AtomicUsize::new(0), whole: None }))
    }

    /// A part of this account, with a limit of its own.
    pub(crate) fn part(&self, limit: usize) -> Self {
        let whole = Some(self.clone());
        Self(Arc::new(Account { limit, held: AtomicUsize::new(0), whole }))
    }

    /// Counts these bytes, if this account and all that it is part of have room for them.
    pub(crate) fn take(&self, bytes: usize) -> Option<Held> {
        let mut accounts = self.accounts();
        let refused = accounts.position(|account| !account.add(bytes));
        if let Some(refused) = refused {
            self.accounts().take(refused).for_each(|account| account.remove(bytes));
            return None;
        }
        Some(Held { budget: self.clone(), bytes })
    }

    /// Bytes that count now.
    pub(crate) fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    /// This account, and those that it is part of.
    fn accounts(&self) -> impl Iterator<Item = &Account> {
        std::iter::successors(Some(&*self.0), |account| {
            account.whole.as_ref().map(|whole| &*whole.0)
        })
    }
}

impl Account {
    fn add(&self, bytes: usize) -> bool {
        let more = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.limit);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn remove(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.accounts().for_each(|account| account.remove(self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches bytes that a part holds beyond what its whole has, and a refusal that leaves something
    /// counted.
    #[test]
    fn no_part_holds_more_than_its_whole() {
        let process = Budget::new(100);
        let (one, other) = (process.part(80), process.part(80));
        let held = one.take(70).unwrap();
        assert!(one.take(11).is_none());
        assert!(other.take(31).is_none());
        assert_eq!((process.held(), one.held(), other.held()), (70, 70, 0));
        let rest = other.take(30).unwrap();
        assert!(process.take(1).is_none());
        drop(held);
        assert_eq!((process.held(), one.held(), other.held()), (30, 0, 30));
        drop(rest);
        assert_eq!((process.held(), other.held()), (0, 0));
        assert!(one.take(usize::MAX).is_none());
        assert_eq!(one.held(), 0);
    }

    /// Catches a count that threads lose, or exceed for a moment.
    #[test]
    fn no_order_of_threads_exceeds_a_budget() {
        let process = Budget::new(64);
        std::thread::scope(|threads| {
            for thread in 1..=4_usize {
                let part = process.part(40);
                let process = process.clone();
                threads.spawn(move || {
                    for round in 0..2000 {
                        let held = part.take((thread * 7 + round) % 30);
                        assert!(process.held() <= 64 && part.held() <= 40);
                        drop(held);
                    }
                });
            }
        });
        assert_eq!(process.held(), 0);
    }
}
