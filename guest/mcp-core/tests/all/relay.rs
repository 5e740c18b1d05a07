//! Messages of another client, carried as they are.

use std::time::Duration;

use sandbar_mcp_core::{Error, Field, RelayConfig, Session};

use crate::script::{ENDPOINT, Reply, Script, body, field};

const INITIALIZE: &str = r#"{"id":"i","method":"initialize","params":{"x":1.0}}"#;
const INITIALIZED: &str = r#"{"method":"notifications/initialized","jsonrpc":"2.0"}"#;
const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1152921504606846977,"method":"tools/call","params":{"name":"t"}}"#;
const RESULT: &str = r#"{"result":{"protocolVersion":"2025-11-25"},"id":"i","jsonrpc":"2.0"}"#;

fn relaying() -> Session {
    let fields = vec![Field { name: "authorization".into(), value: b"Bearer t".to_vec() }];
    let idle_timeout = Some(Duration::from_secs(30));
    let (url, max_message_bytes) = (ENDPOINT.into(), 1 << 20);
    Session::relaying(RelayConfig { url, fields, max_message_bytes, idle_timeout }).unwrap()
}

/// What becomes of a message with these replies.
fn relayed(
    session: &mut Session,
    message: &str,
    replies: impl IntoIterator<Item = Reply>,
) -> (Result<String, Error>, Script) {
    let call = session.relay(message.to_owned()).unwrap();
    let mut script = Script::new(replies);
    let outcome = script.run(session, call);
    (outcome, script)
}

fn opened() -> Session {
    let mut session = relaying();
    let reply = Reply::json(200, RESULT).field("mcp-session-id", "s1");
    let (outcome, script) = relayed(&mut session, INITIALIZE, [reply]);
    outcome.unwrap();
    assert_eq!(script.texts(), [RESULT]);
    relayed(&mut session, INITIALIZED, [Reply::accepted()]).0.unwrap();
    assert!(session.was_confirmed() && !session.was_confirmed());
    session
}

/// Catches a byte of a message that is written again, and a session id that is not the client's own.
#[test]
fn what_is_said_and_answered_stays_as_it_is() {
    let mut session = opened();
    let told = r#"{ "method":"x/y" , "params":{"a":1.0}}"#;
    let answer = r#"{"id":1152921504606846977,"result":{"b" : 1e2}}"#;
    let reply = Reply::sse(&format!("data: {told}\n\ndata: {answer}\n\n"));
    let (outcome, script) = relayed(&mut session, CALL, [reply]);
    outcome.unwrap();
    assert_eq!(script.texts(), [told, answer]);
    assert_eq!(body(script.sent()[0]), CALL);
    assert_eq!(field(script.sent()[0], "mcp-session-id"), ["s1"]);
}

/// Catches a session that is left behind at the server when its client opens another one.
#[test]
fn a_session_that_another_takes_the_place_of_is_ended() {
    let mut session = opened();
    let again = Reply::json(200, RESULT).field("mcp-session-id", "s2");
    let (outcome, script) = relayed(&mut session, INITIALIZE, [again, Reply::accepted()]);
    outcome.unwrap();
    assert_eq!(script.methods(), ["initialize", "DELETE"]);
    assert_eq!(field(script.sent()[1], "mcp-session-id"), ["s1"]);
    assert_eq!(script.texts(), [RESULT]);
}

/// Catches a handshake that is not the client's, and a request that is sent a third time.
#[test]
fn a_forgotten_session_is_opened_again_with_the_clients_own_words() {
    let mut session = opened();
    let again = Reply::json(200, RESULT).field("mcp-session-id", "s2");
    let gone = || Reply::new(404, "text/plain", "Session not found");
    let replies = [gone(), again, Reply::accepted(), gone()];
    let (outcome, script) = relayed(&mut session, CALL, replies);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 404));
    let said: Vec<_> = script.sent().into_iter().map(body).collect();
    assert_eq!(said, [CALL, INITIALIZE, INITIALIZED, CALL]);
    assert_eq!(field(script.sent()[3], "mcp-session-id"), ["s2"]);
    assert!(script.texts().is_empty());
}

/// Catches an error of the server that becomes one of ours, and one that comes under another id than its
/// request.
#[test]
fn an_error_of_the_server_is_an_answer_whatever_its_status() {
    let error =
        r#"{"jsonrpc":"2.0","id":$I,"error":{"code":-32601,"message":"m","data":[1.0],"x":1}}"#;
    let expected = error.replace("$I", "1152921504606846977");
    for (status, id) in [(200, "null"), (404, "1152921504606846977"), (400, "\"server-error\"")] {
        let mut session = opened();
        let reply = Reply::json(status, &error.replace("$I", id));
        // Without the session, so that the status alone says nothing of it.
        let replies = [
            reply,
            Reply::json(200, RESULT),
            Reply::accepted(),
            Reply::json(status, &error.replace("$I", id)),
        ];
        let (outcome, script) = relayed(
            &mut session,
            CALL,
            replies.into_iter().take(if status == 404 { 4 } else { 1 }),
        );
        outcome.unwrap();
        assert_eq!(script.texts(), [expected.as_str()], "{status}");
    }
}

/// Catches a tool call without the fields that its server wants, and an errand that the client hears of.
#[test]
fn the_fields_of_a_tool_are_learnt_when_they_are_missing() {
    let meta =
        r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":1}"#;
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t","arguments":{{"a":"v"}},{meta}}}}}"#
    );
    let refusal = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"no"}}"#;
    let tools = r#"{"tools":[{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}}}]}"#;
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let mut session = relaying();
    let replies = [Reply::json(400, refusal), Reply::result(tools), Reply::json(200, answer)];
    let (outcome, script) = relayed(&mut session, &call, replies);
    outcome.unwrap();
    assert_eq!(script.texts(), [answer]);
    assert_eq!(script.methods(), ["tools/call", "tools/list", "tools/call"]);
    let [refused, list, repeated] = script.sent()[..] else { panic!("three") };
    assert!(field(refused, "mcp-param-a").is_empty());
    assert_eq!(field(repeated, "mcp-param-a"), ["v"]);
    assert!(!body(list).contains("progressToken"), "{}", body(list));
}
