//! A legacy server that forgot the session.

use sandbar_mcp_core::{Error, ErrorCode, Failure, Step};

use crate::script::{Reply, Script, body, call_tool, field, initialized, legacy, modern, outgoing};

fn forgotten() -> Vec<Reply> {
    let error = |message: &str| {
        let error = format!(r#"{{"code":-32000,"message":"{message}"}}"#);
        format!(r#"{{"jsonrpc":"2.0","id":null,"error":{error}}}"#)
    };
    vec![
        Reply::new(404, "text/plain", "Not Found: Session not found"),
        Reply::json(404, &error("Session not found")),
        // codex 12869, keryx 503, goose 11985, and what is like them.
        Reply::json(404, &error("x").replace("-32000", "-32601")),
        Reply::new(410, "text/html", "<h1>Gone</h1>"),
        Reply::json(401, r#"{"error":"session_expired"}"#),
        Reply::new(403, "text/plain", "Unknown session"),
        Reply::new(400, "text/plain", "Mcp-Session-Id header is required"),
        Reply::json(400, &error("Invalid session: s1")),
        Reply::json(422, &error("Expected initialize request")),
        Reply::new(500, "text/plain", "SessionNotFoundError: s1"),
        Reply::json(200, &error("Session not found")),
        Reply::json(200, &error("Server not initialized").replace("-32000", "-32600")),
        Reply::sse(&format!("data: {}\n\n", error("Session has expired"))),
        Reply::json(400, &error("Bad Request: No valid session ID provided")),
        Reply::json(400, &error("Bad Request: Server not initialized")),
    ]
}

/// Catches a lost session that stays lost until somebody restarts the client, and a repetition
/// that goes to the old session.
#[test]
fn a_refused_request_is_repeated_once_in_a_new_session() {
    for reply in forgotten() {
        let [initialize, confirmation] = initialized("2025-11-25", "s2");
        let mut session = legacy();
        let replies = [reply, initialize, confirmation, Reply::result(r#"{"a":1}"#)];
        let (outcome, script) = call_tool(&mut session, replies);
        assert_eq!(outcome.unwrap(), r#"{"a":1}"#);
        let methods = ["tools/call", "initialize", "notifications/initialized", "tools/call"];
        assert_eq!(script.methods(), methods);
        let [refused, initialize, _, repeated] = script.sent()[..] else { panic!("four") };
        assert!(field(initialize, "mcp-session-id").is_empty());
        assert_eq!(field(repeated, "mcp-session-id"), ["s2"]);
        assert_ne!(body(refused), body(repeated), "the id must be new");
        assert_eq!(session.generation(), 2);
    }
}

/// Catches a client that opens one session after the other.
#[test]
fn a_second_refusal_is_the_end() {
    let [initialize, confirmation] = initialized("2025-11-25", "s2");
    let [first, second] = [0, 1].map(|index| forgotten().swap_remove(index));
    let mut session = legacy();
    let (outcome, script) = call_tool(&mut session, [first, initialize, confirmation, second]);
    assert!(matches!(outcome, Err(Error::Rpc(error)) if error.message == "Session not found"));
    let said = script.notified()[0].params.clone().unwrap();
    assert!(said.contains("repeated in a new session"), "{said}");
    // The next call starts over.
    let [initialize, confirmation] = initialized("2025-11-25", "s3");
    let (outcome, script) =
        call_tool(&mut session, [initialize, confirmation, Reply::result("{}")]);
    assert_eq!(outcome.unwrap(), "{}");
    assert_eq!(field(script.sent()[2], "mcp-session-id"), ["s3"]);
}

/// Catches a tool that runs twice: its stream had begun, so the call may have run.
#[test]
fn a_call_that_may_have_run_is_not_repeated() {
    let primed = Reply::sse("id: 1\ndata:\n\n");
    // An error with a successful status answers the resumption, whatever it says.
    for reply in forgotten().into_iter().filter(|reply| reply.status() != Some(200)) {
        let mut session = legacy();
        let (outcome, _) = call_tool(&mut session, [primed.clone(), reply]);
        assert_eq!(outcome, Err(Error::SessionLost));
        let [initialize, confirmation] = initialized("2025-11-25", "s2");
        let (outcome, _) = call_tool(&mut session, [initialize, confirmation, Reply::result("{}")]);
        assert_eq!(outcome.unwrap(), "{}");
    }
}

/// Catches an unknown method, or a server without sessions, taken for a lost session.
#[test]
fn other_refusals_are_not_a_lost_session() {
    let tool =
        r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":-32603,"message":"Session not found"}}"#;
    let (outcome, _) = call_tool(&mut legacy(), [Reply::json(200, tool)]);
    assert!(matches!(outcome, Err(Error::Rpc(error)) if error.code == -32603));
    let challenge = Reply::new(401, "text/plain", "your session has expired");
    let challenge = challenge.field("www-authenticate", "Bearer");
    let (outcome, _) = call_tool(&mut legacy(), [challenge]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 401));
    // Who asks too often may hear of a session, too.
    let busy = Reply::new(429, "text/plain", "session not found: too many requests");
    let (outcome, _) = call_tool(&mut legacy(), [busy]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 429));
    let (outcome, _) = call_tool(&mut legacy(), [Reply::new(400, "text/plain", "bad json")]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 400));
    let (outcome, _) = call_tool(&mut modern(), [Reply::new(404, "text/plain", "gone")]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 404));
}

/// Catches an opening that fails without the waiting call hearing of it.
#[test]
fn a_failed_reopening_ends_the_call_with_its_error() {
    let reply = forgotten().swap_remove(0);
    let refused = Reply::failure(Failure::sent(ErrorCode::ConnectionRefused));
    let (outcome, _) = call_tool(&mut legacy(), [reply, refused]);
    assert_eq!(outcome, Err(Error::Http(Failure::sent(ErrorCode::ConnectionRefused))));
}

/// Catches one session per refused call: the second caller must be told which generation was
/// lost, so that it can see that the first one reopened already.
#[test]
fn calls_that_lose_the_same_session_name_the_same_generation() {
    let mut session = legacy();
    let mut calls: Vec<_> = (0..2).map(|_| session.request(outgoing("m", None)).unwrap()).collect();
    for call in &mut calls {
        assert!(matches!(call.poll(&mut session), Step::Send(_)));
    }
    for (index, call) in calls.iter_mut().enumerate() {
        let head =
            sandbar_mcp_core::Response { status: 404, fields: Vec::new(), url: String::new() };
        call.handle_response(&mut session, head);
        assert!(matches!(call.poll(&mut session), Step::Read));
        call.handle_body_end(&mut session, Ok(()));
        assert!(matches!(call.poll(&mut session), Step::Reopen { generation: 1 }));
        if index == 0 {
            let opening = session.open();
            Script::new(initialized("2025-11-25", "s2")).run(&mut session, opening).unwrap();
        }
        call.handle_reopened(&mut session, Ok(()));
        let Step::Send(request) = call.poll(&mut session) else { panic!("the request is due") };
        assert_eq!(field(&request, "mcp-session-id"), ["s2"]);
    }
    assert_eq!(session.generation(), 2);
}

/// Catches the second of two calls that find out together that an era was taken for another, and that
/// is told it need not be repeated.
#[test]
fn calls_that_notice_a_wrong_era_together_are_both_repeated() {
    let mut session = modern();
    let mut calls: Vec<_> = (0..2).map(|_| session.request(outgoing("m", None)).unwrap()).collect();
    for call in &mut calls {
        assert!(matches!(call.poll(&mut session), Step::Send(_)));
    }
    let text = b"Bad Request: No valid session ID provided";
    for call in &mut calls {
        let head =
            sandbar_mcp_core::Response { status: 400, fields: Vec::new(), url: String::new() };
        call.handle_response(&mut session, head);
        assert!(matches!(call.poll(&mut session), Step::Read));
        call.handle_body(&mut session, text);
        assert!(matches!(call.poll(&mut session), Step::Read));
        call.handle_body_end(&mut session, Ok(()));
        assert!(matches!(call.poll(&mut session), Step::Reopen { generation: 1 }));
    }
}
