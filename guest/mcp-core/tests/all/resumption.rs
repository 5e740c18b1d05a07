//! Streams that break before the answer, in the legacy era.

use std::time::Duration;

use sandbar_mcp_core::{Call, Error, ErrorCode, Failure, Field, Response, Session, Step};

use crate::script::{Reply, Script, call_tool, field, initialized, legacy, outgoing};

const ANSWER: &str = "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n\n";

fn primed(id: u32) -> Reply {
    Reply::sse(&format!("id: e{id}\nretry: 500\ndata:\n\n"))
}

/// Catches a client that asks again with a POST, at once, without its session, or without the id.
#[test]
fn a_primed_stream_is_resumed_after_the_servers_wait() {
    for first in [primed(1), primed(1).broken(Failure::sent(ErrorCode::IncompleteBody))] {
        let (outcome, script) = call_tool(&mut legacy(), [first, Reply::sse(ANSWER)]);
        assert_eq!(outcome.unwrap(), "{}");
        assert_eq!(script.waited(), [Duration::from_millis(500)]);
        let resumed = script.sent()[1];
        assert_eq!((resumed.method.as_str(), &resumed.body), ("GET", &None));
        assert_eq!(field(resumed, "last-event-id"), ["e1"]);
        assert_eq!(field(resumed, "accept"), ["text/event-stream"]);
        assert_eq!(field(resumed, "mcp-session-id"), ["s1"]);
        assert_eq!(field(resumed, "mcp-protocol-version"), ["2025-11-25"]);
        assert_eq!(field(resumed, "authorization"), ["Bearer t"]);
        assert!(resumed.idle_timeout.is_some());
    }
}

/// Catches a place in the stream that is lost at the second drop, or when a connection brought
/// nothing; and a retry time that is forgotten.
#[test]
fn the_cursor_survives_repeated_drops() {
    let note = "id: e2\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\nid: e3\ndata: {\"json";
    let replies = [
        primed(1),
        Reply::sse(note).broken(Failure::sent(ErrorCode::IncompleteBody)),
        Reply::sse(": nothing\n"),
        Reply::failure(Failure::sent(ErrorCode::ConnectionRefused)),
        Reply::sse(ANSWER),
    ];
    let (outcome, script) = call_tool(&mut legacy(), replies);
    assert_eq!(outcome.unwrap(), "{}");
    let ids: Vec<&str> =
        script.sent()[1..].iter().flat_map(|request| field(request, "last-event-id")).collect();
    assert_eq!(ids, ["e1", "e2", "e2", "e2"]);
    assert_eq!(script.waited(), [Duration::from_millis(500); 4]);
    assert_eq!(script.notified().len(), 1);
}

/// Catches a reconnect storm: a count that every accepted connection resets.
#[test]
fn tries_without_a_new_event_are_limited() {
    let empty = std::iter::repeat_n(primed(1), 5);
    let (outcome, _) = call_tool(&mut legacy(), [primed(1)].into_iter().chain(empty));
    assert_eq!(outcome, Err(Error::NoAnswer));
    let refused = std::iter::repeat_n(Reply::new(503, "", ""), 5);
    let (outcome, _) = call_tool(&mut legacy(), [primed(1)].into_iter().chain(refused));
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 503));
    let failing =
        std::iter::repeat_n(Reply::failure(Failure::sent(ErrorCode::ConnectionRefused)), 5);
    let (outcome, _) = call_tool(&mut legacy(), [primed(1)].into_iter().chain(failing));
    assert_eq!(outcome, Err(Error::Http(Failure::sent(ErrorCode::ConnectionRefused))));
}

/// Catches a cap on the total: a server may close and be polled for as long as it makes progress.
#[test]
fn progress_resets_the_count() {
    let polls = (1..=20).map(primed);
    let (outcome, script) = call_tool(&mut legacy(), polls.chain([Reply::sse(ANSWER)]));
    assert_eq!(outcome.unwrap(), "{}");
    assert_eq!(script.waited().len(), 20);
}

