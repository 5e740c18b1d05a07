//! Limits: the documented values, what exactly they let through, and that what was held is free
//! again.

use std::collections::VecDeque;

use sandbar_exchange::{ErrorCode, Failure, Field, Limit, Request, Response};
use sandbar_protocol::client::{self, ClientSession, RequestError};
use sandbar_protocol::delta::Read;
use sandbar_protocol::extensions::{Extension, Extensions};
use sandbar_protocol::limits::*;
use sandbar_protocol::server::{self, CallId, CallMut, ServerSession};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::{
    client, delta, get, head, ok, open_stream, sent, sent_by_client, server, started, streamed,
    tell, tell_client,
};

fn only(extension: Extension) -> Extensions {
    [extension].into_iter().collect()
}

/// A size as people write it.
fn size(bytes: usize) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

/// Catches a limit that changes while the page that peers are written from does not.
#[test]
fn the_limits_are_those_that_are_documented() {
    let page = include_str!("../../../docs/executor-protocol.md");
    let paced_deltas =
        format!("{PACED_DELTA_BURST}, and one per {} ms", PACED_DELTA_INTERVAL.as_millis());
    let paced_bytes = format!(
        "{}, and {} MB/s",
        size(PACED_BODY_BURST_BYTES as usize),
        1000 / PACED_BYTE_INTERVAL.as_nanos()
    );
    for (limit, value) in [
        ("message", size(MAX_MESSAGE_BYTES)),
        ("one delta, accepted", size(MAX_DELTA_BYTES)),
        ("one delta, sent", size(DELTA_BYTES)),
        ("queued per stream, executor", size(SEND_BUFFER_BYTES)),
        ("queued per connection, executor", size(CONNECTION_SEND_BYTES)),
        ("deltas of a stream, executor, without `credit`", paced_deltas),
        ("body bytes of a connection, executor, without `credit`", paced_bytes),
        ("body of a buffered call", size(BUFFERED_BODY_BYTES)),
        ("bodies of buffered calls, per connection", size(CONNECTION_BUFFERED_BYTES)),
        ("calls of a connection", MAX_CALLS.to_string()),
        ("calls that run at once, executor", MAX_RUNNING_CALLS.to_string()),
        ("requests that wait to be sent, client", size(WAITING_BYTES)),
        ("requests that wait and run, executor", size(REQUEST_BYTES)),
        ("replies that wait, executor", size(REPLY_BYTES)),
        ("unanswered calls towards a stock executor", MAX_PIPELINED_CALLS.to_string()),
        ("unread bytes per connection, client, without `credit`", size(RECEIVE_HIGH_WATER_BYTES)),
        ("unread bytes per connection, client, at most", size(CONNECTION_RECEIVE_BYTES)),
        ("credit of a stream", format!("{} to {}", size(MIN_WINDOW_BYTES), size(MAX_WINDOW_BYTES))),
        ("head of a response, client", size(HEAD_BYTES)),
        ("id", format!("{ID_BYTES} bytes")),
        ("error text of a peer that is kept", size(ERROR_TEXT_BYTES)),
    ] {
        let row = format!("\n| {limit} | {value} | ");
        assert!(page.contains(&row), "the page does not say {row}");
    }
}

/// Catches a limit on messages that is off by one, at either end.
#[test]
fn a_message_of_the_limit_is_read_and_a_longer_one_is_not() {
    let padded = |message: &Value, len: usize| {
        let mut bytes = message.to_string().into_bytes();
        bytes.resize(len, b' ');
        bytes
    };
    let status = json!({"id": 7, "method": "environment/status"});
    let mut session = server(Extensions::NONE);
    session.handle_message(&padded(&status, MAX_MESSAGE_BYTES));
    assert_eq!(sent(&mut session)[0]["id"], 7);
    session.handle_message(&padded(&status, MAX_MESSAGE_BYTES + 1));
    let event = session.poll_event();
    assert!(matches!(event, Some(server::Event::Close(server::CloseReason::MessageTooLong))));

    let mut session = client(Extensions::NONE);
    session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    session.handle_message(&padded(&head(2), MAX_MESSAGE_BYTES));
    assert!(matches!(session.poll_event(), Some(client::Event::Head { .. })));
    session.handle_message(&padded(&head(2), MAX_MESSAGE_BYTES + 1));
    let event = session.poll_event();
    assert!(matches!(event, Some(client::Event::Closed(client::CloseReason::MessageTooLong))));
}

