//! Messages pass as they are, in both directions and in both eras.

use super::{body, first, nth, operations, times};
use crate::support::agent::{Agent, INITIALIZE, INITIALIZED, MODERN};
use crate::support::fault::{
    McpScript, Response, Script, SseEvent, json_rpc_response, sse_response,
};
use crate::support::fault_server::FaultServer;
use serde_json::json;

/// A result that no serializer writes as it is here: numbers, escapes, order, members that nobody knows.
const ODD: &str = "{ \"z\" : 1.0,\r\n\t\"big\": 1152921504606846977, \"a\":\"\\u0041\\/\\n\",\r\n \"x\":{\"y\" : [ ]}\r\n}";

fn odd_answer() -> String {
    format!("{{\"x-first\":true,\r\n\"result\":{ODD},\r\n \"jsonrpc\":\"2.0\",\"id\":{{id}}}}\r\n")
}

/// The same on one line.
fn odd_line(id: &str) -> String {
    odd_answer().replace("{id}", id).replace(['\r', '\n'], "")
}

/// Catches a proxy with sessions, probes and look-ups of its own: the agent's handshake is the only one.
#[tokio::test(flavor = "multi_thread")]
async fn the_handshake_is_the_agents_and_the_only_one() {
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    agent.say(INITIALIZE).await;
    let answer = agent.hears_json().await;
    assert_eq!(answer["id"], "init");
    assert_eq!(answer["result"]["serverInfo"]["name"], "fault-server");
    assert_eq!(operations(&server), ["initialize"]);
    assert_eq!(body(&server.request(0).await), INITIALIZE);
    agent.say(INITIALIZED).await;
    assert_eq!(body(&server.request(1).await), INITIALIZED);
    assert_eq!(agent.leaves().await.code, Some(0));
    assert_eq!(times(&server, "initialize"), 1);
}

/// Catches a proxy that reads and writes JSON again, one that lets a line end through, and one that
/// loses what a server splits over lines of an event.
#[tokio::test(flavor = "multi_thread")]
async fn answers_pass_byte_for_byte_on_one_line() {
    for as_stream in [false, true] {
        let answer = if as_stream {
            Response::new(200).field("content-type", "text/event-stream").body(
                SseEvent::data(&odd_answer().replace("\r\n", "\n"))
                    .encode(crate::support::fault::LineEnding::CrLf),
            )
        } else {
            Response::json(200, odd_answer())
        };
        let script = McpScript::legacy().on("x/odd", Script::respond(answer));
        let server = FaultServer::start_mcp(script).await;
        let mut agent = Agent::initialized(&server.url("/mcp")).await;
        for id in ["0", "\"\"", "\"a b\"", "1152921504606846977", "-7"] {
            let request = format!(
                "{{ \"params\" : {{\"n\":1.0}}, \"method\":\"x/odd\",\"id\":{id} ,\"jsonrpc\":\"2.0\",\"u\":1}}"
            );
            let line = agent.asks(&request).await;
            assert_eq!(line, odd_line(id));
            let sent = server.requests().into_iter().rfind(|one| one.operation() == "x/odd");
            assert_eq!(body(&sent.unwrap()), request);
        }
        assert_eq!(agent.leaves().await.code, Some(0));
    }
}

/// Catches an answer that never comes because its server spelled the id in its own way.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_the_id_of_its_request_however_the_server_spelled_it() {
    let answer = r#"{"jsonrpc":"2.0","result":{"n":1.0},"id":1152921504606847000}"#;
    let script = McpScript::legacy().on("x/id", Script::respond(Response::json(200, answer)));
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    let line = agent.asks(r#"{"jsonrpc":"2.0","id":1152921504606846977,"method":"x/id"}"#).await;
    assert_eq!(line, r#"{"jsonrpc":"2.0","result":{"n":1.0},"id":1152921504606846977}"#);
}

/// Catches a proxy that knows methods, and one that makes an error of its own of a server's: in the
/// modern era it comes with status 404.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_methods_and_errors_pass_in_both_eras() {
    let error = r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-32601,"message":"no \"such\"","data":{"d":1.0},"e":2}}"#;
    for (script, params, status) in [
        (McpScript::legacy(), "{}".to_owned(), 200),
        (McpScript::legacy(), "{}".to_owned(), 400),
        (McpScript::modern(), format!("{{{MODERN}}}"), 404),
    ] {
        let is_modern = status == 404;
        let script = script.on("x/unknown", Script::respond(Response::json(status, error)));
        let server = FaultServer::start_mcp(script).await;
        let mut agent = Agent::start(&server.url("/mcp"));
        if !is_modern {
            agent.asks(INITIALIZE).await;
            agent.say(INITIALIZED).await;
        }
        let request =
            format!(r#"{{"jsonrpc":"2.0","id":"u","method":"x/unknown","params":{params}}}"#);
        assert_eq!(agent.asks(&request).await, error.replace("{id}", "\"u\""));
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"n":1.0}}"#;
        agent.say(notification).await;
        assert_eq!(body(&first(&server, "notifications/x").await), notification);
        if is_modern {
            let sent = first(&server, "x/unknown").await;
            assert_eq!(sent.field("mcp-method"), Some("x/unknown"));
            assert_eq!(sent.field("mcp-protocol-version"), Some("2026-07-28"));
            assert_eq!(sent.field("mcp-session-id"), None);
        }
        assert_eq!(agent.leaves().await.code, Some(0));
        assert_eq!(times(&server, "DELETE"), usize::from(!is_modern));
    }
}

