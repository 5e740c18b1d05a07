use core::time::Duration;

/// How much may leave by when: a burst at once, and after it at a steady rate.
///
/// Tokens stand for whatever is counted, deltas or bytes. The bucket is full at first. It may be
/// overdrawn: something that needs more tokens than there are leaves as soon as there is one, and
/// what it owes delays the next. In any span of time no more is therefore taken than a full
/// bucket, what flows in during the span, and one such debt.
///
/// Times are counted from a moment that the caller chooses and keeps to.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    interval: Duration,
    /// What an empty bucket takes to hold all tokens but one; with that one, something may leave.
    wait_for_others: Duration,
    /// When the bucket is full if nothing more is taken.
    full_at: Duration,
}

impl TokenBucket {
    /// A full bucket of `capacity` tokens, which regains one each `interval`.
    pub const fn new(capacity: u32, interval: Duration) -> Self {
        let wait_for_others = interval.saturating_mul(capacity.saturating_sub(1));
        Self { interval, wait_for_others, full_at: Duration::ZERO }
    }

    /// When the bucket holds a token, if nothing more is taken: before now if it holds some.
    pub const fn ready_at(&self) -> Duration {
        self.full_at.saturating_sub(self.wait_for_others)
    }

    /// Takes tokens, also ones that are not there yet.
    pub fn take(&mut self, now: Duration, tokens: u32) {
        let regained_after = self.interval.saturating_mul(tokens);
        self.full_at = self.full_at.max(now).saturating_add(regained_after);
    }
}
