//! Servers that forget, that are down, that tell what nobody asked for.

use super::{body, first, nth, operations, times};
use crate::support::agent::{Agent, INITIALIZE, INITIALIZED};
use crate::support::fault::{McpScript, Response, Script, SseEvent, json_rpc_response};
use crate::support::fault_server::FaultServer;
use serde_json::json;

fn call(id: u32) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"t"}}}}"#)
}

/// Catches a session whose end is the agent's affair, a request that is lost or sent twice, and a
/// handshake that is not the agent's: in the ways in which servers say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgot_the_session_gets_the_same_handshake_and_the_request_once_more() {
    let no_session = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}"#;
    for refusal in [
        Response::new(404),
        Response::json(400, no_session),
        Response::json(404, no_session),
        Response::json(200, no_session),
    ] {
        let script = McpScript::legacy()
            .on("tools/call", Script::respond(json_rpc_response(json!({ "ok": true }))))
            .on_call("tools/call", 1, Script::respond(refusal));
        let server = FaultServer::start_mcp(script).await;
        let mut agent = Agent::initialized(&server.url("/mcp")).await;
        assert!(agent.asks(&call(1)).await.contains("true"));
        assert!(agent.asks(&call(2)).await.contains("true"));
        let posts: Vec<_> =
            server.requests().into_iter().filter(|one| one.method == "POST").collect();
        let sent: Vec<_> = posts.iter().map(body).collect();
        let (one, two) = (call(1), call(2));
        assert_eq!(sent, [INITIALIZE, INITIALIZED, &*one, &*two, INITIALIZE, INITIALIZED, &*two],);
        assert_eq!(posts[4].field("mcp-session-id"), None);
        assert_eq!(agent.leaves().await.code, Some(0));
    }
}

/// Catches a request that goes round for ever at a server that forgets each session, and one that is
/// sent again although it may have run.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_run_is_not_sent_again_and_a_refusal_only_once() {
    let script = McpScript::legacy()
        .on("x/refused", Script::respond(Response::new(404)))
        .on("tools/call", Script::new().send(Response::event_stream()).close());
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    agent.say(r#"{"jsonrpc":"2.0","id":1,"method":"x/refused"}"#).await;
    let refused = agent.hears_json().await;
    assert_eq!(refused["error"]["data"]["status"], 404, "{refused}");
    assert_eq!(times(&server, "x/refused"), 2);
    agent.say(&call(2)).await;
    let broken = agent.hears_json().await;
    assert_eq!((&broken["id"], &broken["error"]["code"]), (&json!(2), &json!(-32000)));
    assert_eq!(times(&server, "tools/call"), 1);
}

/// Catches a proxy that ends with its server, one that leaves the agent without an answer, and one that
/// never tries again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_an_error_and_is_tried_again() {
    let script = McpScript::legacy()
        .on_call("initialize", 0, Script::respond(Response::new(503).body("warming up")))
        .on("tools/call", Script::respond(json_rpc_response(json!({ "ok": true }))));
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    agent.say(INITIALIZE).await;
    let answer = agent.hears_json().await;
    assert_eq!(answer["error"]["data"], json!({ "source": "sandbar", "status": 503 }));
    assert!(answer["error"]["message"].as_str().unwrap().contains("warming up"), "{answer}");
    // An agent that goes on all the same is given the session that it asked for.
    assert!(agent.asks(&call(1)).await.contains("true"));
    assert_eq!(
        operations(&server).iter().filter(|one| *one != "GET").collect::<Vec<_>>(),
        ["initialize", "initialize", "notifications/initialized", "tools/call"],
    );
}

/// Catches an error that does not say what is wrong, and a process that ends of it.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_address_is_said_to_the_agent() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", closed.local_addr().unwrap());
    drop(closed);
    let mut agent = Agent::start(&url);
    for _ in 0..2 {
        agent.say(INITIALIZE).await;
        let answer = agent.hears_json().await;
        assert!(answer["error"]["message"].as_str().unwrap().contains("refused"), "{answer}");
    }
    let run = agent.leaves().await;
    assert_eq!((run.code, &*run.stderr), (Some(0), ""));
}

/// Catches a sign-in that ends in a bare status.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_sign_in_is_an_error_that_names_the_command() {
    let refusal = Response::json(401, r#"{"error":"invalid_token"}"#)
        .field("www-authenticate", "Bearer resource_metadata=\"http://x/\"");
    let script = McpScript::legacy().on("initialize", Script::respond(refusal));
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::start(&server.url("/mcp?key=secret"));
    agent.say(INITIALIZE).await;
    let answer = agent.hears_json().await;
    assert_eq!(answer["error"]["data"]["status"], 401);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("sandbar login {}", server.url("/mcp"))), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

/// Catches a proxy that depends on the stream for what belongs to no request: servers need not have it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_stream_of_its_own_is_a_server_like_any_other() {
    for get in [Response::new(405), Response::new(404), Response::new(400), Response::new(200)] {
        let script = McpScript::legacy().on("GET", Script::respond(get));
        let server = FaultServer::start_mcp(script).await;
        let mut agent = Agent::initialized(&server.url("/mcp")).await;
        first(&server, "GET").await;
        let list = agent.asks(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
        assert!(list.contains("\"tools\":[]"), "{list}");
        assert_eq!(times(&server, "initialize"), 1);
    }
}

/// Catches notifications that are lost on the way because no request asked for them.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_tells_unasked_passes() {
    let told = [
        r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/prompts/list_changed","params":{}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/resources/list_changed"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"x:y"}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1.0}}"#,
        r#"{"method":"notifications/x/unknown","jsonrpc":"2.0","params":{"n":1e2}}"#,
    ];
    let events = told.iter().map(|text| SseEvent::data(text));
    let stream = Script::new().send(Response::event_stream()).events(events).hang();
    let server = FaultServer::start_mcp(McpScript::legacy().on("GET", stream)).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    for text in told {
        assert_eq!(agent.hears().await, text);
    }
    let run = agent.leaves().await;
    assert_eq!((run.code, &*run.stdout), (Some(0), ""));
}

/// Catches a stream that broke and takes its answer with it, although the server kept it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_is_resumed_where_it_was() {
    let begin =
        Script::new().send(Response::event_stream()).events([SseEvent::priming("e1", 50)]).close();
    let rest = Script::respond_with_events([SseEvent::data(
        r#"{"jsonrpc":"2.0","id":7,"result":{"late":1.0}}"#,
    )]);
    let script = McpScript::legacy()
        .on("tools/call", begin)
        .on_call("GET", 0, Script::respond(Response::new(405)))
        .on_call("GET", 1, rest);
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    first(&server, "GET").await;
    let line = agent.asks(&call(7)).await;
    assert_eq!(line, r#"{"jsonrpc":"2.0","id":7,"result":{"late":1.0}}"#);
    assert_eq!(nth(&server, "GET", 1).await.field("last-event-id"), Some("e1"));
    assert_eq!(times(&server, "tools/call"), 1);
}
