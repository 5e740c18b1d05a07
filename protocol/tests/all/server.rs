//! The executor's end: calls, their order and their ends.

use std::time::Duration;

use sandbar_exchange::{ErrorCode, Failure, Field, Response};
use sandbar_protocol::extensions::{Extension, Extensions};
use sandbar_protocol::http::InvalidRequest;
use sandbar_protocol::limits::{BUFFERED_BODY_BYTES, MAX_CALLS, MAX_RUNNING_CALLS};
use sandbar_protocol::server::{CloseReason, Event, Misuse};
use serde_json::json;

use crate::support::{delta, new_server, ok, open_stream, sent, server, started, streamed, tell};

fn cancel(name: &str) -> serde_json::Value {
    json!({"method": "http/request/cancel", "params": {"requestId": name}})
}

/// Catches an executor that confirms what was not offered, or tells a stock client of extensions.
#[test]
fn only_offered_extensions_are_confirmed() {
    let mut session = new_server(Extensions::all());
    let offer = json!({"version": 1, "extensions": ["credit", "teleport"]});
    let params = json!({"clientName": "c", "sandbar": offer});
    tell(&mut session, &json!({"id": 1, "method": "initialize", "params": params}));
    let confirmed = json!({"version": 1, "extensions": ["credit"]});
    let result = json!({"sessionId": "SESSION", "sandbar": confirmed});
    assert_eq!(sent(&mut session), [json!({"id": 1, "result": result})]);
}

/// Catches a set in which what is put twice is not.
#[test]
fn an_extension_that_is_named_twice_is_known() {
    let twice: Extensions = [Extension::Cancel, Extension::Cancel].into_iter().collect();
    assert!(twice.contains(Extension::Cancel) && !twice.contains(Extension::Credit));
}

/// Catches a second stream under the same id, an id that is never free again, and an id that a
/// buffered call reserves.
#[test]
fn a_stream_id_is_reserved_until_its_terminal_delta() {
    let mut session = server(Extensions::NONE);
    let call = open_stream(&mut session, 1, "dup");
    session.call(call).unwrap().body(b"tick".to_vec()).unwrap();
    session.call(call).unwrap().finish(Ok(())).unwrap();
    tell(&mut session, &streamed(2, "dup"));
    let params = json!({"method": "GET", "url": "http://h/", "requestId": "dup"});
    tell(&mut session, &json!({"id": 3, "method": "http/request", "params": params}));
    let buffered = started(&mut session);
    session.call(buffered).unwrap().fail(Failure::unsent(ErrorCode::ConnectionRefused));

    let messages = sent(&mut session);
    let text = InvalidRequest::StreamActive("dup".into()).to_string();
    assert_eq!(messages[1]["error"], json!({"code": -32602, "message": text}));
    assert_eq!(messages[2]["id"], 3);
    assert_eq!(messages[4], delta("dup", 2, "", true));
    tell(&mut session, &streamed(4, "dup"));
    started(&mut session);
}

/// Catches errors that a stock client would not repeat, or would repeat in vain: it looks for
/// -32603 and the prefix.
#[test]
fn what_may_be_repeated_says_failed_and_the_rest_does_not() {
    let mut session = server(Extensions::NONE);
    let mut answer = |error: ErrorCode| {
        tell(&mut session, &streamed(1, "s"));
        let call = started(&mut session);
        session.call(call).unwrap().fail(Failure::sent(error));
        let error = sent(&mut session).remove(0)["error"].clone();
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    };
    let (code, text) = answer(ErrorCode::ConnectionRefused);
    assert_eq!((code, text.as_str()), (-32603, "http/request failed: connection refused"));
    assert_eq!(answer(ErrorCode::Denied("no rule".into())).0, -32602);
    let reason = InvalidRequest::Scheme("ftp".into()).to_string();
    let expected = "http/request only supports http and https URLs, got ftp";
    let invalid = answer(ErrorCode::InvalidRequest(reason));
    assert_eq!((invalid.0, invalid.1.as_str()), (-32602, expected));
}

