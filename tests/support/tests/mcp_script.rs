use serde_json::{Value, json};

use super::raw_client::post;
use crate::support::{
    fault::{McpScript, Script, SseEvent, json_rpc_response, sse_response},
    fault_server::FaultServer,
};

const MODERN: &str = "mcp-protocol-version: 2026-07-28\r\n";
const SESSION: &str = "mcp-protocol-version: 2025-11-25\r\nmcp-session-id: session-1\r\n";

fn request(id: Value, method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method })
}

fn json_of(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

/// Catches a script that answers every call alike, or counts calls of other methods too.
#[tokio::test]
async fn a_script_can_be_for_one_call_of_a_method() {
    let script = McpScript::modern()
        .on("tools/call", Script::respond(json_rpc_response(json!("any"))))
        .on_call("tools/call", 1, Script::respond(json_rpc_response(json!("second"))))
        .on_post(3, Script::respond(json_rpc_response(json!("fourth post"))));
    let server = FaultServer::start_mcp(script).await;
    let mut results = Vec::new();
    for method in ["tools/call", "tools/list", "tools/call", "tools/call", "tools/call"] {
        let (_, body) = post(&server, &request(json!(1), method), MODERN).await;
        results.push(json_of(&body)["result"].clone());
    }
    results.remove(1);
    assert_eq!(results, ["any", "second", "fourth post", "any"]);
}

/// Catches ids that lose their type: a string id must come back as a string.
#[tokio::test]
async fn the_id_of_the_request_is_echoed_with_its_type() {
    let event = SseEvent::data(r#"{"jsonrpc":"2.0","id":{id},"result":{}}"#);
    let script = McpScript::modern()
        .on("server/discover", Script::respond_with_events([event]))
        .on("ping", Script::respond(sse_response([r#"{"id":{id}}"#])));
    let server = FaultServer::start_mcp(script).await;
    let (_, number) = post(&server, &request(json!(7), "tools/list"), MODERN).await;
    assert_eq!(json_of(&number)["id"], json!(7));
    let (_, string) = post(&server, &request(json!("a\"b"), "server/discover"), MODERN).await;
    assert!(string.contains(r#""id":"a\"b","#), "{string}");
    let (head, stream) = post(&server, &request(json!("x"), "ping"), MODERN).await;
    assert_eq!(stream, "data: {\"id\":\"x\"}\n\n");
    assert!(head.contains("content-length: 18\r\n"), "{head}");
}

/// Catches a modern server without discovery, which a dual-era client takes for a legacy one.
#[tokio::test]
async fn a_modern_server_answers_discovery_and_refuses_the_handshake() {
    let server = FaultServer::start_mcp(McpScript::modern()).await;
    let (_, discovery) = post(&server, &request(json!(1), "server/discover"), MODERN).await;
    assert_eq!(json_of(&discovery)["result"]["supportedVersions"], json!(["2026-07-28"]));
    let (head, body) = post(&server, &request(json!(2), "initialize"), "").await;
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    assert_eq!(json_of(&body)["error"]["code"], json!(-32601));
}

/// Catches a legacy server that lets modern requests through, so that no fallback is tested.
#[tokio::test]
async fn a_legacy_server_wants_the_handshake_first() {
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    let (head, body) = post(&server, &request(json!(1), "server/discover"), MODERN).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert_eq!(json_of(&body)["error"]["code"], json!(-32000));
    let (head, body) = post(&server, &request(json!(2), "initialize"), "").await;
    assert!(head.contains("mcp-session-id: session-1"), "{head}");
    assert_eq!(json_of(&body)["result"]["protocolVersion"], json!("2025-11-25"));
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let (head, _) = post(&server, &initialized, SESSION).await;
    assert!(head.starts_with("HTTP/1.1 202 "), "{head}");
    let (head, _) = post(&server, &request(json!(3), "tools/list"), SESSION).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}

/// Catches a server that wants a session id although it never gave one.
#[tokio::test]
async fn a_legacy_server_can_do_without_sessions() {
    let server = FaultServer::start_mcp(McpScript::legacy().without_session()).await;
    let (head, _) = post(&server, &request(json!(1), "initialize"), "").await;
    assert!(!head.contains("mcp-session-id"), "{head}");
    let (_, body) = post(&server, &request(json!(2), "ping"), "").await;
    assert_eq!(json_of(&body)["result"], json!({}));
}
