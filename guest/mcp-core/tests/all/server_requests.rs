//! Requests that a server makes.

use sandbar_mcp_core::{CallId, Error, RpcError};

use crate::script::{Event, Reply, Script, body, call_tool, field, initialized, legacy, modern};

const ASK: &str = concat!(
    "data: {\"jsonrpc\":\"2.0\",\"id\":\"q\\\"1\",\"method\":\"elicitation/create\",",
    "\"params\":{\"m\": 1}}\n\n",
);
const ANSWER: &str = "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n\n";

/// Catches an answer under another id or of another shape, and a stream that waits for it.
#[test]
fn a_legacy_server_gets_its_answer_as_a_post() {
    let mut session = legacy();
    let (outcome, script) = call_tool(&mut session, [Reply::sse(&format!("{ASK}{ANSWER}"))]);
    assert_eq!(outcome.unwrap(), "{}");
    let Some(Event::Asked(request)) = script.events.get(2) else { panic!("{:?}", script.events) };
    assert_eq!((request.call, &*request.method), (Some(CallId(7)), "elicitation/create"));
    assert_eq!(request.params.as_deref(), Some("{\"m\": 1}"));

    let error = RpcError { code: -1, message: "n\"o".into(), data: Some("[1]".into()) };
    for (answer, expected) in [
        (Ok(r#"{"action":"accept"}"#.to_owned()), r#""result":{"action":"accept"}"#),
        (Err(error), r#""error":{"code":-1,"message":"n\"o","data":[1]}"#),
    ] {
        let call = session.response(request.id.clone(), answer);
        let mut script = Script::new([Reply::accepted()]);
        assert_eq!(script.run(&mut session, call).unwrap(), "");
        let posted = script.sent()[0];
        assert_eq!(body(posted), format!(r#"{{"jsonrpc":"2.0","id":"q\"1",{expected}}}"#));
        assert_eq!(field(posted, "mcp-session-id"), ["s1"]);
    }
}

/// Catches a code that means something else: servers match on them.
#[test]
fn what_cannot_be_answered_has_a_code_of_json_rpc() {
    for (error, expected) in [
        (RpcError::method_not_found("m"), r#"{"code":-32601,"message":"method not found: m"}"#),
        (RpcError::internal("i"), r#"{"code":-32603,"message":"i"}"#),
    ] {
        let mut session = legacy();
        let (_, script) = call_tool(&mut session, [Reply::sse(&format!("{ASK}{ANSWER}"))]);
        let Some(Event::Asked(request)) = script.events.get(2) else { panic!("nobody asked") };
        let call = session.response(request.id.clone(), Err(error));
        let mut script = Script::new([Reply::accepted()]);
        script.run(&mut session, call).unwrap();
        assert!(body(script.sent()[0]).contains(expected), "{}", body(script.sent()[0]));
    }
}

/// Catches an answer that leaks into a session that never asked.
#[test]
fn an_answer_does_not_reach_another_session() {
    let mut session = legacy();
    let (_, script) = call_tool(&mut session, [Reply::sse(&format!("{ASK}{ANSWER}"))]);
    let Some(Event::Asked(request)) = script.events.get(2) else { panic!("{:?}", script.events) };
    let opening = session.open();
    Script::new(initialized("2025-11-25", "s2")).run(&mut session, opening).unwrap();
    let call = session.response(request.id.clone(), Ok("{}".into()));
    assert_eq!(Script::default().run(&mut session, call), Err(Error::SessionLost));
}

/// Catches a ping that bothers the embedder, or that holds up its stream.
#[test]
fn a_ping_is_answered_in_the_background() {
    let ping = "data: {\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}\n\n";
    let stream = Reply::sse(&format!("{ping}{ANSWER}"));
    let (outcome, script) = call_tool(&mut legacy(), [stream, Reply::accepted()]);
    assert_eq!(outcome.unwrap(), "{}");
    assert_eq!(body(script.sent()[1]), r#"{"jsonrpc":"2.0","id":5,"result":{}}"#);
    assert!(!script.events.iter().any(|event| matches!(event, Event::Asked(_))));
}

/// Catches a response that is POSTed to a modern server, which must never happen, and a ping that
/// costs the answer.
#[test]
fn a_modern_server_may_not_ask_on_a_stream() {
    let ping = "data: {\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}\n\n";
    let (outcome, script) = call_tool(&mut modern(), [Reply::sse(&format!("{ASK}{ANSWER}"))]);
    let Err(Error::InvalidMessage(text)) = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("`elicitation/create`"), "{text}");
    assert_eq!(script.sent().len(), 1);
    let (outcome, script) = call_tool(&mut modern(), [Reply::sse(&format!("{ping}{ANSWER}"))]);
    assert_eq!((outcome.unwrap(), script.sent().len()), ("{}".into(), 1));
}