fn padding(len: usize) -> Vec<Field> {
    vec![Field::new("x", vec![b'a'; len])]
}

fn is_limit(failure: &Failure, limit: &str) -> bool {
    matches!(&failure.code, ErrorCode::LimitExceeded(Limit { setting, .. }) if setting == limit)
}

fn failed(session: &mut ClientSession) -> Failure {
    match session.poll_event() {
        Some(client::Event::Failed { failure, .. }) => failure,
        other => panic!("{other:?}"),
    }
}

/// Catches a request that makes an executor cut the connection, and one that is refused though it
/// just fits.
#[test]
fn a_request_of_the_limit_is_sent_and_a_longer_one_fails() {
    let request = |len| Request { fields: padding(len), ..get("http://h/") };
    let mut session = client(Extensions::NONE);
    session.request(request(0)).unwrap();
    let fits = MAX_MESSAGE_BYTES - session.poll_transmit().unwrap().len();
    session.request(request(fits)).unwrap();
    assert_eq!(session.poll_transmit().unwrap().len(), MAX_MESSAGE_BYTES);
    session.request(request(fits + 1)).unwrap();
    assert_eq!(session.poll_transmit(), None);
    assert!(is_limit(&failed(&mut session), "message-bytes"));
}

/// Catches a response that makes a client cut the connection, and one that is replaced by an error
/// though it just fits.
#[test]
fn a_response_of_the_limit_is_sent_and_a_longer_one_fails_its_call() {
    let response = |len| Response { fields: padding(len), ..ok() };
    let mut session = server(Extensions::NONE);
    let mut respond = |id: u64, len: usize| {
        tell(&mut session, &streamed(id, &id.to_string()));
        let call = started(&mut session);
        session.call(call).unwrap().respond(response(len)).unwrap();
        (session.call(call).is_some(), session.poll_transmit(Duration::ZERO).unwrap())
    };
    let fits = MAX_MESSAGE_BYTES - respond(1, 0).1.len();
    let (goes_on, message) = respond(2, fits);
    assert_eq!((goes_on, message.len()), (true, MAX_MESSAGE_BYTES));
    let (goes_on, message) = respond(3, fits + 1);
    assert!(!goes_on);
    assert!(message.contains("message-bytes"), "{message}");
}

/// Catches a limit on heads that is off by one.
#[test]
fn a_head_of_the_limit_is_taken_and_a_longer_one_fails_its_call() {
    let result = |len: usize| {
        let result = r#"{"status":200,"headers":[{"name":"x","value":""}]}"#;
        let value = "a".repeat(len - result.len());
        result.replace(r#""value":"""#, &format!(r#""value":"{value}""#))
    };
    let mut session = client(Extensions::NONE);
    for (id, len) in [(2, HEAD_BYTES), (3, HEAD_BYTES + 1)] {
        session.request(get("http://h/")).unwrap();
        session.poll_transmit().unwrap();
        let message = format!(r#"{{"id":{id},"result":{}}}"#, result(len));
        session.handle_message(message.as_bytes());
    }
    assert!(matches!(session.poll_event(), Some(client::Event::Head { .. })));
    assert!(is_limit(&failed(&mut session), "head-bytes"));
}

/// Catches a limit on ids that is off by one.
#[test]
fn ids_of_the_limit_are_taken_and_longer_ones_refused() {
    let mut session = server(Extensions::NONE);
    let name = "n".repeat(ID_BYTES);
    let mut request = streamed(1, &name);
    request["id"] = name.as_str().into();
    tell(&mut session, &request);
    started(&mut session);
    request["params"]["requestId"] = format!("{name}n").into();
    tell(&mut session, &request);
    let refused = sent(&mut session).remove(0);
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(name), &json!(-32602)));
}

/// Catches a refusal that does not say what was reached, and where it can be raised.
#[test]
fn a_refused_request_says_which_limit_it_met() {
    for (error, words, setting) in [
        (RequestError::TooManyCalls, "more than 1024 calls are open", "calls"),
        (RequestError::TooManyBytes, "more than 33554432 bytes wait to be sent", "waiting-bytes"),
    ] {
        assert_eq!(error.to_string(), words);
        assert!(is_limit(&error.into(), setting));
    }
    let closed = ErrorCode::Disconnected("connection to the executor has ended".into());
    assert_eq!(Failure::from(RequestError::Closed), Failure::unsent(closed));
}

