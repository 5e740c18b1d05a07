//! The client's end: calls, routes and ends.

use sandbar_protocol::client::{CloseReason, Event, RequestError};
use sandbar_protocol::delta::{Read, Summary};
use sandbar_protocol::extensions::{Extension, Extensions};
use sandbar_protocol::http::{ErrorCode, Field, FieldError, InvalidRequest};
use sandbar_protocol::limits::{MAX_CALLS, MAX_DELTA_BYTES};
use serde_json::{Value, json};

use crate::support::{client, delta, get, head, new_client, sent_by_client, tell_client};

fn error(rpc_id: u64, code: i64, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}, "id": rpc_id})
}

/// Catches members or methods that a stock executor does not know: it cuts the connection.
#[test]
fn a_stock_executor_is_told_nothing_that_it_does_not_know() {
    let mut session = new_client(Extensions::all());
    let call = session.request(get("http://h/")).unwrap();
    let dropped = session.request(get("http://h/")).unwrap();
    let mut sent = sent_by_client(&mut session);
    tell_client(&mut session, &json!({"id": 1, "result": {"sessionId": "S"}}));
    sent.extend(sent_by_client(&mut session));
    tell_client(&mut session, &head(2));
    tell_client(&mut session, &head(3));
    tell_client(&mut session, &delta("http-1", 1, &"AAAA".repeat(100_000), false));
    session.read(call, usize::MAX);
    session.cancel(dropped);
    tell_client(&mut session, &delta("http-1", 3, "", false));
    sent.extend(sent_by_client(&mut session));
    let methods: Vec<_> = sent.iter().map(|message| message["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["initialize", "initialized", "http/request", "http/request"]);
    let names: Vec<_> = sent[2]["params"].as_object().unwrap().keys().cloned().collect();
    let known =
        ["bodyBase64", "headers", "method", "redirectPolicy", "requestId", "streamResponse", "url"];
    assert_eq!(names, known);
}

/// Catches requests that overtake the handshake.
#[test]
fn requests_wait_for_the_handshake() {
    let mut session = new_client(Extensions::NONE);
    session.request(get("http://h/")).unwrap();
    assert_eq!(sent_by_client(&mut session).len(), 1);
    assert!(session.poll_transmit().is_none());
    tell_client(&mut session, &json!({"id": 1, "result": {"sessionId": "S"}}));
    assert_eq!(sent_by_client(&mut session).len(), 2);
}

/// Catches an id that is given to another call while late frames of the first are on the way.
#[test]
fn ids_are_never_used_twice() {
    let mut session = client(Extensions::NONE);
    let mut names = Vec::new();
    for _ in 0..3 {
        let call = session.request(get("http://h/")).unwrap();
        let sent = sent_by_client(&mut session);
        names.push(sent[0]["params"]["requestId"].as_str().unwrap().to_owned());
        session.cancel(call);
    }
    assert_eq!(names, ["http-1", "http-2", "http-3"]);
}

/// Catches a route that is made when the response arrives.
#[test]
fn deltas_before_the_response_are_kept() {
    let mut session = client(Extensions::NONE);
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &delta("http-1", 1, "YQ==", false));
    tell_client(&mut session, &delta("http-1", 2, "", true));
    assert_eq!(session.read(call, 9), Some(Read::Pending));
    assert!(session.poll_event().is_none());
    tell_client(&mut session, &head(2));
    assert!(matches!(session.poll_event(), Some(Event::Head { .. })));
    assert_eq!(session.read(call, 9), Some(Read::Data(b"a".to_vec())));
    let summary = Summary { bytes: 1, deltas: 1 };
    assert_eq!(session.read(call, 9), Some(Read::End(Ok(summary))));
    assert_eq!(session.read(call, 9), None);
}

/// Catches a reader that is not told of bytes or of the end, or is told again and again.
#[test]
fn a_reader_that_found_nothing_is_told_once() {
    let mut session = client(Extensions::NONE);
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &head(2));
    session.poll_event().unwrap();
    assert_eq!(session.read(call, 9), Some(Read::Pending));
    tell_client(&mut session, &delta("http-1", 1, "YQ==", false));
    tell_client(&mut session, &delta("http-1", 2, "YQ==", false));
    assert!(matches!(session.poll_event(), Some(Event::Readable { call: id }) if id == call));
    assert!(session.poll_event().is_none());
    session.read(call, 9);
    assert_eq!(session.read(call, 9), Some(Read::Pending));
    tell_client(&mut session, &delta("http-1", 3, "", true));
    assert!(matches!(session.poll_event(), Some(Event::Readable { .. })));
}

