//! The stream for what belongs to no request (2025-11-25, "Listening for Messages from the Server").

use std::time::Duration;

use sandbar_mcp_core::{
    Change, Era, Error, ErrorCode, Failure, Field, Response, Session, SessionConfig, Step, limits,
};

use crate::script::{
    ENDPOINT, Event, Reply, Script, body, config, field, initialized, modern, outgoing,
};

fn listening() -> Session {
    let settings = SessionConfig { era: Some(Era::Legacy), listens: true, ..config() };
    let mut session = Session::new(settings).unwrap();
    let call = session.open();
    Script::new(initialized("2025-11-25", "s1")).run(&mut session, call).unwrap();
    session
}

fn listen(session: &mut Session, replies: Vec<Reply>) -> Script {
    let stream = session.standing_stream().unwrap();
    let mut script = Script::new(replies);
    assert_eq!(script.run(session, stream).unwrap(), "");
    assert!(script.is_played(), "{:?}", script.events);
    script
}

fn note(id: u32) -> String {
    format!("id: {id}\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"n{id}\"}}\n\n")
}

/// Catches a stream that belongs to another session, that asks for JSON, or whose messages are taken
/// for those of a call.
#[test]
fn what_belongs_to_no_request_is_told_and_asked() {
    let mut session = listening();
    let ask = "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"roots/list\"}\n\n";
    let ping = "data: {\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\"}\n\n";
    let result = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\ndata: odd\n\ndata: odd\n\ndata: odd\n\n";
    let progress = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":9,\"progress\":1}}\n\n";
    let stream = Reply::sse(&format!("{}{ask}{ping}{result}{progress}", note(1)));
    let script = listen(&mut session, vec![stream, Reply::accepted(), Reply::json(405, "")]);
    let get = script.sent()[0];
    assert_eq!((get.method.as_str(), field(get, "accept")), ("GET", vec!["text/event-stream"]));
    assert_eq!(field(get, "mcp-session-id"), ["s1"]);
    assert_eq!(get.idle_timeout, Some(limits::STANDING_SILENCE));
    let methods: Vec<_> = script.notified().iter().map(|note| note.method.clone()).collect();
    let (last, told) = methods.split_last().unwrap();
    assert_eq!(told, ["n1", "notifications/message", "notifications/progress"]);
    assert_eq!(last, "notifications/message");
    assert!(script.notified().iter().all(|note| note.call.is_none()));
    let progress: Vec<_> = script.notified().iter().map(|note| note.progress.is_some()).collect();
    assert_eq!(progress, [false, false, true, false]);
    let asked = script.events.iter().find_map(|event| match event {
        Event::Asked(request) => Some((request.call, request.method.as_str())),
        _ => None,
    });
    assert_eq!(asked, Some((None, "roots/list")));
    assert_eq!(field(script.sent()[2], "last-event-id"), ["1"]);
}

/// Catches a session that fails, or goes on trying, because a server has no such stream
/// (python-sdk 1941, qwen-code 8784, csharp-sdk 1637).
#[test]
fn a_server_that_has_no_such_stream_is_left_alone() {
    for reply in [
        Reply::json(405, ""),
        Reply::json(404, ""),
        Reply::json(400, "{}"),
        Reply::json(200, "{}"),
        Reply::new(200, "text/plain", "hello"),
        Reply::new(204, "", ""),
    ] {
        let script = listen(&mut listening(), vec![reply]);
        let told: Vec<_> = script.notified().iter().map(|note| note.change.clone()).collect();
        assert_eq!(told, [Some(Change::Unheard)], "who watches is to know");
    }
    assert!(modern().standing_stream().is_none());
}

/// Catches a stream that is given up for good because the server was busy, or restarted, for a while.
#[test]
fn a_server_that_is_busy_is_asked_again() {
    for status in [408, 429, 500, 503, 599] {
        let replies = vec![Reply::json(status, ""), Reply::sse(&note(1)), Reply::json(405, "")];
        assert_eq!(listen(&mut listening(), replies).waited().len(), 2, "{status}");
        let tries = usize::try_from(limits::UNPRODUCTIVE_RESUMPTIONS).unwrap() + 1;
        let script = listen(&mut listening(), vec![Reply::json(status, ""); tries]);
        assert_eq!(script.sent().len(), tries);
    }
}

/// Catches a reconnect without a pause, without an end, or without the place where it broke off
/// (python-sdk 3356, LibreChat 12162).
#[test]
fn a_stream_that_breaks_is_opened_again_ever_more_rarely() {
    let lost = || Failure::sent(ErrorCode::IncompleteBody);
    let mut replies = vec![
        Reply::sse(&format!("retry: 2000\n{}", note(1))).broken(lost()),
        Reply::failure(Failure::unsent(ErrorCode::ConnectionRefused)),
        Reply::sse(&note(2)),
    ];
    let closing = usize::try_from(limits::UNPRODUCTIVE_RESUMPTIONS).unwrap();
    replies.extend(vec![Reply::sse(""); closing]);
    let script = listen(&mut listening(), replies);
    let seconds: Vec<_> = script.waited().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [2, 4, 2, 4, 8, 16, 32]);
    let places: Vec<_> =
        script.sent().iter().map(|get| field(get, "last-event-id").concat()).collect();
    assert_eq!(places[..4], ["", "1", "1", "2"]);
}

