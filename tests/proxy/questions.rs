//! What a server asks of the agent, and what either gives up.

use super::{body, first, times};
use crate::support::agent::{Agent, MODERN};
use crate::support::fault::{Gate, McpScript, Response, Script, SseEvent, json_rpc_response};
use crate::support::fault_server::FaultServer;
use serde_json::json;

const QUESTION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"m","requestedSchema":{"z":1.0}}}"#;
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;
const ANSWER: &str = r#"{"id":1,"result":{"action":"accept","content":{"n":1.0}},"jsonrpc":"2.0"}"#;

/// Catches a question that reaches another than the agent, an answer that is read and written again, ids
/// that are of one space although they are of two, and a call that others wait for.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_by_the_agent_while_other_calls_go_on() {
    let answered = Gate::new("the answer to the question");
    let asks = Script::new()
        .send(Response::event_stream())
        .events([SseEvent::data(QUESTION)])
        .wait(&answered)
        .events([SseEvent::data(r#"{"jsonrpc":"2.0","id":1,"result":{"done":true}}"#)])
        .send(crate::support::fault::LAST_CHUNK);
    let server = FaultServer::start_mcp(McpScript::legacy().on("tools/call", asks)).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    assert_eq!(agent.asks(CALL).await, QUESTION);
    // A person takes time.
    for id in 2..5 {
        let ping = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        assert!(agent.asks(&ping).await.contains("\"result\""));
    }
    agent.say(ANSWER).await;
    let sent = first(&server, "POST").await;
    assert_eq!((body(&sent), sent.field("mcp-session-id")), (ANSWER, Some("session-1")));
    answered.open();
    assert_eq!(agent.hears().await, r#"{"jsonrpc":"2.0","id":1,"result":{"done":true}}"#);
    // Answered is answered, and a stranger's answer is nobody's.
    agent.say(ANSWER).await;
    agent.say(r#"{"jsonrpc":"2.0","id":99,"result":{}}"#).await;
    assert!(agent.asks(r#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#).await.contains("\"id\":9"));
    agent.leaves().await;
    assert_eq!(times(&server, "POST"), 1);
}

/// Catches a cancellation that the server never hears of, one under another id, one that leaves its
/// question with the agent, and an answer or progress that comes after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_call_that_is_given_up_is_told_and_heard_of_no_more() {
    let asks =
        Script::new().send(Response::event_stream()).events([SseEvent::data(QUESTION)]).hang();
    let server = FaultServer::start_mcp(McpScript::legacy().on("tools/call", asks)).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    assert_eq!(agent.asks(CALL).await, QUESTION);
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"r","x":1.0}}"#;
    agent.say(cancel).await;
    let withdrawn = agent.hears_json().await;
    assert_eq!(withdrawn["method"], "notifications/cancelled");
    assert_eq!(withdrawn["params"]["requestId"], 1);
    assert_eq!(body(&first(&server, "notifications/cancelled").await), cancel);
    server.closed_early(0).await;
    // The answer of an agent that did not hear in time is for nobody.
    agent.say(ANSWER).await;
    let pong = agent.asks(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#).await;
    assert!(pong.contains("\"id\":2"), "{pong}");
    let run = agent.leaves().await;
    assert_eq!((run.code, &*run.stdout), (Some(0), ""));
    assert_eq!((times(&server, "POST"), times(&server, "notifications/cancelled")), (0, 1));
}

/// Catches a notification that a modern server does not have, in place of the end of the stream that is
/// the cancellation there.
#[tokio::test(flavor = "multi_thread")]
async fn a_modern_call_that_is_given_up_is_a_stream_that_ends() {
    let silent = Script::new().send(Response::event_stream()).hang();
    let server = FaultServer::start_mcp(McpScript::modern().on("tools/call", silent)).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    agent
        .say(&format!(
            r#"{{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{{"name":"t",{MODERN}}}}}"#
        ))
        .await;
    first(&server, "tools/call").await;
    agent
        .say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}"#)
        .await;
    server.closed_early(0).await;
    let run = agent.leaves().await;
    assert_eq!((run.code, &*run.stdout), (Some(0), ""));
    assert_eq!(server.requests().len(), 1);
}

/// Catches a question that its server took back and that is answered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_the_server_takes_back_is_taken_back() {
    let withdrawal =
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    let asks = Script::new()
        .send(Response::event_stream())
        .events([SseEvent::data(QUESTION), SseEvent::data(withdrawal)])
        .hang();
    let server = FaultServer::start_mcp(McpScript::legacy().on("GET", asks)).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    assert_eq!(agent.hears().await, QUESTION);
    assert_eq!(agent.hears().await, withdrawal);
    agent.say(ANSWER).await;
    agent.asks(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#).await;
    agent.leaves().await;
    assert_eq!(times(&server, "POST"), 0);
}

/// Catches an answer that reaches a session other than the one that asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_of_a_session_that_is_gone_is_withdrawn() {
    let asks =
        Script::new().send(Response::event_stream()).events([SseEvent::data(QUESTION)]).hang();
    let script = McpScript::legacy()
        .on_call("GET", 0, asks)
        .on_call("x/call", 0, Script::respond(Response::new(404)))
        .on("x/call", Script::respond(json_rpc_response(json!({}))));
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    assert_eq!(agent.hears().await, QUESTION);
    agent.say(r#"{"jsonrpc":"2.0","id":2,"method":"x/call"}"#).await;
    let mut heard = [agent.hears_json().await, agent.hears_json().await];
    heard.sort_by_key(|message| message.get("id").is_some());
    assert_eq!(heard[0]["method"], "notifications/cancelled");
    assert_eq!(heard[0]["params"]["requestId"], 1);
    assert_eq!(heard[1]["id"], 2);
    agent.say(ANSWER).await;
    agent.asks(r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#).await;
    agent.leaves().await;
    assert_eq!(times(&server, "POST"), 0);
}