/// Catches an answer that repeats whatever it was sent, however long, or that is cut inside a
/// character.
#[test]
fn an_error_text_ends_at_the_limit_between_two_characters() {
    let mut session = server(Extensions::NONE);
    for start in ["", "x"] {
        let method = format!("{start}{}", "é".repeat(ERROR_TEXT_BYTES));
        tell(&mut session, &json!({"id": 1, "method": method}));
        let message = sent(&mut session)[0]["error"]["message"].take();
        let message = message.as_str().unwrap();
        assert!((ERROR_TEXT_BYTES - 1..=ERROR_TEXT_BYTES).contains(&message.len()));
        assert!(message.ends_with('é'), "{start}");
    }
}

/// Checks that nothing is held: a request that fills the limit alone is taken, and not a byte more.
fn assert_nothing_waits(session: &mut ClientSession) {
    let request = get("http://h/");
    let body = Some(vec![0; WAITING_BYTES - request.cost()]);
    let full = session.request(Request { body, ..request.clone() }).unwrap();
    assert_eq!(session.request(request), Err(RequestError::TooManyBytes));
    session.cancel(full);
}

/// Catches a count of what waits that drifts with every call that ends in some way, until nothing
/// is taken any more, or anything.
#[test]
fn a_client_holds_nothing_of_a_call_that_is_over() {
    let mut session = client(Extensions::NONE);
    assert_nothing_waits(&mut session);

    let waiting = session.request(get("http://h/waiting")).unwrap();
    let sent = session.request(get("http://h/sent")).unwrap();
    session.cancel(waiting);
    assert_eq!(sent_by_client(&mut session).len(), 1, "another one that waits is sent");
    session.cancel(sent);
    assert_nothing_waits(&mut session);

    let mut garbled = get("http://h/garbled");
    garbled.fields.push(Field::new("x", [0xff]));
    session.request(garbled).unwrap();
    session.poll_transmit();
    failed(&mut session);
    assert_nothing_waits(&mut session);

    let mut ask = |url: &str| {
        let call = session.request(get(url)).unwrap();
        let request = sent_by_client(&mut session).remove(0);
        (call, request["id"].as_u64().unwrap(), request["params"]["requestId"].clone())
    };
    let (_, refused, _) = ask("http://h/refused");
    let (read, read_id, read_name) = ask("http://h/read");
    let (left, left_id, left_name) = ask("http://h/left");
    let error = json!({"code": -32603, "message": "m"});
    tell_client(&mut session, &json!({"id": refused, "error": error}));
    for (id, name) in [(read_id, read_name), (left_id, left_name)] {
        tell_client(&mut session, &head(id));
        let name = name.as_str().unwrap();
        tell_client(&mut session, &delta(name, 1, "YWJj", false));
        tell_client(&mut session, &delta(name, 2, "", true));
    }
    assert!(matches!(session.read(read, 9), Some(Read::Data(_))));
    assert!(matches!(session.read(read, 9), Some(Read::End(Ok(_)))));
    session.cancel(left);
    assert_nothing_waits(&mut session);
    while session.poll_event().is_some() {}
    assert_nothing_unread(&mut session);
}

/// Checks that a body of the limit, and no shorter one, stops the input.
fn assert_nothing_unread(session: &mut ClientSession) {
    session.request(get("http://h/")).unwrap();
    let name = sent_by_client(session)[0]["params"]["requestId"].as_str().unwrap().to_owned();
    let base64 = |bytes: usize| format!("{}{}", "AAAA".repeat(bytes / 3), PADDED[bytes % 3]);
    const PADDED: [&str; 3] = ["", "AA==", "AAA="];
    let whole = (RECEIVE_HIGH_WATER_BYTES / MAX_DELTA_BYTES) as u64 - 1;
    for seq in 1..=whole {
        tell_client(session, &delta(&name, seq, &base64(MAX_DELTA_BYTES), false));
    }
    tell_client(session, &delta(&name, whole + 1, &base64(MAX_DELTA_BYTES - 1), false));
    assert!(session.ready_for_input());
    tell_client(session, &delta(&name, whole + 2, &base64(1), false));
    assert!(!session.ready_for_input());
}

