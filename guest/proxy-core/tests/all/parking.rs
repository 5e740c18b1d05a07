//! A modern agent in front of a legacy server.

use crate::script::{Both, NO_SESSION, modern, question};
use sandbar_proxy_core::{Error, limits};

const MAX_BYTES: u64 = 64 * 1024;

fn retry(id: &str, state: &str) -> String {
    modern(id, "tools/call", &format!(r#""requestState":"{state}","#))
}

/// The state that the agent was given last.
fn state(both: &Both) -> String {
    let (_, rest) = both.last().split_once(r#""requestState":""#).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Catches a proxy that takes the error of a tool that ran for that of a server that wants a session, by
/// its code alone: the tool would run once more.
#[test]
fn a_call_that_ran_and_failed_is_not_made_again() {
    for (code, message) in [
        (-32000, "the disk is full"),
        (-32000, "tls: server selected unsupported protocol version 301"),
        (402, "payment required"),
        (1, "Server not initialized"),
        (-32602, "Session not found"),
    ] {
        let mut both = Both::new();
        both.says(&modern("a", "tools/call", ""));
        let error = format!(
            r#"{{"jsonrpc":"2.0","id":"a","error":{{"code":{code},"message":"{message}"}}}}"#
        );
        both.answers(both.call("tools/call"), &error);
        assert_eq!((both.sent.len(), both.last()), (1, error.as_str()), "{message}");
    }
}

/// Catches a proxy that knows one way of refusing what comes before the handshake.
#[test]
fn a_call_that_was_refused_for_its_session_or_version_is_made_in_a_session() {
    for (code, message) in [
        (-32000, "Bad Request: Server not initialized"),
        (-32600, "Bad Request: Missing session ID"),
        (-32000, "Bad Request: Unsupported protocol version: 2026-07-28"),
        (-32000, "Bad Request: Unsupported protocol version (supported versions: 2025-06-18)"),
    ] {
        let mut both = Both::new();
        both.says(&modern("a", "tools/call", ""));
        let error = format!(
            r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"{message}"}}}}"#
        );
        both.answers(both.call("tools/call"), &error);
        both.opens();
        assert_eq!((both.times("tools/call"), both.told.len()), (2, 0), "{message}");
    }
}

