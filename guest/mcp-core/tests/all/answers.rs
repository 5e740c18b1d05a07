//! How answers are read, in both eras unless a test says otherwise.

use sandbar_mcp_core::{CallId, Error, ErrorCode, Failure, Progress, RpcError, Session, Step};

use crate::script::{Event, Reply, Script, call_tool, legacy, modern, outgoing};

fn message(rest: &str) -> String {
    format!("data: {{\"jsonrpc\":\"2.0\",{rest}}}\n\n")
}

fn progress(token: &str, value: u32) -> String {
    let params = format!(r#"{{"progressToken":{token},"progress":{value},"total":9}}"#);
    message(&format!(r#""method":"notifications/progress","params":{params}"#))
}

fn invalid(outcome: Result<String, Error>) -> String {
    match outcome {
        Err(Error::InvalidMessage(text)) => text,
        other => panic!("not an invalid message: {other:?}"),
    }
}

/// Catches a result that is reshaped on its way, in a JSON body or in an event.
#[test]
fn a_result_is_byte_for_byte_what_the_server_wrote() {
    let result = "{ \"z\":1.50e2,\"a\":\"\\u00e9\", \"n\":null}";
    for mut session in [modern(), legacy()] {
        let reply = Reply::new(
            200,
            "application/json; charset=utf-8",
            format!("{{\"extra\":1,\"id\":$ID ,\"result\": {result} ,\"jsonrpc\":\"2.0\"}}\n"),
        );
        assert_eq!(call_tool(&mut session, [reply]).0.unwrap(), result);
        let reply = Reply::sse(&message(&format!(r#""id":$ID,"result":{result}"#)));
        assert_eq!(call_tool(&mut session, [reply]).0.unwrap(), result);
    }
}

/// Catches a result that overtakes its notifications, notifications that lose their order, and a
/// read before those that arrived are delivered.
#[test]
fn notifications_come_in_order_and_before_the_result() {
    for mut session in [modern(), legacy()] {
        let first = progress("$ID", 1) + &progress("$ID", 2);
        let last = progress("$ID", 3) + &message(r#""id":$ID,"result":{}"#);
        let (outcome, script) = call_tool(&mut session, [Reply::sse(&first).chunk(last)]);
        assert_eq!(outcome.unwrap(), "{}");
        let kinds: Vec<&str> = script
            .events
            .iter()
            .map(|event| match event {
                Event::Sent(_) => "send",
                Event::Read => "read",
                Event::Notified(_) => "notify",
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        assert_eq!(kinds, ["send", "read", "notify", "notify", "read", "notify"]);
        let values: Vec<f64> =
            script.notified().iter().map(|note| note.progress.as_ref().unwrap().progress).collect();
        assert_eq!(values, [1.0, 2.0, 3.0]);
    }
}

/// Catches a JSON answer that is complete and waits for its end all the same.
#[test]
fn a_json_body_of_the_announced_length_is_not_read_any_further() {
    for mut session in [modern(), legacy()] {
        let beginning = r#"{"jsonrpc":"2.0","result":{},"#;
        let length = (beginning.len() + "\"id\":0}".len()).to_string();
        let reply = Reply::json(200, beginning).chunk(r#""id":$ID}"#);
        let (outcome, script) = call_tool(&mut session, [reply.field("content-length", &length)]);
        assert_eq!(outcome.unwrap(), "{}");
        let reads = script.events.iter().filter(|event| matches!(event, Event::Read)).count();
        assert_eq!(reads, 2);
    }
}

/// Catches progress of another call that is taken for this call's, and a notification of an
/// unknown kind that is lost.
#[test]
fn notifications_are_attributed_to_their_call() {
    let stream = progress("$ID", 1)
        + &progress("999", 2)
        + &progress("\"x\"", 3)
        + &message(r#""method":"notifications/message","params":{"level":"info"}"#)
        + &message(r#""method":"notifications/progress","params":{"progress":"?"}"#)
        + &message(r#""id":$ID,"result":{}"#);
    let (_, script) = call_tool(&mut modern(), [Reply::sse(&stream)]);
    let calls: Vec<Option<CallId>> = script.notified().iter().map(|note| note.call).collect();
    let ours = Some(CallId(7));
    assert_eq!(calls, [ours, None, None, ours, ours]);
    let first = script.notified()[0];
    let typed = Progress { progress: 1.0, total: Some(9.0), message: None };
    assert_eq!(first.progress, Some(typed));
    assert_eq!(script.notified()[3].params.as_deref(), Some(r#"{"level":"info"}"#));
    assert_eq!(script.notified()[4].progress, None);
}

/// Catches a call that waits for the stream to end after it was answered: servers of
/// subscriptions and proxies keep streams open.
#[test]
fn the_answer_ends_the_call_though_the_stream_goes_on() {
    let reply = Reply::sse(&message(r#""id":$ID,"result":{}"#)).chunk(progress("$ID", 1));
    let (outcome, script) = call_tool(&mut legacy(), [reply]);
    assert_eq!(outcome.unwrap(), "{}");
    assert!(script.notified().is_empty());
}

/// Catches an answer that is accepted for whoever reads it first.
#[test]
fn answers_to_other_requests_are_skipped_in_a_stream_and_refused_in_json() {
    let other = message(r#""id":999,"result":{"no":1}"#)
        + &message(r#""id":"x","result":{"no":1}"#)
        + &message(r#""id":998,"error":{"code":1,"message":"no"}"#);
    let reply = Reply::sse(&(other + &message(r#""id":$ID,"result":{"yes":1}"#)));
    assert_eq!(call_tool(&mut legacy(), [reply]).0.unwrap(), r#"{"yes":1}"#);
    let reply = Reply::json(200, r#"{"jsonrpc":"2.0","id":999,"result":{}}"#);
    assert!(invalid(call_tool(&mut legacy(), [reply]).0).contains("another request"));
}

/// Catches an error that is missed because the server could not tell whose it is.
#[test]
fn errors_with_a_null_or_foreign_id_are_taken_for_the_answer() {
    let expected = RpcError { code: -32602, message: "m".into(), data: Some("[1]".into()) };
    for id in ["null", "\"server-error\"", "$ID"] {
        let rest = format!(r#""id":{id},"error":{{"code":-32602,"message":"m","data":[1]}}"#);
        for reply in [
            Reply::json(200, &format!(r#"{{"jsonrpc":"2.0",{rest}}}"#)),
            Reply::json(400, &format!(r#"{{"jsonrpc":"2.0",{rest}}}"#)),
            Reply::new(500, "text/plain", format!(r#"{{"jsonrpc":"2.0",{rest}}}"#)),
            Reply::sse(&message(&rest)),
        ] {
            let outcome = call_tool(&mut legacy(), [reply]).0;
            assert_eq!(outcome, Err(Error::Rpc(expected.clone())), "{id}");
        }
    }
}

/// Catches a demand for credentials that is hidden behind the JSON-RPC error next to it.
#[test]
fn a_challenge_is_reported_even_with_a_json_rpc_error() {
    let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"auth"}}"#;
    let forbidden = Reply::json(403, error).field("www-authenticate", "Bearer scope=\"a\"");
    let (outcome, _) = call_tool(&mut modern(), [forbidden]);
    let Err(Error::Status(status)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((status.status, &*status.preview), (403, error));
    assert_eq!(status.www_authenticate, ["Bearer scope=\"a\""]);
    let (outcome, _) = call_tool(&mut modern(), [Reply::json(401, error)]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 401));
}

/// Catches a batch that is refused, or one whose notifications come after the answer in it.
#[test]
fn a_batch_is_taken_apart_in_order() {
    let note = r#"{"jsonrpc":"2.0","method":"n"}"#;
    let answer = r#"{"jsonrpc":"2.0","id":$ID,"result":{"a":1}}"#;
    for reply in [
        Reply::json(200, &format!("[{note},{answer}]")),
        Reply::sse(&format!("data: [{note},\ndata: {answer}]\n\n")),
    ] {
        let (outcome, script) = call_tool(&mut legacy(), [reply]);
        assert_eq!(outcome.unwrap(), r#"{"a":1}"#);
        assert_eq!(script.notified().len(), 1);
    }
    let (outcome, _) = call_tool(&mut legacy(), [Reply::json(200, &format!("[{note}]"))]);
    assert_eq!(outcome, Err(Error::NoAnswer));
}

/// Catches a broken message that is skipped in silence, so that the call waits for ever.
#[test]
fn what_is_not_json_rpc_is_an_invalid_message() {
    let truncated = r#"{"jsonrpc":"2.0","id":$ID,"result":{"a":"#;
    for text in [truncated, "", "null", "\"x\"", r#"{"id":$ID}"#, "not json"] {
        invalid(call_tool(&mut modern(), [Reply::json(200, text)]).0);
        if !text.is_empty() {
            let stream = format!("data: {text}\n\n");
            invalid(call_tool(&mut modern(), [Reply::sse(&stream)]).0);
        }
    }
    let reply = Reply::new(200, "application/json", b"{\"id\":1,\"result\":\"\xFF\"}".to_vec());
    assert!(invalid(call_tool(&mut modern(), [reply]).0).contains("utf-8"));
    let reply = Reply::new(200, "text/event-stream", b"data: \xFF\n\n".to_vec());
    assert!(invalid(call_tool(&mut modern(), [reply]).0).contains("utf-8"));
}

/// Catches a login page that is reported as broken JSON, or quoted whole.
#[test]
fn another_media_type_is_named_with_a_short_preview() {
    let page = format!("<html>{}", "é".repeat(50_000));
    let text = invalid(call_tool(&mut modern(), [Reply::new(200, "text/html", page)]).0);
    assert!(text.contains("`text/html`") && text.contains("<html>"), "{text}");
    assert!(text.len() < 500, "{}", text.len());
    let text = invalid(call_tool(&mut modern(), [Reply::new(200, "", "x")]).0);
    assert!(text.contains("`none`"), "{text}");
}

/// Catches events that other users of event streams invented, read as messages.
#[test]
fn other_events_and_priming_events_are_skipped() {
    let stream = "id: 1\ndata:\n\nevent: ping\ndata: 12:00\n\n: hi\n\nevent: message\n".to_owned();
    let reply = Reply::sse(&(stream + &message(r#""id":$ID,"result":{}"#)));
    assert_eq!(call_tool(&mut legacy(), [reply]).0.unwrap(), "{}");
}

/// Catches a call that hangs, or reports success, when the answer never came.
#[test]
fn an_end_without_the_answer_is_told_apart_from_a_broken_one() {
    for mut session in [modern(), legacy()] {
        let (outcome, _) = call_tool(&mut session, [Reply::sse(": nothing\n")]);
        assert_eq!(outcome, Err(Error::NoAnswer));
        let (outcome, _) = call_tool(&mut session, [Reply::accepted()]);
        assert_eq!(outcome, Err(Error::NoAnswer));
        for reply in [Reply::sse(": x\n"), Reply::json(200, r#"{"jsonrpc":"2.0""#)] {
            let reply = reply.broken(Failure::sent(ErrorCode::IncompleteBody));
            let (outcome, _) = call_tool(&mut session, [reply]);
            assert_eq!(outcome, Err(Error::Http(Failure::sent(ErrorCode::IncompleteBody))));
        }
        let (outcome, _) =
            call_tool(&mut session, [Reply::failure(Failure::sent(ErrorCode::IdleTimeout))]);
        assert_eq!(outcome, Err(Error::Http(Failure::sent(ErrorCode::IdleTimeout))));
    }
}

/// Catches a modern stream that is resumed, or a session id that is adopted: neither exists there.
#[test]
fn a_modern_stream_with_event_ids_is_not_resumed() {
    let reply = Reply::sse("id: 1\ndata:\n\n").field("mcp-session-id", "s");
    let (outcome, _) = call_tool(&mut modern(), [reply]);
    assert_eq!(outcome, Err(Error::NoAnswer));
}

/// Catches a modern result whose kind is not looked at.
#[test]
fn the_result_type_decides_what_a_modern_result_is() {
    for result in [r#"{"resultType":"complete"}"#, "{}"] {
        assert_eq!(call_tool(&mut modern(), [Reply::result(result)]).0.unwrap(), result);
    }
    let input = r#"{"resultType":"input_required","inputRequests":{"a":{"method":"m"}}}"#;
    let (outcome, _) = call_tool(&mut modern(), [Reply::result(input)]);
    assert_eq!(outcome, Err(Error::InputRequired(input.into())));
    let riddle = r#"{"resultType":"riddle","content":[1]}"#;
    let text = invalid(call_tool(&mut modern(), [Reply::result(riddle)]).0);
    assert!(text.contains("`riddle`") && text.contains("[1]"), "{text}");
    // What is no string says nothing, and the tool has run.
    for result in ["[]", r#"{"resultType":1,"content":[]}"#, r#"{"resultType":null}"#] {
        assert_eq!(call_tool(&mut modern(), [Reply::result(result)]).0.unwrap(), result);
    }
    let legacy_result = r#"{"resultType":"riddle"}"#;
    let (outcome, _) = call_tool(&mut legacy(), [Reply::result(legacy_result)]);
    assert_eq!(outcome.unwrap(), legacy_result);
}

/// Catches a version refused in mid-session that is not tried again, or tried for ever.
#[test]
fn a_modern_request_is_repeated_once_with_a_supported_version() {
    let refused = |status| {
        let data = r#"{"supported":["2026-07-28"],"requested":"x"}"#;
        let error = format!(r#"{{"code":-32022,"message":"m","data":{data}}}"#);
        Reply::json(status, &format!(r#"{{"jsonrpc":"2.0","id":$ID,"error":{error}}}"#))
    };
    for status in [400, 200] {
        let (outcome, script) = call_tool(&mut modern(), [refused(status), Reply::result("{}")]);
        assert_eq!(outcome.unwrap(), "{}");
        let ids: Vec<String> = script.sent().into_iter().map(crate::script::body).collect();
        assert!(ids[0].contains(r#""id":2,"#) && ids[1].contains(r#""id":3,"#));
        let (outcome, _) = call_tool(&mut modern(), [refused(status), refused(status)]);
        assert!(matches!(outcome, Err(Error::Rpc(error)) if error.code == -32022));
    }
}

/// Catches state that calls share by mistake: three streams are read in turns.
#[test]
fn calls_in_flight_do_not_disturb_each_other() {
    let mut session = legacy();
    let mut calls: Vec<_> = (0..3).map(|_| session.request(outgoing("m", None)).unwrap()).collect();
    for call in &mut calls {
        assert!(matches!(call.poll(&mut session), Step::Send(_)));
    }
    for call in &mut calls {
        respond(&mut session, call, &progress("2", 1)[..20]);
    }
    for (index, call) in calls.iter_mut().enumerate().rev() {
        let id = index + 2;
        let rest =
            progress("2", 1)[20..].to_owned() + &message(&format!(r#""id":{id},"result":{id}"#));
        call.handle_body(&mut session, rest.as_bytes());
        let Step::Notify(note) = call.poll(&mut session) else { panic!("a notification is due") };
        assert_eq!(note.call.is_some(), index == 0);
        let Step::Done(Ok(answer)) = call.poll(&mut session) else { panic!("the end is due") };
        assert_eq!(answer.result, id.to_string());
    }
}

fn respond(session: &mut Session, call: &mut sandbar_mcp_core::Call, chunk: &str) {
    let value = b"text/event-stream".to_vec();
    let field = sandbar_mcp_core::Field { name: "content-type".into(), value };
    let head = sandbar_mcp_core::Response { status: 200, fields: vec![field], url: String::new() };
    call.handle_response(session, head);
    assert!(matches!(call.poll(session), Step::Read));
    call.handle_body(session, chunk.as_bytes());
    assert!(matches!(call.poll(session), Step::Read));
}

/// Catches a stream decoder that depends on chunks anywhere along the way to the caller.
#[test]
fn an_answer_split_at_every_byte_is_the_same_answer() {
    let stream = "id: 1\r\ndata:\r\n\r\n".to_owned()
        + &progress("$ID", 1)
        + &message(r#""id":$ID,"result":{"t":"é😀"}"#);
    let mut session = legacy();
    for split in 1..stream.len() {
        // The id has one digit up to 9 and more later; the script fills it in per chunk, so the
        // placeholder must not be split.
        if stream.as_bytes()[..split].ends_with(b"$") || stream.as_bytes()[..split].ends_with(b"$I")
        {
            continue;
        }
        let (head, tail) = stream.as_bytes().split_at(split);
        let (head, tail) = (fill(head), fill(tail));
        let call = session.request(outgoing("m", None)).unwrap();
        let mut script = Script::new([Reply::new(200, "text/event-stream", head).chunk(tail)]);
        assert_eq!(script.run(&mut session, call).unwrap(), "{\"t\":\"é😀\"}", "{split}");
        assert_eq!(script.notified().len(), 1);
        session = legacy();
    }
}

/// Fills in the id of the first request of a session, also in a chunk that ends inside a character.
fn fill(chunk: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = chunk;
    while let Some((first, tail)) = rest.split_first() {
        match rest.strip_prefix(b"$ID") {
            Some(after) => {
                out.push(b'2');
                rest = after;
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}
