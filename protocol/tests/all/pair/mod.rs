//! Both ends of a connection, over a link that splits, delays and stops, in virtual time.

mod link;
mod simulator;

use proptest::prelude::*;
use sandbar_exchange::{ErrorCode, Failure};
use sandbar_protocol::extensions::{Extension, Extensions};
use sandbar_protocol::limits::{MAX_WINDOW_BYTES, RECEIVE_HIGH_WATER_BYTES, SEND_BUFFER_BYTES};

use link::LinkScript;
use simulator::{CallScript, Ending, Outcome, Pair};

/// Longer than any script takes, unless it stands still.
const PATIENCE: u64 = 200_000;

fn call() -> impl Strategy<Value = CallScript> {
    let ending = prop_oneof![
        6 => Just(Ending::Complete),
        2 => Just(Ending::Broken),
        1 => Just(Ending::Refused),
    ];
    let cancel = prop::option::weighted(0.2, 0_u64..60);
    (0_usize..300_000, 1_usize..80_000, ending, 1_usize..100_000, 0_u64..5, cancel).prop_map(
        |(body, chunk, ending, read, pause, cancel_at)| CallScript {
            body,
            chunk,
            ending,
            read,
            pause: Some(pause),
            cancel_at,
        },
    )
}

fn link() -> impl Strategy<Value = LinkScript> {
    (1_usize..40_000, 0_u64..4, 1_usize..60_000).prop_map(|(packet, delay, capacity)| LinkScript {
        packet,
        delay,
        capacity,
    })
}