/// Catches typed errors that reach a stock client, or do not reach another.
#[test]
fn errors_are_typed_where_that_was_negotiated() {
    for (extensions, typed) in [(Extensions::NONE, false), (Extensions::all(), true)] {
        let mut session = server(extensions);
        tell(&mut session, &streamed(1, "a"));
        let call = started(&mut session);
        session.call(call).unwrap().fail(Failure::sent(ErrorCode::TotalTimeout));
        let call = open_stream(&mut session, 2, "b");
        session.call(call).unwrap().finish(Err(Failure::sent(ErrorCode::IdleTimeout))).unwrap();
        let messages = sent(&mut session);
        let data = &messages[0]["error"]["data"];
        assert_eq!(data["sandbar"]["kind"] == "total-timeout", typed);
        assert_eq!(data.is_null(), !typed);
        let end = &messages[2]["params"];
        assert_eq!(end["failure"]["kind"] == "idle-timeout", typed);
        assert_eq!(end.get("failure").is_none(), !typed);
        assert!(end["error"].is_string());
    }
}

/// Catches a request that is refused before it begins, in the stock words alone: a client that knows
/// more is told what it would be told where the request is dialled.
#[test]
fn a_refusal_is_typed_where_that_was_negotiated_and_has_the_stock_words_everywhere() {
    for (extensions, typed) in [(Extensions::NONE, false), (Extensions::all(), true)] {
        let mut session = server(extensions);
        let mut request = streamed(1, "a");
        request["params"]["url"] = "ftp://h/".into();
        tell(&mut session, &request);
        let error = sent(&mut session).remove(0)["error"].clone();
        assert_eq!(error["code"], -32602);
        let stock = "http/request only supports http and https URLs, got ftp";
        assert_eq!(error["message"], stock);
        let failure = json!({
            "kind": "invalid-request",
            "reason": "the scheme `ftp` is not http or https",
            "unprocessed": true,
        });
        let data = if typed { json!({ "sandbar": failure }) } else { serde_json::Value::Null };
        assert_eq!(error["data"], data);
    }
}

/// Catches a client that cannot tell where a call failed, or whether it is safe to repeat, and a
/// call of the executor's own making that is thought processed though it never started.
#[test]
fn a_failure_says_where_it_happened_and_whether_the_request_was_processed() {
    let mut session = server(Extensions::all());
    tell(&mut session, &streamed(1, "a"));
    let call = started(&mut session);
    let refused = Failure::unsent(ErrorCode::ConnectionRefused).at("h:80");
    session.call(call).unwrap().fail(refused);
    let data = sent(&mut session)[0]["error"]["data"].take();
    let kind = json!({"kind": "connection-refused", "authority": "h:80", "unprocessed": true});
    assert_eq!(data, json!({ "sandbar": kind }));

    let call = open_stream(&mut session, 2, "b");
    session
        .call(call)
        .unwrap()
        .finish(Err(Failure::sent(ErrorCode::IdleTimeout).at("h:80")))
        .unwrap();
    let end = sent(&mut session).remove(1);
    assert_eq!(end["params"]["failure"], json!({"kind": "idle-timeout", "authority": "h:80"}));

    tell(&mut session, &streamed(3, "waits"));
    tell(&mut session, &cancel("waits"));
    let cancelled = json!({"kind": "cancelled", "unprocessed": true});
    assert_eq!(sent(&mut session)[0]["error"]["data"]["sandbar"], cancelled);
}

/// Catches field values that vanish between peers that could carry them, and ones that make a
/// stock client refuse the response.
#[test]
fn fields_that_are_not_ascii_travel_only_where_that_was_negotiated() {
    let head = || Response {
        status: 200,
        fields: vec![Field::new("x-a", "plain\t"), Field::new("x-b", vec![0xe9])],
        url: "http://h/end".into(),
    };
    let answer = |extensions| {
        let mut session = server(extensions);
        tell(&mut session, &streamed(1, "s"));
        let call = started(&mut session);
        session.call(call).unwrap().respond(head()).unwrap();
        sent(&mut session).remove(0)["result"].clone()
    };
    let plain = json!({"name": "x-a", "value": "plain\t"});
    let stock = json!({"status": 200, "headers": [plain], "bodyBase64": ""});
    assert_eq!(answer(Extensions::NONE), stock);
    let bytes = json!({"name": "x-b", "value": "", "valueBase64": "6Q=="});
    let result = answer([Extension::Fields].into_iter().collect());
    assert_eq!(result["headers"], json!([plain, bytes]));
    assert_eq!(result["url"], "http://h/end");
}

