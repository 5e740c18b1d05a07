//! Calls that the caller gave up.

use sandbar_mcp_core::{
    Call, Error, Field, HttpRequest, Params, Response, Session, SessionConfig, Step,
};

use crate::script::{Reply, Script, body, config, field, initialized, legacy, modern, outgoing};

fn sent(session: &mut Session) -> Call {
    let mut call = session.request(outgoing("tools/call", None)).unwrap();
    assert!(matches!(call.poll(session), Step::Send(_)));
    call
}

/// Catches a server that is left working for nobody.
#[test]
fn a_legacy_server_is_told_which_request_is_cancelled() {
    let mut session = legacy();
    let mut call = sent(&mut session);
    let notification = call.cancellation(&mut session).unwrap();
    let mut script = Script::new([Reply::accepted()]);
    script.run(&mut session, notification).unwrap();
    let posted = script.sent()[0];
    let start = concat!(
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","#,
        r#""params":{"requestId":2,"#,
    );
    assert!(body(posted).starts_with(start), "{}", body(posted));
    assert_eq!(field(posted, "mcp-session-id"), ["s1"]);
    assert!(call.cancellation(&mut session).is_none(), "once is enough");
}

/// Catches a cancellation of what the server never saw or has answered already.
#[test]
fn nothing_is_cancelled_before_it_is_sent_or_after_it_is_answered() {
    let mut session = legacy();
    let mut unsent = session.request(outgoing("m", None)).unwrap();
    assert!(unsent.cancellation(&mut session).is_none());
    let mut answered = sent(&mut session);
    let value = b"application/json".to_vec();
    let head = Response {
        status: 200,
        fields: vec![Field { name: "content-type".into(), value }],
        url: String::new(),
    };
    answered.handle_response(&mut session, head);
    assert!(matches!(answered.poll(&mut session), Step::Read));
    answered.handle_body(&mut session, br#"{"jsonrpc":"2.0","id":2,"result":{}}"#);
    answered.handle_body_end(&mut session, Ok(()));
    assert!(matches!(answered.poll(&mut session), Step::Done(Ok(_))));
    assert!(answered.cancellation(&mut session).is_none());
}

/// Catches a notification to a modern server, for which the closed stream is the cancellation.
#[test]
fn a_modern_server_is_told_nothing() {
    let mut session = modern();
    assert!(sent(&mut session).cancellation(&mut session).is_none());
}

/// Catches a cancelled `initialize`, which the specification forbids.
#[test]
fn the_opening_is_never_cancelled() {
    let mut session = Session::new(SessionConfig { era: None, ..config() }).unwrap();
    let mut call = session.open();
    assert!(matches!(call.poll(&mut session), Step::Send(_)));
    assert!(call.cancellation(&mut session).is_none());
}

/// Catches a cancellation that reaches a session in which the id means another request.
#[test]
fn a_request_of_a_former_session_is_not_cancelled_in_the_new_one() {
    let mut session = legacy();
    let mut call = sent(&mut session);
    let opening = session.open();
    Script::new(initialized("2025-11-25", "s2")).run(&mut session, opening).unwrap();
    assert!(call.cancellation(&mut session).is_none());
}

/// Whether this is the DELETE of the session `s1`.
fn is_delete(farewell: Option<HttpRequest>) -> bool {
    farewell.is_some_and(|request| {
        request.method.as_str() == "DELETE" && field(&request, "mcp-session-id") == ["s1"]
    })
}

/// Catches a close that forgets the session at once, and with it where its calls are cancelled.
#[test]
fn a_call_in_flight_when_its_session_is_closed_is_cancelled_before_the_farewell() {
    let mut session = legacy();
    let mut call = sent(&mut session);
    session.close();
    let notification = call.cancellation(&mut session).unwrap();
    let mut script = Script::new([Reply::accepted()]);
    script.run(&mut session, notification).unwrap();
    let posted = script.sent()[0];
    assert!(body(posted).contains(r#""params":{"requestId":2,"#), "{}", body(posted));
    assert_eq!(field(posted, "mcp-session-id"), ["s1"]);
    assert_eq!(field(posted, "mcp-protocol-version"), ["2025-11-25"]);
    assert!(is_delete(session.farewell()));
}

/// Catches a cancellation that asks for the session only when it is sent, and finds it closed.
#[test]
fn a_cancellation_from_before_the_close_is_still_sent_after_it() {
    let mut session = legacy();
    let notification = sent(&mut session).cancellation(&mut session).unwrap();
    session.close();
    let mut script = Script::new([Reply::accepted()]);
    script.run(&mut session, notification).unwrap();
    assert_eq!(script.methods(), ["notifications/cancelled"]);
    assert_eq!(field(script.sent()[0], "mcp-session-id"), ["s1"]);
    assert!(is_delete(session.farewell()));
}

/// Catches a cancellation in a session that the server has been told to forget, and a closing
/// session that tells a modern server something.
#[test]
fn nothing_is_cancelled_after_the_farewell_or_in_a_closing_modern_session() {
    let mut session = legacy();
    let mut call = sent(&mut session);
    assert!(is_delete(session.farewell()));
    assert!(call.cancellation(&mut session).is_none());
    let mut session = modern();
    let mut call = sent(&mut session);
    session.close();
    assert!(call.cancellation(&mut session).is_none());
}

/// Catches a closing session that still takes requests, answers or openings.
#[test]
fn a_closing_session_sends_nothing_but_cancellations() {
    let mut session = legacy();
    let mut waiting = session.request(outgoing("m", None)).unwrap();
    let mut told = session.notification("m", Params::default()).unwrap();
    session.close();
    assert!(matches!(session.request(outgoing("m", None)), Err(Error::Closed)));
    assert!(matches!(waiting.poll(&mut session), Step::Done(Err(Error::Closed))));
    assert!(matches!(told.poll(&mut session), Step::Done(Err(Error::Closed))));
    assert!(matches!(session.open().poll(&mut session), Step::Done(Err(Error::Closed))));
}

/// Catches a second close that makes a session forget its server before the farewell.
#[test]
fn closing_twice_takes_nothing_away() {
    let mut session = legacy();
    let mut call = sent(&mut session);
    session.close();
    session.close();
    assert!(call.cancellation(&mut session).is_some());
    assert!(is_delete(session.farewell()));
    assert!(session.farewell().is_none());
}

/// Catches a call that does harm when it is polled too often.
#[test]
fn polling_out_of_turn_is_the_callers_mistake() {
    let mut session = legacy();
    let mut call = sent(&mut session);
    let step = call.poll(&mut session);
    assert!(matches!(step, Step::Done(Err(Error::Misuse(_)))), "{step:?}");
}