/// Catches a parser that wants what executors may leave out, or takes an error for more bytes.
#[test]
fn a_delta_may_lack_done_and_error() {
    let mut session = client(Extensions::NONE);
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &head(2));
    let bare = |seq: u64| json!({"requestId": "http-1", "seq": seq, "deltaBase64": "YQ=="});
    let message = |params: Value| json!({"method": "http/request/bodyDelta", "params": params});
    tell_client(&mut session, &message(bare(1)));
    let mut failed = bare(2);
    failed["error"] = "error decoding response body".into();
    tell_client(&mut session, &message(failed));
    assert_eq!(session.read(call, 9), Some(Read::Data(b"a".to_vec())));
    assert_eq!(session.read(call, 9), Some(Read::End(Err(ErrorCode::IncompleteBody))));
}

/// Catches late frames that are taken for a violation, or that reach another call.
#[test]
fn frames_of_a_cancelled_call_are_ignored() {
    let mut session = client(Extensions::NONE);
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    session.cancel(call);
    let other = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &delta("http-1", 1, "YQ==", false));
    tell_client(&mut session, &head(2));
    for name in ["http-01", "http-+2", "HTTP-2", "http-99", "x", ""] {
        tell_client(&mut session, &delta(name, 1, "YQ==", false));
    }
    tell_client(&mut session, &head(3));
    assert!(matches!(session.poll_event(), Some(Event::Head { call, .. }) if call == other));
    assert!(session.poll_event().is_none());
    assert_eq!(session.read(other, 9), Some(Read::Pending));
    assert_eq!(session.read(call, 9), None);
}

/// Catches a cancellation that does not reach the executor, or reaches it for a call that has
/// ended or was never sent.
#[test]
fn an_executor_that_knows_cancel_is_told() {
    let mut session = client([Extension::Cancel].into_iter().collect());
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    session.cancel(call);
    session.cancel(call);
    let params = json!({"requestId": "http-1"});
    let cancel = json!({"method": "http/request/cancel", "params": params});
    assert_eq!(sent_by_client(&mut session), [cancel]);

    let unsent = session.request(get("http://h/")).unwrap();
    session.cancel(unsent);
    assert!(session.poll_transmit().is_none());

    let ended = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &head(4));
    tell_client(&mut session, &delta("http-3", 1, "", true));
    session.cancel(ended);
    assert!(session.poll_transmit().is_none());
}

/// Catches an oversize delta that kills every stream, or whose sender goes on unheard.
#[test]
fn a_violation_fails_its_own_stream_only() {
    let mut session = client([Extension::Cancel].into_iter().collect());
    let bad = session.request(get("http://h/")).unwrap();
    let good = session.request(get("http://h/")).unwrap();
    sent_by_client(&mut session);
    tell_client(&mut session, &head(2));
    tell_client(&mut session, &head(3));
    let oversize = "AAAA".repeat(MAX_DELTA_BYTES / 3 + 1);
    tell_client(&mut session, &delta("http-1", 1, &oversize, false));
    tell_client(&mut session, &delta("http-1", 2, &oversize, false));
    tell_client(&mut session, &delta("http-2", 1, "YQ==", false));
    let error = ErrorCode::limit("delta-bytes", MAX_DELTA_BYTES);
    assert_eq!(session.read(bad, 9), Some(Read::End(Err(error))));
    assert_eq!(session.read(good, 9), Some(Read::Data(b"a".to_vec())));
    assert_eq!(sent_by_client(&mut session).len(), 1);
}