/// Catches waits of a server's choosing that are absurd, and a missing default.
#[test]
fn the_wait_has_a_default_and_bounds() {
    for (retry, expected) in [
        ("", Duration::from_millis(1000)),
        ("retry: 0\n", Duration::from_millis(50)),
        ("retry: 99999999999999999999999\n", Duration::from_secs(60)),
    ] {
        let first = Reply::sse(&format!("id: 1\n{retry}data:\n\n"));
        let (_, script) = call_tool(&mut legacy(), [first, Reply::sse(ANSWER)]);
        assert_eq!(script.waited(), [expected]);
    }
}

/// Catches a resumption from nowhere, which would replay the stream of another request.
#[test]
fn without_a_usable_event_id_nothing_is_resumed() {
    let long = format!("id: {}\ndata:\n\n", "x".repeat(5000));
    for stream in [": no id\n", "id: 1\ndata: lost", "id: 1\n\nid:\n\n", "id: a\x07b\n\n", &long] {
        let (outcome, _) = call_tool(&mut legacy(), [Reply::sse(stream)]);
        assert_eq!(outcome, Err(Error::NoAnswer), "{stream}");
    }
}

/// Catches a resumption after our own deadline, which would turn it into no deadline at all.
#[test]
fn our_own_timeouts_are_final() {
    for failure in [
        Failure::sent(ErrorCode::IdleTimeout),
        Failure::sent(ErrorCode::TotalTimeout),
        Failure::sent(ErrorCode::Cancelled),
    ] {
        let (outcome, _) = call_tool(&mut legacy(), [primed(1).broken(failure.clone())]);
        assert_eq!(outcome, Err(Error::Http(failure.clone())));
        let (outcome, _) = call_tool(&mut legacy(), [primed(1), Reply::failure(failure.clone())]);
        assert_eq!(outcome, Err(Error::Http(failure)));
    }
}

/// Catches a client that goes on asking where there is no stream, or reads a page as one.
#[test]
fn a_server_without_streams_ends_the_call() {
    for status in [204, 202, 405] {
        let (outcome, _) = call_tool(&mut legacy(), [primed(1), Reply::new(status, "", "")]);
        assert_eq!(outcome, Err(Error::NoAnswer), "{status}");
    }
    let (outcome, _) = call_tool(&mut legacy(), [primed(1), Reply::json(200, "{}")]);
    assert!(matches!(outcome, Err(Error::InvalidMessage(_))));
    let (outcome, _) = call_tool(&mut legacy(), [primed(1), Reply::new(403, "", "no")]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 403));
}

/// A call whose stream broke, and whose wait is not over.
fn paused(session: &mut Session) -> Call {
    let mut call = session.request(outgoing("m", None)).unwrap();
    let _ = call.poll(session);
    let fields = vec![Field::new("content-type", "text/event-stream")];
    call.handle_response(session, Response { status: 200, fields, url: String::new() });
    let _ = call.poll(session);
    call.handle_body(session, b"id: 1\ndata:\n\n");
    let _ = call.poll(session);
    call.handle_body_end(session, Ok(()));
    assert!(matches!(call.poll(session), Step::Wait(_)));
    call
}

/// Catches a stream of the old session that is resumed in a new one.
#[test]
fn a_stream_is_not_resumed_across_sessions() {
    let mut session = legacy();
    let mut call = paused(&mut session);
    let opening = session.open();
    Script::new(initialized("2025-11-25", "s2")).run(&mut session, opening).unwrap();
    call.handle_timer(&mut session);
    let step = call.poll(&mut session);
    assert!(matches!(step, Step::Done(Err(Error::SessionLost))), "{step:?}");
}

/// Catches a call that blames the server for a session that the caller closed.
#[test]
fn a_stream_is_not_resumed_in_a_closed_session() {
    let mut session = legacy();
    let mut call = paused(&mut session);
    session.close();
    call.handle_timer(&mut session);
    let step = call.poll(&mut session);
    assert!(matches!(step, Step::Done(Err(Error::Closed))), "{step:?}");
}