/// Catches a window that is not handed out again after its stream, one that is handed out twice,
/// and a sum of windows that counts anything but windows.
#[test]
fn a_stream_is_granted_a_quarter_of_what_the_others_leave() {
    let mut session = client(only(Extension::Credit));
    let mut held = VecDeque::new();
    for round in 0..200 {
        let call = session.request(get("http://h/")).unwrap();
        let request = sent_by_client(&mut session).remove(0);
        let window = request["params"]["creditBytes"].as_u64().unwrap() as usize;
        let others = held.iter().map(|&(_, window)| window).sum::<usize>();
        let quarter = (CONNECTION_RECEIVE_BYTES - others) / 4;
        assert_eq!(window, quarter.clamp(MIN_WINDOW_BYTES, MAX_WINDOW_BYTES), "{round}");
        held.push_back((call, window));
        if round % 3 == 0 || round > 100 {
            session.cancel(held.pop_front().unwrap().0);
        }
    }
}

/// A buffered POST of so many bytes.
fn post(id: u64, bytes: usize) -> Value {
    json!({"id": id, "method": "http/request", "params": {
        "method": "POST", "url": "http://h/", "requestId": "", "bodyBase64": "AAAA".repeat(bytes / 3),
    }})
}

/// The ids of the calls that were refused since the last time.
fn refused(session: &mut ServerSession) -> Vec<u64> {
    let messages = sent(session);
    messages.iter().map(|message| message["id"].as_u64().unwrap()).collect()
}

/// Catches a count of requests that is off by one, one that forgets those that run, whose bodies are held
/// until they are answered, and one that drifts as calls are started, answered or given up, until nothing is
/// taken any more, or anything.
#[test]
fn requests_of_the_limit_are_held_and_not_a_byte_more() {
    let cost = Request::new("POST", "http://h/").cost();
    let large = 9 << 20;
    let rest = REQUEST_BYTES - 7 * (large + cost) - cost;
    let last = rest - rest % 3;
    // The rest cannot be said in whole groups of three bytes: a longer method makes up for it.
    let mut fitting = post(8, last);
    fitting["params"]["method"] = format!("POST{}", "T".repeat(rest % 3)).into();
    let mut session = server(only(Extension::Cancel));
    let mut given_up = post(0, large);
    given_up["params"]["streamResponse"] = true.into();
    tell(&mut session, &given_up);
    let params = json!({"requestId": ""});
    tell(&mut session, &json!({"method": "http/request/cancel", "params": params}));
    assert_eq!(refused(&mut session), [0]);
    for id in 1..=7 {
        tell(&mut session, &post(id, large));
    }
    tell(&mut session, &fitting);
    tell(&mut session, &post(9, 0));
    assert_eq!(refused(&mut session), [9]);
    let first = started(&mut session);
    tell(&mut session, &post(10, 0));
    assert_eq!(refused(&mut session), [10]);
    session.call(first).unwrap().fail(Failure::unsent(ErrorCode::ConnectionRefused));
    assert_eq!(refused(&mut session), [1]);
    tell(&mut session, &post(11, large));
    tell(&mut session, &post(12, 0));
    assert_eq!(refused(&mut session), [12]);
    // An answer that has begun needs its request no more.
    let second = started(&mut session);
    session.call(second).unwrap().respond(ok()).unwrap();
    tell(&mut session, &post(13, large));
    tell(&mut session, &post(14, 0));
    assert_eq!(refused(&mut session), [14]);
}

/// Catches a call that was given up and is counted as waiting or running, and one that takes
/// another one with it.
#[test]
fn a_call_that_is_over_makes_room_for_the_next_one() {
    let mut session = server(Extensions::all());
    let cancel = json!({"method": "http/request/cancel", "params": {"requestId": "0"}});
    tell(&mut session, &streamed(0, "0"));
    tell(&mut session, &streamed(1, "1"));
    tell(&mut session, &cancel);
    fail_started(&mut session, 1);
    let runs = MAX_RUNNING_CALLS as u64;
    for id in 0..2 * runs {
        tell(&mut session, &streamed(id, &id.to_string()));
    }
    fail_started(&mut session, runs);
    fail_started(&mut session, runs);
}