/// Catches a disconnection that loses bytes, that reads as a wrong number, that leaves a call
/// waiting, or that looks like a clean end.
#[test]
fn a_disconnection_ends_every_call_with_its_reason() {
    let mut session = client(Extensions::NONE);
    let streaming = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &head(2));
    tell_client(&mut session, &delta("http-1", 1, "YQ==", false));
    let unanswered = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    let unsent = session.request(get("http://h/")).unwrap();
    session.poll_event().unwrap();
    session.handle_disconnect("reset");
    session.handle_disconnect("again");
    let disconnected = || ErrorCode::Disconnected { reason: "reset".into() };
    assert!(matches!(
        session.poll_event(),
        Some(Event::Closed(CloseReason::Disconnected(reason))) if reason == "reset"
    ));
    for expected in [unanswered, unsent] {
        let Some(Event::Failed { call, error }) = session.poll_event() else {
            panic!("the call waits");
        };
        assert_eq!((call, error), (expected, disconnected()));
    }
    assert!(session.poll_event().is_none());
    assert_eq!(session.read(streaming, 9), Some(Read::Data(b"a".to_vec())));
    assert_eq!(session.read(streaming, 9), Some(Read::End(Err(disconnected()))));
    assert_eq!(session.request(get("http://h/")), Err(RequestError::Closed));
}

/// Catches one code for every error, and types that are believed without having been negotiated.
#[test]
fn error_responses_become_typed_errors() {
    let failed = |extensions: Extensions, message: Value| {
        let mut session = client(extensions);
        session.request(get("http://h/")).unwrap();
        session.poll_transmit().unwrap();
        tell_client(&mut session, &message);
        match session.poll_event() {
            Some(Event::Failed { error, .. }) => error,
            other => panic!("{other:?}"),
        }
    };
    let text = |code, text: &str| failed(Extensions::NONE, error(2, code, text));
    let sending = "error sending request for url (http://127.0.0.1:1/)";
    let reason = sending.to_owned();
    assert_eq!(
        text(-32603, &format!("http/request failed: {sending}")),
        ErrorCode::ConnectionFailed { reason }
    );
    let reason = "too many redirects".to_owned();
    assert_eq!(
        text(-32603, "http/request failed: too many redirects"),
        ErrorCode::Redirect { reason }
    );
    let late = "http/request failed: route-aware request timed out";
    assert_eq!(text(-32603, late), ErrorCode::TotalTimeout);
    let reason = "http/request method is invalid: invalid HTTP method".to_owned();
    assert_eq!(text(-32602, &reason), ErrorCode::InvalidRequest { reason });
    let message = "nope".to_owned();
    assert_eq!(text(-32601, "nope"), ErrorCode::Peer { code: -32601, message });

    let mut typed = error(2, -32603, "http/request failed: x");
    typed["error"]["data"] = json!({"sandbar": {"kind": "first-byte-timeout"}});
    assert_eq!(failed(Extensions::all(), typed.clone()), ErrorCode::FirstByteTimeout);
    assert!(matches!(failed(Extensions::NONE, typed.clone()), ErrorCode::ConnectionFailed { .. }));
    typed["error"]["data"] = json!({"sandbar": {"kind": "from-the-future"}});
    assert!(matches!(failed(Extensions::all(), typed), ErrorCode::ConnectionFailed { .. }));
}