/// Catches a buffered call that is answered before its body is there, or that grows without end.
#[test]
fn a_buffered_body_comes_in_the_response_up_to_its_limit() {
    let params = json!({"method": "GET", "url": "http://h/", "requestId": "r"});
    let request = json!({"id": 1, "method": "http/request", "params": params});
    let mut session = server(Extensions::NONE);
    tell(&mut session, &request);
    let call = started(&mut session);
    session.call(call).unwrap().respond(ok()).unwrap();
    session.call(call).unwrap().body(b"hello ".to_vec()).unwrap();
    session.call(call).unwrap().body(b"body".to_vec()).unwrap();
    assert!(sent(&mut session).is_empty());
    session.call(call).unwrap().finish(Ok(())).unwrap();
    assert_eq!(sent(&mut session)[0]["result"]["bodyBase64"], "aGVsbG8gYm9keQ==");

    tell(&mut session, &request);
    let call = started(&mut session);
    session.call(call).unwrap().respond(ok()).unwrap();
    session.call(call).unwrap().body(vec![0; BUFFERED_BODY_BYTES]).unwrap();
    session.call(call).unwrap().body(vec![0]).unwrap();
    assert!(session.call(call).is_none());
    let message = &sent(&mut session)[0]["error"]["message"];
    assert!(message.as_str().unwrap().contains("buffered-body-bytes"));
}

/// Catches a buffered call that breaks in words a stock client does not know.
#[test]
fn a_buffered_body_that_breaks_fails_the_call() {
    let params = json!({"method": "GET", "url": "http://h/", "requestId": "b1"});
    let mut session = server(Extensions::NONE);
    tell(&mut session, &json!({"id": 19, "method": "http/request", "params": params}));
    let call = started(&mut session);
    session.call(call).unwrap().respond(ok()).unwrap();
    session.call(call).unwrap().finish(Err(Failure::sent(ErrorCode::IncompleteBody))).unwrap();
    let message = "failed to read http/request response body: error decoding response body";
    let expected = json!({"error": {"code": -32603, "message": message}, "id": 19});
    assert_eq!(sent(&mut session), [expected]);
}

/// Catches a cancellation that is a no-op, that leaves the call without an end, or that ends it
/// twice.
#[test]
fn a_cancelled_stream_stops_upstream_and_ends_once() {
    let mut session = server(Extensions::all());
    let call = open_stream(&mut session, 1, "s");
    session.call(call).unwrap().body(b"queued".to_vec()).unwrap();
    tell(&mut session, &cancel("s"));
    tell(&mut session, &cancel("s"));
    assert!(matches!(session.poll_event(), Some(Event::Cancel { call: id }) if id == call));
    assert!(session.poll_event().is_none());
    assert!(session.call(call).is_none());
    let messages = sent(&mut session);
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[1]["params"]["seq"], 1);
    assert_eq!(messages[1]["params"]["failure"], json!({"kind": "cancelled"}));
    tell(&mut session, &cancel("s"));
    assert!(sent(&mut session).is_empty());
}

/// Catches a cancellation that waits for the head of the response.
#[test]
fn a_call_without_a_response_is_cancelled_with_an_error() {
    let mut session = server(Extensions::all());
    tell(&mut session, &streamed(1, "s"));
    let call = started(&mut session);
    tell(&mut session, &cancel("s"));
    assert!(matches!(session.poll_event(), Some(Event::Cancel { call: id }) if id == call));
    assert_eq!(sent(&mut session)[0]["error"]["data"]["sandbar"]["kind"], "cancelled");
    assert!(session.call(call).is_none());
}

/// Catches a call that starts although nobody wants it any more.
#[test]
fn a_call_that_was_not_started_never_starts_once_cancelled() {
    let mut session = server(Extensions::all());
    tell(&mut session, &streamed(1, "s"));
    tell(&mut session, &cancel("s"));
    assert!(session.poll_event().is_none());
    assert_eq!(sent(&mut session).len(), 1);
}

/// Catches extensions that work without having been negotiated: a stock executor cuts there.
#[test]
fn a_notification_that_was_not_negotiated_cuts_the_connection() {
    let credit = json!({"requestId": "s", "bytes": 1});
    let credit = json!({"method": "http/request/credit", "params": credit});
    for (other, notification) in [(Extension::Credit, cancel("s")), (Extension::Cancel, credit)] {
        let mut session = server([other].into_iter().collect());
        let call = open_stream(&mut session, 1, "s");
        tell(&mut session, &notification);
        let Some(Event::Close(reason)) = session.poll_event() else {
            panic!("not closed");
        };
        let method = notification["method"].as_str().unwrap();
        assert_eq!(reason.to_string(), format!("unknown notification `{method}`"));
        assert_eq!(reason, CloseReason::UnknownNotification(method.to_owned()));
        assert!(matches!(session.poll_event(), Some(Event::Cancel { call: id }) if id == call));
        assert!(session.poll_transmit(Duration::ZERO).is_none());
    }
}