/// Catches a modern agent that is asked to shake hands, and a session that is made for it.
#[tokio::test(flavor = "multi_thread")]
async fn the_era_is_the_agents() {
    let server = FaultServer::start_mcp(McpScript::modern()).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    let discover =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{{{MODERN}}}}}"#);
    let answer = agent.asks(&discover).await;
    assert!(answer.contains(r#""supportedVersions":["2026-07-28"]"#), "{answer}");
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{{"name":"t é",{MODERN}}}}}"#
    );
    agent.asks(&call).await;
    let sent = first(&server, "tools/call").await;
    assert_eq!(sent.field("mcp-name"), Some("=?base64?dCDDqQ==?="));
    assert_eq!(operations(&server), ["server/discover", "tools/call"]);
}

/// Catches an agent of both eras that is left without a server: what a legacy server says of
/// `server/discover` is what makes it fall back.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_both_eras_hears_what_a_legacy_server_says_of_the_probe() {
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    let discover =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{{{MODERN}}}}}"#);
    agent.say(&discover).await;
    let answer = agent.hears_json().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32000)));
    assert_eq!(operations(&server), ["server/discover"]);
    agent.say(INITIALIZE).await;
    assert_eq!(agent.hears_json().await["id"], "init");
}

/// Catches progress that overtakes other progress, or comes after the result, and tokens that are
/// replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_notifications_come_in_order_before_the_answer() {
    for token in ["\"p\"", "17"] {
        let progress = |n: usize| {
            format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":{n}.0}}}}"#
            )
        };
        let answer = r#"{"jsonrpc":"2.0","id":{id},"result":{}}"#.to_owned();
        let messages: Vec<_> = (0..1000).map(progress).chain([answer]).collect();
        let response = sse_response(messages.iter().map(String::as_str));
        let script = McpScript::legacy().on("tools/call", Script::respond(response));
        let server = FaultServer::start_mcp(script).await;
        let mut agent = Agent::initialized(&server.url("/mcp")).await;
        agent.say(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#).await;
        for n in 0..1000 {
            assert_eq!(agent.hears().await, progress(n));
        }
        assert_eq!(agent.hears().await, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    }
}

/// Catches a proxy that dies of a line, one that answers nothing, and one that takes the rest of a line
/// that is too long for another.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_no_message_is_answered_and_the_next_one_is_read() {
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    let url = server.url("/mcp");
    let mut agent = Agent::start_with(["proxy", &url, "--max-message-bytes", "2048"]);
    agent.asks(INITIALIZE).await;
    agent.say(INITIALIZED).await;
    let long =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":"{}"}}"#, "x".repeat(2048));
    for (line, code, words) in [
        ("nonsense", -32700, "no JSON-RPC message"),
        ("{\"jsonrpc\":\"2.0\",\"id\":5}", -32600, "no JSON-RPC message"),
        ("[{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}]", -32600, "batch"),
        (&*long, -32600, "--max-message-bytes"),
    ] {
        agent.say(line).await;
        let answer = agent.hears_json().await;
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{answer}");
        let pong = agent.asks(r#"{"jsonrpc":"2.0","id":6,"method":"ping"}"#).await;
        assert_eq!(pong, r#"{"id":6,"jsonrpc":"2.0","result":{}}"#);
    }
}

/// Catches an answer that is too large and ends more than its own request.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_large_is_an_error_of_its_request_alone() {
    let large = json_rpc_response(json!({ "text": "x".repeat(4096) }));
    let script = McpScript::legacy().on("x/large", Script::respond(large));
    let server = FaultServer::start_mcp(script).await;
    let url = server.url("/mcp");
    let mut agent = Agent::start_with(["proxy", &url, "--max-message-bytes", "2048"]);
    agent.asks(INITIALIZE).await;
    agent.say(INITIALIZED).await;
    agent.say(r#"{"jsonrpc":"2.0","id":1,"method":"x/large"}"#).await;
    let answer = agent.hears_json().await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("max-message-bytes"), "{answer}");
    let pong = agent.asks(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#).await;
    assert!(pong.contains("\"result\""), "{pong}");
}

/// Catches a request that overtakes the handshake it was written behind, and a handshake that every
/// later request waits for.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_overtakes_the_handshake_and_what_follows_runs_at_once() {
    let slow = crate::support::fault::Gate::new("the slow call");
    let answer = json_rpc_response(json!({}));
    let script = McpScript::legacy()
        .on_call("x/slow", 0, Script::new().wait(&slow).send(answer.clone()))
        .on("x/quick", Script::respond(answer));
    let server = FaultServer::start_mcp(script).await;
    let mut agent = Agent::start(&server.url("/mcp"));
    let quick: Vec<_> = (0..200)
        .map(|n| format!("{{\"jsonrpc\":\"2.0\",\"id\":{n},\"method\":\"x/quick\"}}"))
        .collect();
    let slow_call = "{\"jsonrpc\":\"2.0\",\"id\":\"slow\",\"method\":\"x/slow\"}";
    agent.say(&format!("{INITIALIZE}\n{INITIALIZED}\n{slow_call}\n{}", quick.join("\n"))).await;
    assert_eq!(agent.hears_json().await["id"], "init");
    slow.reached(1).await;
    let mut answered = Vec::new();
    for _ in 0..quick.len() {
        answered.push(agent.hears_json().await["id"].as_u64().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, (0..200).collect::<Vec<_>>());
    slow.open();
    assert_eq!(agent.hears_json().await["id"], "slow");
    assert_eq!(operations(&server)[..2], ["initialize", "notifications/initialized"]);
    let session = nth(&server, "x/quick", 0).await;
    assert_eq!(session.field("mcp-session-id"), Some("session-1"));
}
