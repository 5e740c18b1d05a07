//! The client's end: calls, routes and ends.

use std::time::Duration;

use sandbar_exchange::{ErrorCode, Failure, Field, PeerError, Phase, Processed, Response};
use sandbar_protocol::client::{CloseReason, Event, RequestError};
use sandbar_protocol::delta::Read;
use sandbar_protocol::extensions::{Extension, Extensions};
use sandbar_protocol::http::{FieldError, InvalidRequest};
use sandbar_protocol::limits::{MAX_CALLS, MAX_DELTA_BYTES};
use sandbar_protocol::server;
use serde_json::{Value, json};

use crate::support::{
    client, delta, get, head, new_client, sent_by_client, server, summary, tell, tell_client,
};

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
    assert_eq!(session.read(call, 9), Some(Read::End(Ok(summary(1, 1)))));
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
    tell_client(&mut session, &delta("http-1", 1, "", false));
    assert!(session.poll_event().is_none(), "there is nothing to read in an empty delta");
    tell_client(&mut session, &delta("http-1", 2, "YQ==", false));
    tell_client(&mut session, &delta("http-1", 3, "YQ==", false));
    assert!(matches!(session.poll_event(), Some(Event::Readable { call: id }) if id == call));
    assert!(session.poll_event().is_none());
    session.read(call, 9);
    assert_eq!(session.read(call, 9), Some(Read::Pending));
    tell_client(&mut session, &delta("http-1", 4, "", true));
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
    let incomplete = Failure::sent(ErrorCode::IncompleteBody);
    assert_eq!(session.read(call, 9), Some(Read::End(Err(incomplete))));
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

    let streaming = session.request(get("http://h/")).unwrap();
    let unanswered = session.request(get("http://h/")).unwrap();
    sent_by_client(&mut session);
    tell_client(&mut session, &head(5));
    tell_client(&mut session, &delta("http-5", 1, "", true));
    session.cancel(streaming);
    session.cancel(unanswered);
    let told = sent_by_client(&mut session);
    let names = told.iter().map(|message| &message["params"]["requestId"]).collect::<Vec<_>>();
    assert_eq!(names, ["http-4", "http-5"]);
}

/// Catches an answer to something else that is taken for one to the handshake, and a connection
/// that is given up for an answer that nobody waits for.
#[test]
fn an_answer_that_nobody_waits_for_is_ignored() {
    let mut session = new_client(Extensions::NONE);
    session.request(get("http://h/")).unwrap();
    assert_eq!(sent_by_client(&mut session).len(), 1);
    tell_client(&mut session, &error(2, -32603, "m"));
    tell_client(&mut session, &json!({"id": 2, "result": {"sessionId": "S"}}));
    assert!(session.poll_transmit().is_none(), "the handshake is not complete");
    tell_client(&mut session, &json!({"id": 1, "result": {"sessionId": "S"}}));
    assert_eq!(sent_by_client(&mut session).len(), 2);
    assert!(matches!(session.poll_event(), Some(Event::Connected { .. })));
    tell_client(&mut session, &error(1, -32603, "m"));
    tell_client(&mut session, &json!({"id": 1, "result": {"sessionId": "S"}}));
    tell_client(&mut session, &json!({"id": "2", "result": null}));
    assert!(session.poll_event().is_none());
    tell_client(&mut session, &head(2));
    assert!(matches!(session.poll_event(), Some(Event::Head { .. })));
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
    let failure = Failure::sent(ErrorCode::limit("delta-bytes", MAX_DELTA_BYTES));
    assert_eq!(session.read(bad, 9), Some(Read::End(Err(failure))));
    assert_eq!(session.read(good, 9), Some(Read::Data(b"a".to_vec())));
    assert_eq!(sent_by_client(&mut session).len(), 1);
}

