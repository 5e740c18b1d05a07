//! The transport of 2024-11-05 (langflow 15145).

use sandbar_mcp_core::{CallId, Era, Error, ErrorCode, Failure, Outgoing, Session, SessionConfig};

use crate::script::{Event, Reply, Script, body, config, field, outgoing};

const ENDPOINT: &str = "event: endpoint\ndata: /messages/?session_id=7\n\n";
const INITIALIZED: &str = concat!(
    "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":",
    "{\"protocolVersion\":\"2024-11-05\",\"capabilities\":{},\"serverInfo\":{\"name\":\"old\"}}}\n\n",
);
const ANSWER: &str = "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{\"a\":1}}\n\n";

/// A session with a server of that transport, whose opening went as it should.
fn open() -> (Session, Script) {
    let mut session = Session::new(SessionConfig { era: Some(Era::Legacy), ..config() }).unwrap();
    let call = session.open();
    let mut script = Script::new([
        Reply::new(405, "text/plain", "Method Not Allowed"),
        Reply::sse(ENDPOINT).chunk(INITIALIZED).chunk(": never read\n"),
        Reply::accepted(),
    ]);
    script.run(&mut session, call).unwrap();
    assert!(script.is_played());
    (session, script)
}

/// Catches a client to which such a server is a wrong URL.
#[test]
fn a_server_of_the_old_transport_is_found_and_spoken_to() {
    let (mut session, script) = open();
    let known = session.description().unwrap();
    assert_eq!((known.era, &*known.protocol_version), (Era::Legacy, "2024-11-05"));
    let [refused, stream, initialize] = script.sent()[..] else { panic!("{:?}", script.methods()) };
    assert!(body(refused).contains("initialize"));
    assert_eq!(
        (stream.method.as_str(), field(stream, "accept")),
        ("GET", vec!["text/event-stream"])
    );
    assert!(stream.deadline.is_some());
    let target = "http://server.example/messages/?session_id=7";
    assert_eq!(initialize.url.as_deref(), Some(target));
    assert_eq!(field(initialize, "authorization"), ["Bearer t"]);
    assert!(session.farewell().is_none(), "there is no session to delete");

    let (mut session, _) = open();
    let call = session.request(outgoing("tools/call", Some(r#"{"name":"t"}"#))).unwrap();
    let note = "data: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\n";
    let ping = "data: {\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":\"p\"}\n\n";
    let mut script = Script::new([
        Reply::sse(ENDPOINT).chunk(INITIALIZED).chunk(note).chunk(ping).chunk(ANSWER),
        Reply::accepted(),
        Reply::accepted(),
        Reply::accepted(),
        Reply::accepted(),
    ]);
    assert_eq!(script.run(&mut session, call).unwrap(), r#"{"a":1}"#);
    let sent = ["GET", "initialize", "notifications/initialized", "tools/call", "POST"];
    assert_eq!(script.methods(), sent);
    assert!(script.sent()[1..].iter().all(|request| request.url.as_deref() == Some(target)));
    assert_eq!(body(script.sent()[4]), r#"{"jsonrpc":"2.0","id":"p","result":{}}"#);
    assert_eq!(script.notified().len(), 1);
}

/// Catches credentials that go wherever a server says.
#[test]
fn messages_stay_within_the_origin() {
    for elsewhere in ["http://other.example/messages", "//other.example/messages", ""] {
        let mut session =
            Session::new(SessionConfig { era: Some(Era::Legacy), ..config() }).unwrap();
        let call = session.open();
        let endpoint = format!("event: endpoint\ndata: {elsewhere}\n\n");
        let replies = [Reply::new(404, "text/plain", "no"), Reply::sse(&endpoint)];
        let mut script = Script::new(replies);
        let outcome = script.run(&mut session, call);
        assert!(matches!(outcome, Err(Error::Status(_))), "{outcome:?}");
        assert_eq!(script.methods(), ["initialize", "GET"]);
    }
}

/// Catches a wrong URL that is told as a fault of a transport that nobody asked for.
#[test]
fn where_there_is_no_such_stream_the_first_refusal_is_told() {
    for reply in [
        Reply::new(404, "text/plain", "nothing here"),
        Reply::new(200, "text/html", "<html>"),
        Reply::sse(": keep-alive\n\n"),
        Reply::sse("data: hello\n\n"),
        Reply::failure(Failure::sent(ErrorCode::TotalTimeout)),
    ] {
        let mut session =
            Session::new(SessionConfig { era: Some(Era::Legacy), ..config() }).unwrap();
        let call = session.open();
        let mut script = Script::new([Reply::new(404, "text/plain", "the first"), reply]);
        let outcome = script.run(&mut session, call);
        let Err(Error::Status(status)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((&*status.preview, &*status.request), ("the first", "initialize"));
    }
}

/// Catches a server of that transport whose own fault is told as the refusal of another transport.
#[test]
fn a_stream_that_breaks_after_its_endpoint_is_the_fault_that_is_told() {
    let cut = Failure::sent(ErrorCode::IncompleteBody);
    let run = |stream: Reply| {
        let mut session =
            Session::new(SessionConfig { era: Some(Era::Legacy), ..config() }).unwrap();
        let call = session.open();
        let refused = Reply::new(405, "text/plain", "the first");
        Script::new([refused, stream, Reply::accepted()]).run(&mut session, call)
    };
    let outcome = run(Reply::sse(ENDPOINT).broken(cut));
    assert!(
        matches!(outcome, Err(Error::Http(failure)) if failure.code == ErrorCode::IncompleteBody)
    );
    let outcome = run(Reply::sse(ENDPOINT).chunk("data: {\"result\":\n\n"));
    assert!(matches!(outcome, Err(Error::InvalidMessage(_))), "{outcome:?}");
}

/// Catches a second address that is taken for the first, progress that is nobody's, and a silence that
/// is not the caller's.
#[test]
fn a_call_on_such_a_stream_is_a_call_like_any_other() {
    let (mut session, _) = open();
    let silence = std::time::Duration::from_secs(5);
    let call = outgoing("tools/call", Some(r#"{"name":"t"}"#));
    let call = Outgoing { idle_timeout: Some(silence), ..call };
    let call = session.request(call).unwrap();
    let progress = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":$ID,\"progress\":1}}\n\n";
    let other = "event: endpoint\ndata: /other\n\n";
    let stream = Reply::sse(ENDPOINT).chunk(INITIALIZED).chunk(other).chunk(progress).chunk(ANSWER);
    let replies = [vec![stream], vec![Reply::accepted(); 3]].concat();
    let mut script = Script::new(replies);
    assert_eq!(script.run(&mut session, call).unwrap(), r#"{"a":1}"#);
    assert!(script.is_played());
    assert_eq!(script.notified()[0].call, Some(CallId(7)));
    assert_eq!(script.sent()[0].idle_timeout, Some(silence));
}

/// Catches a connection that fails and is taken for a stream that broke.
#[test]
fn a_stream_that_cannot_be_had_ends_the_call() {
    let (mut session, _) = open();
    let call = session.request(outgoing("tools/call", None)).unwrap();
    // Nothing of the call was sent, whatever became of the request for the stream.
    let lost = |failure: fn(ErrorCode) -> Failure| failure(ErrorCode::ConnectionFailed("x".into()));
    let mut script = Script::new([Reply::failure(lost(Failure::sent))]);
    assert_eq!(script.run(&mut session, call), Err(Error::Http(lost(Failure::unsent))));
}

/// Catches a call that reads as if it had run though nothing of it was sent, and one that reads as if
/// it had not.
#[test]
fn a_stream_that_breaks_says_whether_the_request_was_sent() {
    let cut = Failure::sent(ErrorCode::IncompleteBody);
    let run = |stream: Reply, posts: usize| {
        let (mut session, _) = open();
        let call = session.request(outgoing("tools/call", None)).unwrap();
        let posts = (0..posts).map(|_| Reply::accepted());
        let mut script = Script::new([stream.broken(cut.clone())].into_iter().chain(posts));
        let outcome = script.run(&mut session, call);
        assert!(!script.events.iter().any(|event| matches!(event, Event::Reopened)));
        outcome
    };
    let before = run(Reply::sse(ENDPOINT), 1);
    let never = Failure::unsent(ErrorCode::IncompleteBody);
    assert_eq!(before, Err(Error::Http(never)));
    let after = run(Reply::sse(ENDPOINT).chunk(INITIALIZED), 3);
    assert_eq!(after, Err(Error::Http(cut.clone())));
}
