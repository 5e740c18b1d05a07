//! A legacy agent in front of a server of the modern era alone.

use super::{first, nth, operations, times};
use crate::support::agent::{Agent, INITIALIZE, INITIALIZED};
use crate::support::fault::{LAST_CHUNK, McpScript, Response, Script, SseEvent, json_rpc_response};
use crate::support::fault_server::FaultServer;
use serde_json::{Value, json};

const CALL: &str = r#"{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"t","arguments":{"n":1.0},"_meta":{"progressToken":"p"}}}"#;

fn discovery(capabilities: Value) -> Script {
    Script::respond(json_rpc_response(json!({
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": capabilities,
        "instructions": "be nice",
        "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "new", "version": "2" } },
    })))
}

/// A server with every list that changes.
fn modern() -> McpScript {
    let capabilities = json!({
        "tools": { "listChanged": true }, "resources": { "subscribe": true },
        "extensions": { "io.modelcontextprotocol/tasks": {} },
    });
    McpScript::modern().on("server/discover", discovery(capabilities))
}

async fn opened(server: &FaultServer) -> (Agent, Value) {
    let mut agent = Agent::start(&server.url("/mcp"));
    agent.say(INITIALIZE).await;
    let answer = agent.hears_json().await;
    agent.say(INITIALIZED).await;
    (agent, answer)
}