fn extensions() -> impl Strategy<Value = Extensions> {
    let each = [
        Extension::Cancel,
        Extension::Credit,
        Extension::Errors,
        Extension::Timeouts,
        Extension::Fields,
    ];
    let some = prop::sample::subsequence(each.to_vec(), 0..=each.len());
    some.prop_map(|chosen| chosen.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Catches bytes that are lost, repeated or reordered between streams, ends that are clean
    /// without the whole body or unclean with it, and calls that never end.
    #[test]
    fn every_call_ends_as_its_upstream_did(
        calls in prop::collection::vec(call(), 1..8),
        extensions in extensions(),
        there in link(),
        back in link(),
    ) {
        let mut pair = Pair::new(extensions, there, back);
        calls.iter().for_each(|script| pair.request(script.clone()));
        prop_assert!(pair.run_until_settled(PATIENCE), "stands still");
        for (script, outcome) in calls.iter().zip(pair.outcomes()) {
            check(script, outcome, extensions)?;
        }
        prop_assert!(
            !extensions.contains(Extension::Cancel) || pair.live_upstreams() == 0,
            "an upstream outlives its call"
        );
    }

    /// Catches a cut connection that looks like a clean end or a wrong number, that loses what
    /// was received, or that leaves an upstream running.
    #[test]
    fn a_cut_connection_ends_every_call(
        calls in prop::collection::vec(call(), 1..6),
        extensions in extensions(),
        there in link(),
        back in link(),
        cut_at in 0_u64..100,
    ) {
        let mut pair = Pair::new(extensions, there, back);
        calls.iter().for_each(|script| pair.request(script.clone()));
        pair.run_until(cut_at);
        pair.cut();
        prop_assert!(pair.run_until_settled(PATIENCE), "stands still");
        for (script, outcome) in calls.iter().zip(pair.outcomes()) {
            let disconnected = matches!(
                &outcome.end,
                Some(Err(Failure { code: ErrorCode::Disconnected(reason), .. })) if reason == "cut"
            );
            if !disconnected {
                check(script, outcome, extensions)?;
            }
        }
        prop_assert_eq!(pair.live_upstreams(), 0);
    }
}

fn check(
    script: &CallScript,
    outcome: &Outcome,
    extensions: Extensions,
) -> Result<(), TestCaseError> {
    // That what was delivered is a prefix of the body is checked as it is read.
    let Some(end) = &outcome.end else {
        prop_assert!(outcome.cancelled, "a call without an end");
        return Ok(());
    };
    match (script.ending, end) {
        (Ending::Complete, Ok(summary)) => {
            prop_assert_eq!(summary.bytes, Some(script.body as u64));
            prop_assert_eq!(outcome.delivered, script.body);
        }
        (Ending::Broken, Err(failure)) => {
            prop_assert_eq!(outcome.delivered, script.body);
            let typed = failure.code == ErrorCode::IdleTimeout;
            prop_assert_eq!(typed, extensions.contains(Extension::Errors), "{:?}", failure);
        }
        (Ending::Refused, Err(failure)) => {
            prop_assert_eq!(outcome.delivered, 0);
            let typed = *failure == Failure::unsent(ErrorCode::ConnectionRefused);
            prop_assert_eq!(typed, extensions.contains(Extension::Errors), "{:?}", failure);
        }
        (ending, end) => prop_assert!(false, "{ending:?} became {end:?}"),
    }
    Ok(())
}

/// More than a client holds unread.
const LARGE: usize = RECEIVE_HIGH_WATER_BYTES * 3 / 2;

fn steady(body: usize, pause: Option<u64>) -> CallScript {
    CallScript {
        body,
        chunk: 256 * 1024,
        ending: Ending::Complete,
        read: 256 * 1024,
        pause,
        cancel_at: None,
    }
}

fn wide() -> LinkScript {
    LinkScript { packet: 64 * 1024, delay: 1, capacity: 256 * 1024 }
}

/// Catches flow control that is shared by the streams of a connection, and a window that does
/// not hold a sender back.
#[test]
fn with_credit_a_body_that_nobody_reads_stalls_nobody() {
    let mut pair = Pair::new(Extensions::all(), wide(), wide());
    pair.request(steady(LARGE, None));
    pair.request(steady(LARGE, Some(0)));
    assert!(pair.run_until_settled(PATIENCE));
    assert_eq!(pair.outcomes()[1].delivered, LARGE);
    assert_eq!(pair.pushed(0), MAX_WINDOW_BYTES);
}

/// Catches a client that fails a stock executor's stream for being faster than its reader, or
/// that holds all of it.
#[test]
fn without_credit_a_slow_reader_slows_the_executor_down() {
    let mut pair = Pair::new(Extensions::NONE, wide(), wide());
    pair.request(steady(LARGE, Some(3)));
    let link = 4 * 256 * 1024;
    let bound = RECEIVE_HIGH_WATER_BYTES + SEND_BUFFER_BYTES + link;
    while !pair.run_until_settled(1) {
        assert!(pair.pushed(0) - pair.outcomes()[0].delivered <= bound);
    }
    assert_eq!(pair.outcomes()[0].delivered, LARGE);
}

/// Catches a sequence that breaks under many small deltas, and a queue that counts them instead
/// of their bytes: the case in which a stock pair fails.
#[test]
fn two_hundred_thousand_small_chunks_arrive() {
    let mut pair = Pair::new(Extensions::NONE, wide(), wide());
    let mut script = steady(1_000_000, Some(0));
    script.chunk = 5;
    pair.request(script);
    assert!(pair.run_until_settled(PATIENCE));
    let end = pair.outcomes()[0].end.clone();
    assert_eq!(end.unwrap().unwrap().bytes, Some(1_000_000));
}

/// Catches the standstill of pipelined streams: the case in which a stock pair never ends.
#[test]
fn four_hundred_pipelined_streams_end() {
    for extensions in [Extensions::NONE, Extensions::all()] {
        let narrow = LinkScript { packet: 500, delay: 1, capacity: 2000 };
        let mut pair = Pair::new(extensions, narrow.clone(), narrow);
        (0..400).for_each(|_| pair.request(steady(10, Some(0))));
        assert!(pair.run_until_settled(PATIENCE));
        assert!(pair.outcomes().iter().all(|outcome| matches!(outcome.end, Some(Ok(_)))));
    }
}