/// Catches a retry that is taken for a new call, because the call that it is of was answered already, or
/// was another proxy's: the tool would run once more.
#[test]
fn a_retry_of_nothing_that_waits_is_an_error_and_no_call() {
    let mut both = Both::parked(MAX_BYTES);
    let call = both.call("tools/call");
    both.hears(call, &question("q", "m"));
    let state = state(&both);
    both.says(&retry("b", &state));
    both.answers(call, r#"{"jsonrpc":"2.0","id":"a","result":{"n":1}}"#);
    assert!(both.last().contains(r#""id":"b","result""#), "{}", both.last());
    let mut fresh = Both::new();
    let calls = both.times("tools/call");
    for both in [&mut both, &mut fresh] {
        both.says(&retry("c", &state));
        assert!(both.last().contains(r#""id":"c","error""#), "{}", both.last());
        assert!(both.last().contains("names no call that waits"), "{}", both.last());
    }
    assert_eq!((both.times("tools/call"), fresh.sent.len()), (calls, 0));
}

/// Catches a proxy that takes the state of a modern server for its own.
#[test]
fn the_state_of_a_modern_server_goes_back_to_it() {
    let mut both = Both::new();
    both.says(&modern("a", "tools/call", ""));
    let result = r#"{"jsonrpc":"2.0","id":"a","result":{"resultType":"input_required","requestState":"sandbar-1"}}"#;
    both.answers(both.call("tools/call"), result);
    both.says(&retry("b", "sandbar-1"));
    assert_eq!((both.times("tools/call"), both.told.len()), (2, 1));
}

/// Catches an answer that is lost because another request has led to a handshake meanwhile: the call ran,
/// and its agent would hear that there is no answer.
#[test]
fn what_was_under_way_before_the_handshake_is_answered_as_ever() {
    let mut both = Both::new();
    both.says(&modern("a", "tools/list", ""));
    both.says(&modern("b", "tools/call", ""));
    both.answers(both.call("tools/list"), NO_SESSION);
    let result = r#"{"jsonrpc":"2.0","id":"b","result":{"resultType":"complete"}}"#;
    both.answers(both.call("tools/call"), result);
    assert_eq!(both.told, [result]);
    // The other still waits for the handshake.
    both.opens();
    assert_eq!(both.times("tools/list"), 2);
}

/// Catches what was to be sent in a session that there is none of, and is not sent at all.
#[test]
fn what_waited_for_a_handshake_that_failed_is_carried_as_it_is() {
    let mut both = Both::new();
    both.says(&modern("a", "tools/list", ""));
    both.answers(both.call("tools/list"), NO_SESSION);
    let (request, notification) =
        (modern("b", "tools/call", ""), r#"{"jsonrpc":"2.0","method":"notifications/x"}"#);
    both.says(&request);
    both.says(notification);
    assert_eq!(both.times("tools/call") + both.times("notifications/x"), 0);
    both.ends(both.call(r#""initialize""#), Err(Error::NoAnswer));
    assert!(both.last().contains("Server not initialized"), "{}", both.last());
    let carried: Vec<_> = both.sent.iter().rev().take(2).map(|(_, text)| text.as_str()).collect();
    assert_eq!(carried, [notification, request.as_str()]);
    let result = r#"{"jsonrpc":"2.0","id":"b","result":{"resultType":"complete"}}"#;
    both.answers(both.call("tools/call"), result);
    assert_eq!(both.last(), result);
}

/// Catches calls that are parked without a limit, and a retry of one that was given up for others, taken
/// for a new call.
#[test]
fn of_too_many_parked_calls_the_oldest_is_given_up_and_not_made_again() {
    let mut both = Both::parked(MAX_BYTES);
    let oldest = both.call("tools/call");
    both.hears(oldest, &question("q", "m"));
    let state = state(&both);
    for number in 0..limits::PARKED {
        assert_eq!(both.cancelled, [], "{number}");
        both.says(&modern(&format!("c{number}"), "tools/call", ""));
        both.hears(both.call("tools/call"), &question(&format!("q{number}"), "m"));
    }
    assert_eq!(
        (both.cancelled.as_slice(), both.times("notifications/cancelled")),
        (&[oldest][..], 1)
    );
    let calls = both.times("tools/call");
    both.says(&retry("b", &state));
    assert!(both.last().contains("names no call that waits"), "{}", both.last());
    assert_eq!(both.times("tools/call"), calls);
}

/// Catches questions that are kept without a limit in number while the agent does not try again.
#[test]
fn of_too_many_questions_the_server_hears_that_they_are_refused() {
    let mut both = Both::parked(MAX_BYTES);
    let call = both.call("tools/call");
    for number in 0..=limits::QUESTIONS {
        assert_eq!(both.times(r#""error""#), 0, "{number}");
        both.hears(call, &question(&format!("q{number}"), "m"));
    }
    assert_eq!(both.times(r#""error""#), 1);
    assert_eq!(both.call(r#""error""#), both.call(&format!(r#""id":"q{}""#, limits::QUESTIONS)));
}

/// Catches questions that are kept without a limit in bytes, of one call or of several.
#[test]
fn questions_that_are_longer_than_a_message_together_are_refused() {
    let mut both = Both::parked(1000);
    let first = both.call("tools/call");
    both.hears(first, &question("q1", &"x".repeat(600)));
    both.says(&modern("b", "tools/call", ""));
    let second = both.call(r#""id":"b""#);
    both.hears(second, &question("q2", &"x".repeat(600)));
    assert_eq!((both.told.len(), both.times(r#""error""#)), (1, 1));
    assert_eq!(both.call(r#""error""#), both.call(r#""id":"q2""#));
    both.hears(second, &question("q3", "small"));
    assert!(both.last().contains("small"), "{}", both.last());
}

/// Catches answers that are kept without a limit for an agent that never tries again, and an answer that
/// is dropped for an older one.
#[test]
fn for_an_answer_that_does_not_fit_the_oldest_parked_call_makes_room() {
    let mut both = Both::parked(1000);
    let mut states = Vec::new();
    for id in ["a", "b"] {
        if id == "b" {
            both.says(&modern(id, "tools/call", ""));
        }
        let call = both.call(&format!(r#""id":"{id}""#));
        both.hears(call, &question("q", "m"));
        states.push(state(&both));
        let long = "x".repeat(600);
        both.answers(
            call,
            &format!(r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"{id}":"{long}"}}}}"#),
        );
    }
    both.says(&retry("c", &states[0]));
    assert!(both.last().contains("names no call that waits"), "{}", both.last());
    both.says(&retry("d", &states[1]));
    assert!(both.last().contains(r#""id":"d","result":{"b":"xxx"#), "{}", both.last());
    // Both had ended: there is nothing to give up.
    assert_eq!((both.cancelled.len(), both.times("notifications/cancelled")), (0, 0));
}
