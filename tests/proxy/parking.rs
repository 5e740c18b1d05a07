//! An agent of the modern era alone in front of a legacy server.

use super::{body, first, nth, operations, times};
use crate::support::agent::{Agent, MODERN};
use crate::support::fault::{
    Gate, LAST_CHUNK, McpScript, Response, Script, SseEvent, json_rpc_response,
};
use crate::support::fault_server::FaultServer;
use serde_json::json;

fn modern_call(id: &str, more: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":"{id}","method":"tools/call","params":{{"name":"t","arguments":{{"n":1.0}}{more},{MODERN}}}}}"#
    )
}

/// Catches an agent without a server although there is one, a session in another name than the agent's,
/// and what a legacy server does not know.
#[tokio::test(flavor = "multi_thread")]
async fn a_modern_agent_has_a_legacy_server() {
    let result = r#"{"jsonrpc":"2.0","id":{id},"result":{"content":[],"n":1.0}}"#;
    let script = McpScript::legacy()
        .on("tools/call", Script::respond(Response::json(200, result)))
        .on_call("tools/call", 0, Script::respond(Response::json(400,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: Server not initialized"}}"#)));
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    let line = agent.asks(&modern_call("a", "")).await;
    assert_eq!(
        line,
        r#"{"jsonrpc":"2.0","id":"a","result":{"content":[],"n":1.0,"resultType":"complete"}}"#
    );
    let opening = first(&server, "initialize").await.json();
    assert_eq!(opening["params"]["clientInfo"], json!({ "name": "agent", "version": "9" }));
    let sent = nth(&server, "tools/call", 1).await;
    assert_eq!(sent.field("mcp-session-id"), Some("session-1"));
    assert_eq!(
        body(&sent),
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"t","arguments":{"n":1.0}}}"#
    );
    let discover =
        format!(r#"{{"jsonrpc":"2.0","id":7,"method":"server/discover","params":{{{MODERN}}}}}"#);
    agent.say(&discover).await;
    let known = agent.hears_json().await;
    assert_eq!(known["id"], 7);
    assert_eq!(known["result"]["supportedVersions"], json!(["2026-07-28"]));
    assert_eq!(known["result"]["capabilities"], json!({ "tools": {}, "logging": {} }));
    assert_eq!(agent.leaves().await.code, Some(0));
    assert_eq!((times(&server, "initialize"), times(&server, "DELETE")), (1, 1));
    assert_eq!(times(&server, "server/discover"), 0);
}

/// Catches a call that is made again because its server asked something, an answer that reaches the
/// server under another id, and a result under the id of the first try.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_asks_is_parked_until_the_agent_tries_again() {
    let answered = Gate::new("the answer");
    let question = r#"{"jsonrpc":"2.0","id":"q 1","method":"elicitation/create","params":{"message":"m","n":1.0}}"#;
    let asks = Script::new()
        .send(Response::event_stream())
        .events([SseEvent::data(question)])
        .wait(&answered)
        .events([SseEvent::data(r#"{"jsonrpc":"2.0","id":{id},"result":{"done":true}}"#)])
        .send(LAST_CHUNK);
    let refusal = Response::json(
        400,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Server not initialized"}}"#,
    );
    let script = McpScript::legacy().on("tools/call", asks).on_call(
        "tools/call",
        0,
        Script::respond(refusal),
    );
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    let asked = agent.asks(&modern_call("a", "")).await;
    assert!(
        asked.contains(r#""inputRequests":{"0":{"method":"elicitation/create","params":{"message":"m","n":1.0}}}"#),
        "{asked}"
    );
    let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(
        (&asked["id"], &asked["result"]["resultType"]),
        (&json!("a"), &json!("input_required"))
    );
    let state = asked["result"]["requestState"].as_str().unwrap();
    let retry = modern_call(
        "b",
        &format!(
            r#","inputResponses":{{"0":{{"action":"accept","content":{{"x":1.0}}}}}},"requestState":"{state}""#
        ),
    );
    agent.say(&retry).await;
    assert_eq!(
        body(&first(&server, "POST").await),
        r#"{"jsonrpc":"2.0","id":"q 1","result":{"action":"accept","content":{"x":1.0}}}"#
    );
    answered.open();
    assert_eq!(
        agent.hears().await,
        r#"{"jsonrpc":"2.0","id":"b","result":{"done":true,"resultType":"complete"}}"#
    );
    // Refused for want of a session, and then run once.
    assert_eq!(times(&server, "tools/call"), 2);
}

/// Catches a call that its server goes on with, and changes that a modern agent cannot tell from others.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_modern_agent_gives_up_and_listens_to_is_told_in_the_way_of_its_server() {
    let change = Gate::new("the change");
    let told = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let standing = Script::new()
        .send(Response::event_stream())
        .wait(&change)
        .events([SseEvent::data(told)])
        .hang();
    let refusal = Response::json(
        400,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Server not initialized"}}"#,
    );
    let script = McpScript::legacy()
        .on("GET", standing)
        .on("x/list", Script::respond(json_rpc_response(json!({}))))
        .on_call("x/list", 0, Script::respond(refusal))
        .on("tools/call", Script::new().send(Response::event_stream()).hang());
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    agent
        .asks(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x/list","params":{{{MODERN}}}}}"#))
        .await;
    let listen = format!(
        r#"{{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{{"notifications":{{"toolsListChanged":true}},{MODERN}}}}}"#
    );
    agent.say(&listen).await;
    let begun = agent.hears_json().await;
    assert_eq!(begun["method"], "notifications/subscriptions/acknowledged");
    change.open();
    let changed = agent.hears_json().await;
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    let id = &changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
    assert_eq!(id, "l");
    agent.say(&modern_call("c", "")).await;
    first(&server, "tools/call").await;
    agent
        .say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}"#)
        .await;
    let told = first(&server, "notifications/cancelled").await;
    assert_eq!(told.json()["params"]["requestId"], "c");
    let run = agent.leaves().await;
    assert_eq!((run.code, &*run.stdout), (Some(0), ""));
    assert_eq!(operations(&server).last().unwrap(), "DELETE");
}