/// Catches a head that is believed whatever it says.
#[test]
fn a_head_that_is_not_http_fails_its_call() {
    for result in [
        json!({"status": 99, "headers": [], "bodyBase64": ""}),
        json!({"status": 200, "headers": [{"name": "a b", "value": ""}], "bodyBase64": ""}),
        json!({"status": 200, "headers": [{"name": "a", "value": "x\r\ny: z"}], "bodyBase64": ""}),
        json!({"status": 200, "headers": [], "bodyBase64": "YQ=="}),
        json!({"status": 200}),
        json!(null),
    ] {
        let mut session = client(Extensions::NONE);
        session.request(get("http://h/")).unwrap();
        session.poll_transmit().unwrap();
        tell_client(&mut session, &json!({"id": 2, "result": result}));
        let event = session.poll_event();
        assert!(
            matches!(event, Some(Event::Failed { error: ErrorCode::Protocol { .. }, .. })),
            "{event:?}"
        );
    }
}

/// Catches a handshake that is refused and waited for, and a refused message that leaves its
/// call waiting.
#[test]
fn refusals_that_name_no_call_end_the_connection() {
    let mut session = new_client(Extensions::NONE);
    tell_client(&mut session, &error(1, -32600, "unknown session id X"));
    let message = "unknown session id X".to_owned();
    let Some(Event::Closed(reason)) = session.poll_event() else {
        panic!("not closed");
    };
    assert_eq!(reason, CloseReason::InitializeRefused { code: -32600, message });

    let mut session = client(Extensions::NONE);
    tell_client(&mut session, &json!({"error": {"code": -32600, "message": "m"}, "id": -1}));
    let event = session.poll_event();
    assert!(matches!(event, Some(Event::Closed(CloseReason::MessageRefused(text))) if text == "m"));
}

/// Catches a client that goes on after a message that may have been a delta.
#[test]
fn a_message_that_cannot_be_read_ends_the_connection() {
    let missing = json!({"method": "http/request/bodyDelta", "params": {"requestId": "http-1"}});
    let asked = json!({"id": 1, "method": "fs/read"});
    for message in [b"{".to_vec(), missing.to_string().into(), asked.to_string().into()] {
        let mut session = client(Extensions::NONE);
        session.handle_message(&message);
        assert!(matches!(session.poll_event(), Some(Event::Closed(_))));
    }
    let mut session = client(Extensions::NONE);
    tell_client(&mut session, &json!({"method": "process/exited", "params": {}}));
    assert!(session.poll_event().is_none());
}

/// Catches a request that would add a field of its own to the exchange, and one that changes on
/// its way.
#[test]
fn requests_that_cannot_be_sent_are_not() {
    let mut session = client(Extensions::NONE);
    let mut request = get("http://h/");
    request.method = "GE T".into();
    let refused = session.request(request);
    assert_eq!(refused, Err(RequestError::Invalid(InvalidRequest::Method)));

    let mut request = get("http://h/");
    request.fields.push(Field::new("x", "a\r\nb: c"));
    let name = "x".to_owned();
    let invalid = InvalidRequest::Field(FieldError::Value { name });
    assert_eq!(session.request(request), Err(RequestError::Invalid(invalid)));

    let mut request = get("http://h/");
    request.fields.push(Field::new("x", vec![0xff]));
    session.request(request.clone()).unwrap();
    assert!(session.poll_transmit().is_none());
    let event = session.poll_event();
    assert!(matches!(event, Some(Event::Failed { error: ErrorCode::InvalidRequest { .. }, .. })));

    let mut session = client(Extensions::all());
    session.request(request).unwrap();
    let sent = sent_by_client(&mut session).remove(0);
    assert_eq!(sent["params"]["headers"][1]["valueBase64"], "/w==");
}

/// Catches a table without a limit.
#[test]
fn calls_beyond_the_table_are_refused() {
    let mut session = client(Extensions::NONE);
    let calls: Vec<_> =
        (0..MAX_CALLS).map(|_| session.request(get("http://h/")).unwrap()).collect();
    assert_eq!(session.request(get("http://h/")), Err(RequestError::TooManyCalls));
    session.cancel(calls[0]);
    session.request(get("http://h/")).unwrap();
}
