//! The executor's end: order between streams, room and credit.

use std::time::Duration;

use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::limits::{
    CONNECTION_SEND_BYTES, DELTA_BYTES, REPLY_BYTES, SEND_BUFFER_BYTES,
};
use sandbar_protocol::server::{CallId, CallMut, Event, Misuse, ServerSession};
use serde_json::{Value, json};

use crate::support::{ok, open_stream, sent, server, started, streamed, tell};

fn fill(session: &mut ServerSession, call: CallId) -> usize {
    let mut filled = 0;
    while let room @ 1.. = session.call(call).map_or(0, CallMut::room) {
        session.call(call).unwrap().body(vec![b'x'; room]).unwrap();
        filled += room;
    }
    filled
}

fn with_credit(id: u64, name: &str, credit: usize) -> Value {
    let mut request = streamed(id, name);
    request["params"]["creditBytes"] = credit.into();
    request
}

fn grant(name: &str, bytes: usize) -> Value {
    json!({"method": "http/request/credit", "params": {"requestId": name, "bytes": bytes}})
}

/// Catches a server that starts the body before it has queued the response, or that lets the
/// backlog of one stream delay the response of another.
#[test]
fn a_response_comes_before_its_deltas_and_before_every_backlog() {
    let mut session = server(Extensions::NONE);
    let first = open_stream(&mut session, 1, "a");
    fill(&mut session, first);
    let second = open_stream(&mut session, 2, "b");
    session.call(second).unwrap().body(b"b".to_vec()).unwrap();
    tell(&mut session, &json!({"id": 3, "method": "environment/status"}));
    let kinds: Vec<Value> = sent(&mut session)
        .into_iter()
        .map(|message| message.get("id").unwrap_or_else(|| &message["method"]).clone())
        .collect();
    assert_eq!(kinds[..3], [json!(1), json!(2), json!(3)]);
}

/// Catches a queue in which the stream that came first is sent to its end first.
#[test]
fn streams_take_turns_of_one_delta() {
    let mut session = server(Extensions::NONE);
    for (id, name) in [(1, "a"), (2, "b"), (3, "c")] {
        let call = open_stream(&mut session, id, name);
        fill(&mut session, call);
    }
    let names: Vec<String> = sent(&mut session)
        .into_iter()
        .filter_map(|message| message["params"]["requestId"].as_str().map(str::to_owned))
        .collect();
    let round = ["a", "b", "c"].repeat(SEND_BUFFER_BYTES / DELTA_BYTES);
    assert_eq!(names, round);
}

/// Catches a buffer without an end, a caller that is never told that there is room again, and
/// one that is told twice.
#[test]
fn a_full_buffer_wakes_its_caller_once_when_it_drains() {
    let mut session = server(Extensions::NONE);
    let call = open_stream(&mut session, 1, "s");
    assert_eq!(fill(&mut session, call), SEND_BUFFER_BYTES);
    assert_eq!(session.call(call).unwrap().body(vec![0]), Err(Misuse::NoRoom));
    assert_eq!(session.call(call).map_or(0, CallMut::room), 0);
    assert!(session.poll_event().is_none());
    session.poll_transmit(Duration::ZERO).unwrap();
    assert!(session.poll_event().is_none(), "a response makes no room for bodies");
    session.poll_transmit(Duration::ZERO).unwrap();
    session.poll_transmit(Duration::ZERO).unwrap();
    assert!(matches!(session.poll_event(), Some(Event::Writable { call: id }) if id == call));
    assert!(session.poll_event().is_none());
    assert_eq!(session.call(call).map_or(0, CallMut::room), 2 * DELTA_BYTES);
}

/// Catches a caller that is woken though it does not wait: it would read ahead of its turn.
#[test]
fn a_caller_that_found_room_is_not_told_of_more() {
    let mut session = server(Extensions::NONE);
    let call = open_stream(&mut session, 1, "s");
    assert!(session.call(call).map_or(0, CallMut::room) > 0);
    session.call(call).unwrap().body(b"x".to_vec()).unwrap();
    assert!(session.call(call).map_or(0, CallMut::room) > 0);
    assert_eq!(sent(&mut session).len(), 2);
    assert!(session.poll_event().is_none());
}

/// Catches a limit per stream only: a thousand streams would hold a thousand buffers.
#[test]
fn a_full_connection_wakes_every_caller_when_it_drains() {
    let mut session = server(Extensions::NONE);
    let full = CONNECTION_SEND_BYTES / SEND_BUFFER_BYTES;
    let calls: Vec<CallId> =
        (0..full as u64 + 3).map(|id| open_stream(&mut session, id, &format!("s{id}"))).collect();
    let filled: usize = calls.iter().map(|&call| fill(&mut session, call)).sum();
    assert_eq!(filled, CONNECTION_SEND_BYTES);
    assert_eq!(
        calls[full..]
            .iter()
            .map(|&call| session.call(call).map_or(0, CallMut::room))
            .sum::<usize>(),
        0
    );
    sent(&mut session);
    let woken = std::iter::from_fn(|| session.poll_event()).count();
    assert_eq!(woken, calls.len());
    assert!(session.call(calls[full]).map_or(0, CallMut::room) > 0);
}

/// Catches a sender that reads upstream what it may not send: the bytes of slow streams would
/// fill the connection and stall the others.
#[test]
fn a_stream_without_credit_takes_nothing_and_stalls_nobody() {
    let mut session = server(Extensions::all());
    tell(&mut session, &with_credit(1, "slow", 0));
    let slow = started(&mut session);
    session.call(slow).unwrap().respond(ok()).unwrap();
    assert_eq!(session.call(slow).map_or(0, CallMut::room), 0);
    let fast = open_stream(&mut session, 2, "fast");
    for _ in 0..100 {
        assert!(fill(&mut session, fast) > 0);
        sent(&mut session);
        while session.poll_event().is_some() {}
    }
    tell(&mut session, &grant("slow", 5));
    assert!(matches!(session.poll_event(), Some(Event::Writable { call }) if call == slow));
    assert_eq!(session.call(slow).map_or(0, CallMut::room), 5);
}

/// Catches credit that is lost when it arrives before the response is known.
#[test]
fn credit_granted_before_the_response_counts() {
    let mut session = server(Extensions::all());
    tell(&mut session, &with_credit(1, "s", 1));
    let call = started(&mut session);
    tell(&mut session, &grant("s", 2));
    tell(&mut session, &grant("unknown", 2));
    session.call(call).unwrap().respond(ok()).unwrap();
    assert_eq!(session.call(call).map_or(0, CallMut::room), 3);
}

/// Catches answers that pile up for a client that asks and does not read, and calls that are
/// started although their answers would join the pile.
#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    let mut session = server(Extensions::NONE);
    let method = "m".repeat(8000);
    let request = json!({"id": 1, "method": method}).to_string();
    let mut asked = 0;
    while session.ready_for_input() {
        session.handle_message(request.as_bytes());
        asked += 1;
        assert!(asked < REPLY_BYTES / 8000 + 1);
    }
    tell(&mut session, &streamed(1, "s"));
    assert!(session.poll_event().is_none());
    session.poll_transmit(Duration::ZERO).unwrap();
    assert!(session.ready_for_input());
    started(&mut session);
}