/// Catches a disconnection that loses bytes, that reads as a wrong number, that leaves a call
/// waiting, that looks like a clean end, or that calls what was sent safe to repeat, or what was
/// not sent unsafe.
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
    let disconnected = || ErrorCode::Disconnected("reset".into());
    assert!(matches!(
        session.poll_event(),
        Some(Event::Closed(CloseReason::Disconnected(reason))) if reason == "reset"
    ));
    let expected =
        [(unanswered, Failure::sent(disconnected())), (unsent, Failure::unsent(disconnected()))];
    for expected in expected {
        let Some(Event::Failed { call, failure }) = session.poll_event() else {
            panic!("the call waits");
        };
        assert_eq!((call, failure), expected);
    }
    assert!(session.poll_event().is_none());
    assert_eq!(session.read(streaming, 9), Some(Read::Data(b"a".to_vec())));
    let lost = Failure::sent(disconnected());
    assert_eq!(session.read(streaming, 9), Some(Read::End(Err(lost))));
    assert_eq!(session.request(get("http://h/")), Err(RequestError::Closed));
}

/// The failure of a call that was answered with `message`.
fn failed(extensions: Extensions, message: &Value) -> Failure {
    let mut session = client(extensions);
    session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, message);
    match session.poll_event() {
        Some(Event::Failed { failure, .. }) => failure,
        other => panic!("{other:?}"),
    }
}

/// Catches one code for every error, types that are believed without having been negotiated, and
/// anything but a refused request that is called safe to repeat.
#[test]
fn error_responses_become_failures() {
    let text = |code, text: &str| failed(Extensions::NONE, &error(2, code, text));
    let sending = "error sending request for url (http://127.0.0.1:1/)";
    assert_eq!(
        text(-32603, &format!("http/request failed: {sending}")),
        Failure::sent(ErrorCode::ConnectionFailed(sending.to_owned()))
    );
    assert_eq!(
        text(-32603, "http/request failed: too many redirects"),
        Failure::sent(ErrorCode::Redirect("too many redirects".to_owned()))
    );
    let late = "http/request failed: route-aware request timed out";
    assert_eq!(text(-32603, late), Failure::sent(ErrorCode::TotalTimeout));
    let reason = "http/request method is invalid: invalid HTTP method".to_owned();
    assert_eq!(text(-32602, &reason), Failure::unsent(ErrorCode::InvalidRequest(reason)));
    let nope = PeerError { code: -32601, message: "nope".to_owned() };
    assert_eq!(text(-32601, "nope"), Failure::sent(ErrorCode::Peer(nope)));

    let mut typed = error(2, -32603, "http/request failed: x");
    typed["error"]["data"] = json!({"sandbar": {"kind": "first-byte-timeout"}});
    assert_eq!(failed(Extensions::all(), &typed), Failure::sent(ErrorCode::FirstByteTimeout));
    let untyped = failed(Extensions::NONE, &typed);
    assert!(matches!(untyped.code, ErrorCode::ConnectionFailed(_)), "{untyped:?}");
    typed["error"]["data"] = json!({"sandbar": {"kind": "dns"}});
    let untyped = failed(Extensions::all(), &typed);
    assert!(matches!(untyped.code, ErrorCode::ConnectionFailed(_)), "{untyped:?}");
}

/// Catches a reader that loses where a call failed and whether it can have been processed, that
/// takes what says nothing of it, or has been answered, for unprocessed, or that does not read what
/// version 0.1.0 writes, or some later one.
#[test]
fn a_failure_is_read_from_peers_of_every_version() {
    let told = |sandbar: Value| {
        let mut message = error(2, -32603, "http/request failed: x");
        message["error"]["data"] = json!({ "sandbar": sandbar });
        failed(Extensions::all(), &message)
    };
    let whole = json!({"kind": "connection-refused", "authority": "h:80", "unprocessed": true});
    assert_eq!(told(whole), Failure::unsent(ErrorCode::ConnectionRefused).at("h:80"));
    let denied = json!({"kind": "denied", "reason": "r", "rule": null});
    assert_eq!(told(denied), Failure::sent(ErrorCode::Denied("r".to_owned())));
    let limit = json!({"kind": "limit-exceeded", "name": "calls", "value": 3});
    assert_eq!(told(limit), Failure::sent(ErrorCode::limit("calls", 3)));
    let mut end = delta("http-1", 1, "", true);
    end["params"]["error"] = "x".into();
    end["params"]["failure"] =
        json!({"kind": "tls", "reason": "r", "authority": "h:443", "unprocessed": true});
    let mut session = client(Extensions::all());
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &head(2));
    tell_client(&mut session, &end);
    let broken = Failure::sent(ErrorCode::Tls("r".to_owned())).at("h:443");
    assert_eq!(session.read(call, 9), Some(Read::End(Err(broken))));
    let other = told(json!({"kind": "other", "reason": null}));
    assert!(matches!(other.code, ErrorCode::Other(_)), "{other:?}");
    let later = told(json!({"kind": "from-the-future", "reason": "r"}));
    assert_eq!(later, Failure::sent(ErrorCode::Other("r".to_owned())));
}