/// Catches a stream that is given up because nothing happens.
#[test]
fn a_stream_that_is_only_silent_is_opened_again() {
    let silent = || Reply::sse("").broken(Failure::sent(ErrorCode::IdleTimeout));
    let mut replies: Vec<_> = (0..20).map(|_| silent()).collect();
    replies.push(Reply::json(405, ""));
    assert_eq!(listen(&mut listening(), replies).waited().len(), 20);
}

fn changes(script: &Script) -> Vec<Change> {
    script.notified().iter().filter_map(|note| note.change.clone()).collect()
}

/// Catches changes that are lost without a word: a stream that goes on where the server does not know
/// where it broke off.
#[test]
fn what_may_have_been_missed_is_told() {
    let lost = || Failure::sent(ErrorCode::IncompleteBody);
    let none = || Reply::json(405, "");
    let without = "data: {\"jsonrpc\":\"2.0\",\"method\":\"n1\"}\n\n";
    let streams = vec![Reply::sse(without).broken(lost()), Reply::sse(""), none()];
    let script = listen(&mut listening(), streams);
    assert_eq!(changes(&script), [Change::Missed, Change::Unheard]);
    let script = listen(&mut listening(), vec![Reply::sse(&note(1)).broken(lost()), none()]);
    assert_eq!(changes(&script), [Change::Unheard], "nothing was missed there");
    // In a session that follows another all of it may have been.
    let mut session = listening();
    let again = session.open();
    Script::new(initialized("2025-11-25", "s2")).run(&mut session, again).unwrap();
    let script = listen(&mut session, vec![Reply::sse(&note(1)), none()]);
    assert_eq!(changes(&script), [Change::Missed, Change::Unheard]);
}

/// Catches a server that was restarted while nobody called anything, and whose changes nobody hears any
/// more; and a server that forgets every session and is given one after another for ever.
#[test]
fn a_session_that_is_lost_is_opened_again() {
    let mut session = listening();
    let forgotten = || Reply::json(404, "");
    let stream = || Reply::sse(&note(1));
    for (number, told) in [(2, true), (3, false), (4, false), (5, false), (6, false)] {
        let body = if told { stream() } else { Reply::sse("") };
        let opening = initialized("2025-11-25", &format!("s{number}"));
        let script = listen(&mut session, [body, forgotten()].into_iter().chain(opening).collect());
        assert!(script.events.iter().any(|event| matches!(event, Event::Reopened)));
        assert!(!changes(&script).contains(&Change::Unheard), "there is another stream");
    }
    let script = listen(&mut session, vec![Reply::sse(""), forgotten()]);
    assert_eq!(changes(&script).last(), Some(&Change::Unheard));
    // One that cannot be opened is not there.
    let refused: Vec<_> =
        [stream(), forgotten()].into_iter().chain([Reply::json(401, "")]).collect();
    assert_eq!(changes(&listen(&mut listening(), refused)), [Change::Unheard]);
}

/// Catches a stream of a session that is no more, opened in the name of the next.
#[test]
fn a_stream_ends_with_its_session() {
    let mut session = listening();
    let stream = session.standing_stream().unwrap();
    let again = session.open();
    Script::new(initialized("2025-11-25", "s2")).run(&mut session, again).unwrap();
    let mut script = Script::default();
    assert_eq!(script.run(&mut session, stream).unwrap(), "");
    assert!(script.sent().is_empty());
    session.close();
    assert!(session.standing_stream().is_none());
}

/// Catches a call that waits for ever for an answer that has come: on the stream for what belongs to no
/// request, or on that of another call; and an answer that was kept for a request that is none of ours.
#[test]
fn an_answer_is_found_on_whichever_stream_it_came() {
    for answer in [r#""result":{"content":[]}"#, r#""error":{"code":-32000,"message":"no"}"#] {
        let mut session = listening();
        let mut call = session.request(outgoing("tools/call", None)).unwrap();
        let Step::Send(request) = call.poll(&mut session) else { panic!("it is sent first") };
        let id =
            body(&request).split_once(r#""id":"#).unwrap().1.split(',').next().unwrap().to_owned();
        let fields = vec![Field::new("content-type", "text/event-stream")];
        let head = Response { status: 200, fields, url: ENDPOINT.into() };
        call.handle_response(&mut session, head);

        let elsewhere = format!("data: {{\"jsonrpc\":\"2.0\",\"id\":{id},{answer}}}\n\n");
        let unknown = "data: {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n\n";
        let stream = Reply::sse(&format!("{unknown}{elsewhere}"));
        listen(&mut session, vec![stream, Reply::json(405, "")]);

        assert!(matches!(call.poll(&mut session), Step::Read));
        call.handle_body(&mut session, b"id: e1\nretry: 500\ndata:\n\n");
        assert!(matches!(call.poll(&mut session), Step::Read));
        call.handle_body_end(&mut session, Ok(()));
        let Step::Done(outcome) = call.poll(&mut session) else { panic!("it is answered") };
        match outcome {
            Ok(found) => assert_eq!(found.result, r#"{"content":[]}"#),
            Err(error) => assert!(matches!(error, Error::Rpc(error) if error.code == -32000)),
        }
    }
}