/// Starts as many calls as may run, and fails them.
fn fail_started(session: &mut ServerSession, count: u64) {
    let started = std::iter::from_fn(|| session.poll_event()).map(|event| match event {
        server::Event::StartRequest { call, .. } => call,
        other => panic!("{other:?}"),
    });
    let started: Vec<CallId> = started.collect();
    assert_eq!(started.len() as u64, count);
    for call in started {
        session.call(call).unwrap().fail(Failure::unsent(ErrorCode::ConnectionRefused));
    }
}

/// A buffered call whose head is known.
fn answered(session: &mut ServerSession, id: u64) -> CallId {
    tell(session, &post(id, 0));
    let call = started(session);
    session.call(call).unwrap().respond(ok()).unwrap();
    call
}

/// Catches buffered bodies that are limited one by one, whose answers hold memory that nobody
/// counts, and a count that drifts as they are sent or fail.
#[test]
fn buffered_bodies_are_limited_together_until_they_are_sent() {
    let mut session = server(Extensions::NONE);
    let left = CONNECTION_BUFFERED_BYTES - 3 * BUFFERED_BODY_BYTES;
    let whole = [1, 2, 3].map(|id| answered(&mut session, id));
    for call in whole {
        session.call(call).unwrap().body(vec![0; BUFFERED_BODY_BYTES]).unwrap();
    }
    for id in [4, 5] {
        let call = answered(&mut session, id);
        session.call(call).unwrap().body(vec![0; left]).unwrap();
        session.call(call).unwrap().body(vec![0]).unwrap();
        assert!(session.call(call).is_none());
        let message = sent(&mut session).remove(0)["error"]["message"].take();
        assert!(message.as_str().unwrap().contains("connection-buffered-bytes"), "{message}");
    }
    session.call(whole[0]).unwrap().finish(Ok(())).unwrap();
    let call = answered(&mut session, 6);
    session.call(call).unwrap().body(vec![0; BUFFERED_BODY_BYTES]).unwrap();
    assert!(session.call(call).is_none());
    assert_eq!(refused(&mut session), [1, 6]);
    let call = answered(&mut session, 7);
    session.call(call).unwrap().body(vec![0; BUFFERED_BODY_BYTES]).unwrap();
    let call = answered(&mut session, 8);
    session.call(call).unwrap().body(vec![0; left]).unwrap();
    session.call(call).unwrap().body(vec![0]).unwrap();
    assert!(session.call(call).is_none());
}

/// Catches replies that are counted wrong, or a limit on them that is off by one.
#[test]
fn replies_of_the_limit_stop_the_input_until_one_is_sent() {
    let mut session = server(Extensions::NONE);
    let ask = |session: &mut ServerSession, len: usize| {
        tell(session, &json!({"id": 1, "method": "m".repeat(len)}));
    };
    ask(&mut session, 1);
    let overhead = session.poll_transmit(Duration::ZERO).unwrap().len() - 1;
    let large = 4096 - overhead;
    for _ in 0..REPLY_BYTES / 4096 - 1 {
        ask(&mut session, large);
    }
    ask(&mut session, large - overhead - 1);
    assert!(session.ready_for_input(), "one byte and the least reply are left");
    ask(&mut session, 1);
    assert!(!session.ready_for_input());
    session.poll_transmit(Duration::ZERO).unwrap();
    assert!(session.ready_for_input());
}

/// Catches a connection that is thought to have more room than what was sent has made.
#[test]
fn a_full_connection_takes_what_it_has_sent() {
    let mut session = server(Extensions::NONE);
    let full = (CONNECTION_SEND_BYTES / SEND_BUFFER_BYTES) as u64;
    for id in 0..full {
        let call = open_stream(&mut session, id, &id.to_string());
        session.call(call).unwrap().body(vec![0; SEND_BUFFER_BYTES]).unwrap();
    }
    let other = open_stream(&mut session, full, "other");
    assert_eq!(session.call(other).map_or(0, CallMut::room), 0);
    for _ in 0..=full {
        session.poll_transmit(Duration::ZERO).unwrap();
    }
    assert_eq!(session.call(other).map_or(0, CallMut::room), 0, "responses make no room");
    session.poll_transmit(Duration::ZERO).unwrap();
    assert_eq!(session.call(other).map_or(0, CallMut::room), DELTA_BYTES);
}