/// Catches a caller that is not told where a response came from because its executor does not say,
/// and an executor that is believed though it could not be asked to say.
#[test]
fn a_response_came_from_where_it_was_asked_for_unless_the_executor_says_otherwise() {
    let url = |extensions, said: Option<&str>| {
        let mut session = client(extensions);
        session.request(get("http://h/asked")).unwrap();
        session.poll_transmit().unwrap();
        let mut message = head(2);
        if let Some(said) = said {
            message["result"]["url"] = said.into();
        }
        tell_client(&mut session, &message);
        match session.poll_event() {
            Some(Event::Head { response: Response { url, .. }, .. }) => url,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(url(Extensions::NONE, None), "http://h/asked");
    assert_eq!(url(Extensions::all(), None), "http://h/asked");
    assert_eq!(url(Extensions::NONE, Some("http://h/end")), "http://h/asked");
    assert_eq!(url(Extensions::all(), Some("http://h/end")), "http://h/end");
}

/// Catches a deadline that is rounded down to none at all, that travels as another one, or that a
/// stock executor is told though it cuts connections over less.
#[test]
fn deadlines_travel_in_milliseconds_rounded_up() {
    let request = || {
        get("http://h/")
            .within(Phase::Connect, Some(Duration::from_nanos(1)))
            .within(Phase::FirstByte, Some(Duration::from_micros(2001)))
            .within(Phase::Idle, Some(Duration::from_millis(4)))
            .within(Phase::Total, Some(Duration::ZERO))
    };
    let params = |extensions| {
        let mut session = client(extensions);
        session.request(request()).unwrap();
        sent_by_client(&mut session).remove(0)["params"].take()
    };
    let told = params(Extensions::all());
    assert_eq!(told["timeouts"], json!({"connectMs": 1, "firstByteMs": 3, "idleMs": 4}));
    assert_eq!(told["timeoutMs"], 0);
    let stock = params(Extensions::NONE);
    assert_eq!((stock.get("timeouts"), &stock["timeoutMs"]), (None, &json!(0)));

    let mut peer = server(Extensions::all());
    tell(&mut peer, &json!({"id": 1, "method": "http/request", "params": told}));
    let Some(server::Event::StartRequest { request, .. }) = peer.poll_event() else {
        panic!("not started");
    };
    let read = |phase| request.deadline(phase).map(|deadline| deadline.as_millis());
    let phases = [Phase::Connect, Phase::FirstByte, Phase::Idle, Phase::Total];
    assert_eq!(phases.map(read), [Some(1), Some(3), Some(4), Some(0)]);
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
            matches!(
                &event,
                Some(Event::Failed {
                    failure: Failure {
                        code: ErrorCode::Protocol(words),
                        processed: Processed::Possibly,
                        ..
                    },
                    ..
                }) if !words.is_empty()
            ),
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
    for message in [b"{".to_vec(), missing.to_string().into()] {
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
    let Some(Event::Failed { failure, .. }) = session.poll_event() else {
        panic!("not failed");
    };
    assert!(matches!(failure.code, ErrorCode::InvalidRequest(_)), "{failure:?}");
    assert_eq!(failure.processed, Processed::Never);

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
