//! Requests that are sent again, and those that are not.

use std::time::Duration;

use sandbar_mcp_core::{Era, Error, ErrorCode, Failure, Session, SessionConfig};

use crate::script::{Reply, Script, config, initialized, legacy, modern, outgoing};

fn closed() -> Failure {
    Failure::sent(ErrorCode::ConnectionFailed("the server closed it".into()))
}

fn run(
    session: &mut Session,
    method: &str,
    replies: Vec<Reply>,
) -> (Result<String, Error>, Script) {
    let call = session.request(outgoing(method, None)).unwrap();
    let mut script = Script::new(replies);
    let outcome = script.run(session, call);
    assert!(script.is_played(), "{method}: replies left over after {:?}", script.methods());
    (outcome, script)
}

/// Catches a client that gives up where the server only closed an idle connection (vcv-rack-plugin
/// 22, opencode 25287, hyper 2136), and one that goes on for ever.
#[test]
fn what_changes_nothing_is_sent_once_more_on_a_new_connection() {
    let cut = || Reply::json(200, "{\"json").broken(Failure::sent(ErrorCode::IncompleteBody));
    for method in [
        "tools/list",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "ping",
    ] {
        for mut session in [modern(), legacy()] {
            for lost in [Reply::failure(closed()), cut()] {
                let (outcome, script) = run(&mut session, method, vec![lost, Reply::result("{}")]);
                assert_eq!(outcome.unwrap(), "{}", "{method}");
                assert_eq!(script.methods(), [method; 2]);
            }
            let twice = vec![Reply::failure(closed()), Reply::failure(closed())];
            let (outcome, _) = run(&mut session, method, twice);
            assert_eq!(outcome, Err(Error::Http(closed())), "{method}");
        }
    }
}

/// Catches a tool that runs twice.
#[test]
fn what_may_change_something_is_not_sent_again_unless_it_cannot_have_run() {
    for method in ["tools/call", "logging/setLevel", "resources/subscribe", "x/unknown"] {
        for mut session in [modern(), legacy()] {
            let cut = Failure::sent(ErrorCode::IncompleteBody);
            for (reply, failure) in [
                (Reply::failure(closed()), closed()),
                (Reply::json(200, "{").broken(cut.clone()), cut.clone()),
            ] {
                let (outcome, _) = run(&mut session, method, vec![reply]);
                assert_eq!(outcome, Err(Error::Http(failure)), "{method}");
            }
            let unsent = Failure::unsent(ErrorCode::ConnectionFailed("GOAWAY".into()));
            let replies = vec![Reply::failure(unsent), Reply::result("{}")];
            let (outcome, _) = run(&mut session, method, replies);
            assert_eq!(outcome.unwrap(), "{}", "{method}");
        }
    }
}

/// Catches a second try where the first says that it will fail as well.
#[test]
fn what_would_fail_again_is_not_tried_again() {
    for code in [
        ErrorCode::ConnectionRefused,
        ErrorCode::Dns("no".into()),
        ErrorCode::Denied("no".into()),
        ErrorCode::FirstByteTimeout,
        ErrorCode::IdleTimeout,
        ErrorCode::Disconnected("no".into()),
    ] {
        let failure = Failure::unsent(code);
        let (outcome, _) = run(&mut modern(), "tools/list", vec![Reply::failure(failure.clone())]);
        assert_eq!(outcome, Err(Error::Http(failure)));
    }
}

/// Catches an opening that fails at the second of its three requests, because the server closes the
/// connection after each (copilot-cli 3257).
#[test]
fn every_request_of_an_opening_is_sent_once_more() {
    let [initialize, confirmation] = initialized("2025-11-25", "s");
    let mut session = Session::new(SessionConfig { era: Some(Era::Legacy), ..config() }).unwrap();
    let lost = || Reply::failure(closed());
    let mut script = Script::new([lost(), initialize, lost(), confirmation]);
    let call = session.open();
    script.run(&mut session, call).unwrap();
    let confirm = "notifications/initialized";
    assert_eq!(script.methods(), ["initialize", "initialize", confirm, confirm]);
}

/// Catches a client that never obeys, one that always does, and one that says nothing of it
/// (mcp-remote 168).
#[test]
fn a_short_wait_is_obeyed_once() {
    let busy = |status, after: &str| {
        Reply::new(status, "text/plain", "busy")
            .field("retry-after", after)
            .field("date", "Wed, 25 Nov 2026 09:00:00 GMT")
    };
    for (after, seconds) in [("2", 2), ("0", 0), ("Wed, 25 Nov 2026 09:00:03 GMT", 3)] {
        let replies = vec![busy(429, after), Reply::result("{}")];
        let (outcome, script) = run(&mut modern(), "tools/call", replies);
        assert_eq!(outcome.unwrap(), "{}");
        assert_eq!(script.waited(), [Duration::from_secs(seconds)]);
        assert_eq!(script.notified().len(), 1);
        let replies = vec![busy(503, after), Reply::result("{}")];
        let (outcome, _) = run(&mut modern(), "tools/list", replies);
        assert_eq!(outcome.unwrap(), "{}");
    }
    let (outcome, _) = run(&mut modern(), "tools/list", vec![busy(429, "1"), busy(429, "1")]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 429));
    // A gateway may say 503 of a call that went through.
    for (method, reply) in [
        ("tools/call", busy(503, "1")),
        ("tools/list", busy(429, "86400")),
        ("tools/list", busy(429, "soon")),
        ("tools/list", busy(400, "1")),
    ] {
        let (outcome, _) = run(&mut modern(), method, vec![reply]);
        let Err(Error::Status(status)) = outcome else { panic!("{outcome:?}") };
        let told = status.retry_after.map(|wait| wait.as_secs());
        assert!(matches!(told, Some(1 | 86400) | None), "{told:?}");
    }
}

/// Catches a rate limit that ends the finding out of the era.
#[test]
fn a_short_wait_is_obeyed_when_the_session_is_opened() {
    let busy = || Reply::new(429, "text/plain", "busy").field("retry-after", "1");
    let mut session = Session::new(config()).unwrap();
    let call = session.open();
    let mut script = Script::new([busy(), Reply::result("{}")]);
    script.run(&mut session, call).unwrap();
    assert_eq!(script.waited(), [Duration::from_secs(1)]);
}