/// Catches an agent without a server although there is one, a request without what the modern era wants,
/// and a result with what the legacy era does not have.
#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_agent_has_a_modern_server() {
    let result =
        r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","content":[],"n":1.0}}"#;
    let script = modern().on("tools/call", Script::respond(Response::json(200, result)));
    let server = FaultServer::start_mcp(script).await;
    let (mut agent, answer) = opened(&server).await;
    assert_eq!(
        answer,
        json!({ "jsonrpc": "2.0", "id": "init", "result": {
            "protocolVersion": "2025-11-25",
            "capabilities": { "tools": { "listChanged": true }, "resources": { "subscribe": true } },
            "serverInfo": { "name": "new", "version": "2" },
            "instructions": "be nice",
        } })
    );
    let line = agent.asks(CALL).await;
    assert_eq!(line, r#"{"jsonrpc":"2.0","id":"c","result":{"content":[],"n":1.0}}"#);
    let sent = first(&server, "tools/call").await;
    assert_eq!(sent.field("mcp-protocol-version"), Some("2026-07-28"));
    assert_eq!(sent.field("mcp-name"), Some("t"));
    let meta = &sent.json()["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], "agent");
    assert_eq!(meta["io.modelcontextprotocol/clientCapabilities"]["x"], json!(1.0));
    assert_eq!(meta["progressToken"], "p");
    assert!(String::from_utf8_lossy(&sent.body).contains(r#""arguments":{"n":1.0}"#));
    // What the modern era does not have, is seen to here.
    let pong = agent.asks(r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#).await;
    assert_eq!(pong, r#"{"jsonrpc":"2.0","id":0,"result":{}}"#);
    agent.say(r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#).await;
    let level = r#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"info"}}"#;
    assert_eq!(agent.asks(level).await, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    agent.asks(CALL).await;
    let meta = nth(&server, "tools/call", 1).await.json()["params"]["_meta"].clone();
    assert_eq!(meta["io.modelcontextprotocol/logLevel"], "info");
    assert_eq!(agent.leaves().await.code, Some(0));
    let asked = operations(&server);
    for none in ["ping", "logging/setLevel", "notifications/initialized", "DELETE"] {
        assert!(!asked.iter().any(|one| one == none), "{none}: {asked:?}");
    }
    assert_eq!(times(&server, "initialize"), 1);
}

/// Catches a question that is passed by, one under a name or a state that is written again, and a
/// request that goes on under an id that was used before.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_modern_server_asks_is_a_request_to_the_agent() {
    let asks = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"input_required","inputRequests":{"a\u0041":{"method":"elicitation/create","params":{"message":"m","n":1.0}},"b":{"method":"elicitation/create","params":{"message":"k"}}},"requestState":"s\u0041 1.0"}}"#;
    let script = modern()
        .on_call("tools/call", 0, Script::respond(Response::json(200, asks)))
        .on("tools/call", Script::respond(json_rpc_response(json!({ "done": true }))));
    let server = FaultServer::start_mcp(script).await;
    let (mut agent, _) = opened(&server).await;
    let question = agent.asks(CALL).await;
    assert_eq!(
        question,
        r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"m","n":1.0}}"#
    );
    assert_eq!(agent.hears_json().await["id"], 2);
    agent.say(r#"{"jsonrpc":"2.0","id":2,"result":{"action":"decline"}}"#).await;
    agent.say(r#"{"jsonrpc":"2.0","id":1,"result":{"action":"accept","content":{"x":1.0}}}"#).await;
    assert_eq!(agent.hears().await, r#"{"id":"c","jsonrpc":"2.0","result":{"done":true}}"#);
    let (asked, continued) =
        (first(&server, "tools/call").await, nth(&server, "tools/call", 1).await);
    assert_ne!(asked.rpc_id(), continued.rpc_id());
    let sent = String::from_utf8(continued.body.clone()).unwrap();
    assert!(sent.contains(r#""requestState":"s\u0041 1.0""#), "{sent}");
    assert!(sent.contains(r#"{"action":"accept","content":{"x":1.0}}"#), "{sent}");
    assert_eq!(continued.json()["params"]["inputResponses"]["aA"]["action"], "accept");
    assert_eq!(continued.json()["params"]["inputResponses"]["b"]["action"], "decline");
    assert_eq!(continued.json()["params"]["arguments"]["n"], json!(1.0));
}

/// Catches a question to an agent that cannot answer it, and a result that the agent cannot read.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_agent_cannot_is_an_error_of_its_request() {
    let asks = |method: &str, mode: &str| {
        Script::respond(json_rpc_response(json!({ "resultType": "input_required",
            "inputRequests": { "a": { "method": method, "params": { "mode": mode } } } })))
    };
    let script = modern()
        .on_call("tools/call", 0, asks("sampling/createMessage", "x"))
        .on_call("tools/call", 1, asks("elicitation/create", "url"))
        .on("tools/call", Script::respond(json_rpc_response(json!({ "resultType": "task" }))));
    let server = FaultServer::start_mcp(script).await;
    let (mut agent, _) = opened(&server).await;
    for words in ["capability `sampling`", "capability `elicitation.url`", "type `task`"] {
        agent.say(CALL).await;
        let answer = agent.hears_json().await;
        assert_eq!(answer["id"], "c");
        assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{answer}");
    }
    assert_eq!(times(&server, "tools/call"), 3);
}

/// Catches a call that is told to be given up, where the end of the stream says it, and a question that
/// stays with the agent.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_the_bridge_is_given_up_by_the_end_of_its_stream() {
    let silent = Script::new().send(Response::event_stream()).hang();
    let asks = Script::respond(json_rpc_response(json!({ "resultType": "input_required",
        "inputRequests": { "a": { "method": "elicitation/create", "params": {} } } })));
    let script = McpScript::modern().on_call("tools/call", 0, silent).on("tools/call", asks);
    let server = FaultServer::start_mcp(script).await;
    let (mut agent, _) = opened(&server).await;
    let cancel =
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}"#;
    agent.say(CALL).await;
    first(&server, "tools/call").await;
    agent.say(cancel).await;
    server.closed_early(0).await;
    assert!(agent.asks(CALL).await.contains("elicitation/create"));
    agent.say(cancel).await;
    let withdrawn = agent.hears_json().await;
    assert_eq!(
        (&withdrawn["method"], &withdrawn["params"]["requestId"]),
        (&json!("notifications/cancelled"), &json!(1))
    );
    let run = agent.leaves().await;
    assert_eq!((run.code, &*run.stdout), (Some(0), ""));
    assert_eq!((times(&server, "notifications/cancelled"), times(&server, "tools/call")), (0, 2));
}

/// Catches changes that an agent is never told because it does not ask in the way of the other era, and
/// what it does not know in those that it is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_at_a_modern_server_is_told() {
    let id = r#""_meta":{"io.modelcontextprotocol/subscriptionId":{id}}"#;
    let told = |method: &str, rest: &str| {
        SseEvent::data(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{{{rest}{id}}}}}"#
        ))
    };
    let begin = |events: Vec<SseEvent>| {
        let begun = told("subscriptions/acknowledged", "");
        Script::new().send(Response::event_stream()).events([begun]).events(events)
    };
    let script = modern()
        .on_call("subscriptions/listen", 0, begin(vec![told("tools/list_changed", "")]).hang())
        .on(
            "subscriptions/listen",
            begin(vec![told("resources/updated", r#""uri":"x:\u0079","#)])
                .events([SseEvent::data(r#"{"jsonrpc":"2.0","id":{id},"result":{}}"#)])
                .send(LAST_CHUNK),
        );
    let server = FaultServer::start_mcp(script).await;
    let (mut agent, _) = opened(&server).await;
    assert_eq!(
        agent.hears().await,
        r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}}"#
    );
    let subscribe =
        r#"{"jsonrpc":"2.0","id":3,"method":"resources/subscribe","params":{"uri":"x:y"}}"#;
    assert_eq!(agent.asks(subscribe).await, r#"{"jsonrpc":"2.0","id":3,"result":{}}"#);
    let updated = r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"x:\u0079"}}"#;
    assert_eq!(agent.hears().await, updated);
    server.closed_early(0).await;
    let filter = |request: &crate::support::fault::RecordedRequest| {
        request.json()["params"]["notifications"].clone()
    };
    let listens = "subscriptions/listen";
    assert_eq!(filter(&first(&server, listens).await), json!({ "toolsListChanged": true }));
    let both = json!({ "toolsListChanged": true, "resourceSubscriptions": ["x:y"] });
    assert_eq!(filter(&nth(&server, listens, 1).await), both);
    // It is asked for again after a pause, where it ends.
    assert_eq!(agent.hears().await, updated);
}

/// Catches an agent that is left without a server because that one agrees to a handshake which its
/// version does not have.
#[tokio::test(flavor = "multi_thread")]
async fn a_modern_server_that_agrees_to_the_handshake_is_bridged_all_the_same() {
    let agreed = json_rpc_response(json!({
        "protocolVersion": "2026-07-28", "capabilities": {},
        "serverInfo": { "name": "new", "version": "2" },
    }));
    let script = modern().on("initialize", Script::respond(agreed));
    let server = FaultServer::start_mcp(script).await;
    let (_agent, answer) = opened(&server).await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(operations(&server)[..2], ["initialize", "server/discover"]);
}

/// Catches a bridge to nowhere: what is no server at all says so itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_server_of_either_era_is_an_error() {
    let server =
        FaultServer::start(|_| Script::respond(Response::new(404).body("no such page"))).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    for _ in 0..2 {
        agent.say(INITIALIZE).await;
        let answer = agent.hears_json().await;
        assert_eq!(answer["id"], "init");
        assert!(answer["error"]["message"].as_str().unwrap().contains("no such page"), "{answer}");
    }
    assert_eq!(operations(&server), ["initialize", "server/discover"].repeat(2));
}