/// Catches upstream exchanges that outlive their connection.
#[test]
fn a_lost_connection_cancels_what_still_runs() {
    let mut session = server(Extensions::NONE);
    let streaming = open_stream(&mut session, 1, "a");
    let ended = open_stream(&mut session, 2, "b");
    session.call(ended).unwrap().finish(Ok(())).unwrap();
    tell(&mut session, &streamed(3, "c"));
    let running = started(&mut session);
    tell(&mut session, &streamed(4, "d"));
    session.handle_disconnect();
    let cancelled: Vec<_> = std::iter::from_fn(|| session.poll_event())
        .map(|event| match event {
            Event::Cancel { call } => call,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(cancelled, [streaming, running]);
    assert!(session.call(running).is_none());
}

/// Catches a connection that stops for ever when many calls are pipelined, one that runs them
/// all at once, and one that loses their order.
#[test]
fn pipelined_calls_wait_in_order_and_all_run() {
    let mut session = server(Extensions::NONE);
    for id in 0..400 {
        tell(&mut session, &streamed(id, &format!("s{id}")));
    }
    let mut running = Vec::new();
    let mut answered = Vec::new();
    while answered.len() < 400 {
        while let Some(Event::StartRequest { call, .. }) = session.poll_event() {
            running.push(call);
        }
        assert!(running.len() <= MAX_RUNNING_CALLS);
        session.call(running.remove(0)).unwrap().respond(ok()).unwrap();
        answered.extend(sent(&mut session).iter().map(|message| message["id"].as_u64().unwrap()));
    }
    assert!(answered.is_sorted());
}

/// Catches a table without a limit, and a refusal that a client would not repeat later.
#[test]
fn calls_beyond_the_table_are_refused_for_now() {
    let mut session = server(Extensions::NONE);
    for id in 0..=MAX_CALLS as u64 {
        tell(&mut session, &streamed(id, &format!("s{id}")));
    }
    let messages = sent(&mut session);
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["error"]["code"], -32603);
    let text = messages[0]["error"]["message"].as_str().unwrap();
    assert!(text.starts_with("http/request failed: "), "{text}");
}

/// Catches a failure that is lost where the head has gone out, or that is told twice.
#[test]
fn an_exchange_can_fail_at_any_point_and_its_call_is_over_then() {
    let mut session = server(Extensions::NONE);
    for id in 1..=3 {
        tell(&mut session, &streamed(id, &format!("s{id}")));
        let call = started(&mut session);
        if id > 1 {
            session.call(call).unwrap().respond(ok()).unwrap();
        }
        if id > 2 {
            session.call(call).unwrap().body(b"some".to_vec()).unwrap();
        }
        session.call(call).unwrap().fail(Failure::sent(ErrorCode::IncompleteBody));
        assert!(session.call(call).is_none());
        let messages = sent(&mut session);
        let last = messages.last().unwrap();
        match id {
            1 => assert!(last["error"]["message"].is_string(), "{last}"),
            _ => assert!(last["params"]["error"].is_string(), "{last}"),
        }
        let told =
            messages.iter().filter(|message| message.to_string().contains("error\":\"")).count();
        assert_eq!(told, usize::from(id > 1));
    }
}

/// Catches a method that does something although the call is not there yet, or twice.
#[test]
fn methods_out_of_order_are_the_callers_mistake() {
    let mut session = server(Extensions::NONE);
    tell(&mut session, &streamed(1, "s"));
    let call = started(&mut session);
    let mistake = session.call(call).unwrap().body(vec![1]).unwrap_err();
    assert_eq!(mistake, Misuse::OutOfOrder);
    assert_eq!(mistake.to_string(), "the call is not at that point");
    assert_eq!(session.call(call).unwrap().finish(Ok(())), Err(Misuse::OutOfOrder));
    session.call(call).unwrap().respond(ok()).unwrap();
    assert_eq!(session.call(call).unwrap().respond(ok()), Err(Misuse::OutOfOrder));
    session.call(call).unwrap().finish(Ok(())).unwrap();
    assert!(session.call(call).is_none());
    assert_eq!(sent(&mut session).len(), 2);
}
