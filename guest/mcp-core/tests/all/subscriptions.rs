//! Subscriptions of the modern era (2026-07-28, "Subscriptions"), and what a notification says has
//! changed.

use std::time::Duration;

use sandbar_mcp_core::{Change, Error, ErrorCode, Failure, limits};

use crate::script::{Reply, Script, legacy, modern, outgoing};

const FILTER: &str = r#"{"notifications":{"toolsListChanged":true}}"#;
const ACK: &str = r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":$ID}}}"#;
const CHANGED: &str = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":$ID}}}"#;
const ENDED: &str = r#"{"jsonrpc":"2.0","id":$ID,"result":{"resultType":"complete"}}"#;

fn stream(messages: &[&str]) -> Reply {
    let events: Vec<_> = messages.iter().map(|message| format!("data: {message}\n\n")).collect();
    Reply::sse(&events.concat())
}

fn listen(replies: Vec<Reply>) -> (Result<String, Error>, Script) {
    let mut session = modern();
    let call = session.request(outgoing("subscriptions/listen", Some(FILTER))).unwrap();
    let mut script = Script::new(replies);
    let outcome = script.run(&mut session, call);
    assert!(script.is_played(), "{:?}", script.events);
    (outcome, script)
}

fn methods(script: &Script) -> Vec<&str> {
    script
        .notified()
        .iter()
        .map(|note| note.method.strip_prefix("notifications/").unwrap())
        .collect()
}

/// Catches a subscription that hears what another asked for, and one that takes its end for an error.
#[test]
fn a_subscription_hears_what_it_asked_for_until_the_server_ends_it() {
    let foreign = CHANGED.replace("$ID", "99");
    let bare = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let (outcome, script) = listen(vec![stream(&[ACK, CHANGED, &foreign, bare, ENDED])]);
    assert!(outcome.unwrap().contains("complete"));
    assert_eq!(
        methods(&script),
        ["subscriptions/acknowledged", "tools/list_changed", "tools/list_changed"]
    );
    assert_eq!(script.sent()[0].idle_timeout, Some(limits::STANDING_SILENCE));
    let cancelled =
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":$ID}}"#;
    let other = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#;
    let (outcome, script) = listen(vec![stream(&[ACK, other, CHANGED, cancelled, "never read"])]);
    assert_eq!(outcome.unwrap(), "{}");
    assert_eq!(methods(&script), ["subscriptions/acknowledged", "tools/list_changed"]);
}

/// Catches a subscription that is over because its connection is, one that is asked for under the old
/// id, and a reconnect without a pause or an end (python-sdk 3356, LibreChat 12162).
#[test]
fn a_stream_that_breaks_is_asked_for_again() {
    let lost = || Failure::sent(ErrorCode::IncompleteBody);
    let (outcome, script) = listen(vec![
        stream(&[ACK, CHANGED]).broken(lost()),
        Reply::failure(Failure::unsent(ErrorCode::ConnectionRefused)),
        stream(&[ACK, CHANGED]),
        stream(&[ACK, CHANGED, ENDED]),
    ]);
    outcome.unwrap();
    assert_eq!(script.waited(), [1, 2, 1].map(Duration::from_secs));
    assert_eq!(script.notified().len(), 6);
    let empty = usize::try_from(limits::UNPRODUCTIVE_RESUMPTIONS).unwrap() + 1;
    let (outcome, script) = listen((0..empty).map(|_| stream(&[ACK])).collect());
    assert_eq!(outcome, Err(Error::NoAnswer));
    assert_eq!(script.waited().last(), Some(&Duration::from_secs(16)));
    let silent = || stream(&[ACK]).broken(Failure::sent(ErrorCode::IdleTimeout));
    let mut replies: Vec<_> = (0..20).map(|_| silent()).collect();
    replies.push(stream(&[ENDED]));
    listen(replies).0.unwrap();
}

/// Catches a refusal that is asked for again and again.
#[test]
fn a_server_without_subscriptions_is_asked_once() {
    let refused = r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":-32601,"message":"no"}}"#;
    let (outcome, _) = listen(vec![Reply::json(404, refused)]);
    assert!(matches!(outcome, Err(Error::Rpc(error)) if error.code == -32601));
    let (outcome, _) = listen(vec![Reply::json(403, "")]);
    assert!(matches!(outcome, Err(Error::Status(_))), "{outcome:?}");
    let mut session = legacy();
    let call = session.request(outgoing("subscriptions/listen", Some(FILTER))).unwrap();
    let outcome = Script::new([stream(&[])]).run(&mut session, call);
    assert_eq!(outcome, Err(Error::NoAnswer));
}

/// Catches a change that is taken for another.
#[test]
fn a_notification_says_what_has_changed() {
    let updated = r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:\u0062"}}"#;
    let odd = r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":7}}"#;
    let of = |kind: &str| format!(r#"{{"jsonrpc":"2.0","method":"notifications/{kind}"}}"#);
    let messages = [
        of("tools/list_changed"),
        of("prompts/list_changed"),
        of("resources/list_changed"),
        updated.to_owned(),
        odd.to_owned(),
        of("message"),
        ENDED.to_owned(),
    ];
    let messages: Vec<_> = messages.iter().map(String::as_str).collect();
    let (_, script) = listen(vec![stream(&messages)]);
    let changes: Vec<_> = script.notified().iter().map(|note| note.change.clone()).collect();
    let expected = [
        Some(Change::Tools),
        Some(Change::Prompts),
        Some(Change::Resources),
        Some(Change::Resource("a:b".to_owned())),
        None,
        None,
    ];
    assert_eq!(changes, expected);
}
