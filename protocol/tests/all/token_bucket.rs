//! How much may leave by when.

use std::time::Duration;

use proptest::prelude::*;
use sandbar_protocol::delta::TokenBucket;

const INTERVAL: Duration = Duration::from_millis(10);

/// Takes tokens one by one for as long as there are some; says how many there were.
fn drain(bucket: &mut TokenBucket, now: Duration) -> u32 {
    let mut taken = 0;
    while bucket.ready_at() <= now {
        bucket.take(now, 1);
        taken += 1;
    }
    taken
}

/// Catches a bucket that is empty at first, that gives one token too many, or that regains its
/// tokens all at once.
#[test]
fn a_full_bucket_is_a_burst_and_then_a_rate() {
    let start = Duration::from_secs(5);
    let mut bucket = TokenBucket::new(3, INTERVAL);
    assert_eq!(drain(&mut bucket, start), 3);
    assert_eq!(bucket.ready_at(), start + INTERVAL);
    assert_eq!(drain(&mut bucket, start + INTERVAL - Duration::from_nanos(1)), 0);
    assert_eq!(drain(&mut bucket, start + INTERVAL), 1);
    assert_eq!(drain(&mut bucket, start + 3 * INTERVAL), 2);
}

/// Catches a bucket that saves up more than it holds while nothing is taken.
#[test]
fn a_long_silence_fills_a_bucket_and_no_more() {
    let mut bucket = TokenBucket::new(3, INTERVAL);
    drain(&mut bucket, Duration::ZERO);
    assert_eq!(drain(&mut bucket, Duration::from_secs(3600)), 3);
}

/// Catches a debt that is forgotten, and one that stops something which a single token allows.
#[test]
fn what_is_overdrawn_delays_the_next() {
    let mut bucket = TokenBucket::new(4, INTERVAL);
    bucket.take(Duration::ZERO, 3);
    assert!(bucket.ready_at() <= Duration::ZERO);
    bucket.take(Duration::ZERO, 10);
    assert_eq!(bucket.ready_at(), 10 * INTERVAL);
}

proptest! {
    /// Catches every order of bursts and pauses in which more leaves than was promised.
    #[test]
    fn no_span_of_time_sees_more_than_a_burst_a_rate_and_a_debt(
        capacity in 1_u32..50,
        steps in prop::collection::vec((0_u64..100_000_000, 1_u32..20), 1..100),
    ) {
        let mut bucket = TokenBucket::new(capacity, INTERVAL);
        let mut now = Duration::ZERO;
        let mut taken: Vec<(Duration, u32)> = Vec::new();
        for (pause, tokens) in steps {
            now += Duration::from_nanos(pause);
            if bucket.ready_at() <= now {
                bucket.take(now, tokens);
                taken.push((now, tokens));
            }
        }
        for (first, &(start, _)) in taken.iter().enumerate() {
            let mut sum = 0;
            for &(at, tokens) in &taken[first..] {
                sum += tokens;
                let rate = (at - start).as_nanos() / INTERVAL.as_nanos();
                prop_assert!(u128::from(sum) < u128::from(capacity) + rate + u128::from(tokens) + 1);
            }
        }
    }
}
