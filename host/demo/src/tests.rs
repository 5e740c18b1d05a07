#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{DemoMode, DemoOptions, DemoServer};

const MODES: [DemoMode; 3] =
    [DemoMode::StatefulSse, DemoMode::StatelessSse, DemoMode::StatelessJson];

async fn start(mode: DemoMode) -> DemoServer {
    let options = DemoOptions { mode, ..DemoOptions::default() };
    DemoServer::start(options).await.unwrap()
}

/// Sends a `tools/call` of 2026-07-28, with more `_meta` and more header fields.
async fn call(
    server: &DemoServer,
    tool: &str,
    arguments: Value,
    meta: &[(&str, &str)],
) -> TcpStream {
    let mut metadata = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    for (key, value) in meta {
        metadata[key] = json!(value);
    }
    let params = json!({ "name": tool, "arguments": arguments, "_meta": metadata });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let fields = format!(
        "host: 127.0.0.1\r\nmcp-protocol-version: 2026-07-28\r\n\
         mcp-method: tools/call\r\nmcp-name: {tool}\r\n"
    );
    post(server, &fields, &message).await
}

async fn post(server: &DemoServer, fields: &str, message: &Value) -> TcpStream {
    let url = server.url();
    let authority = url.strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let body = message.to_string();
    let length = body.len();
    let request = format!(
        "POST /mcp HTTP/1.1\r\n{fields}connection: close\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Catches a mode whose configuration does not answer the way its name says.
#[tokio::test]
async fn every_mode_answers_with_its_own_media_type() {
    for mode in MODES {
        let server = start(mode).await;
        let answer = read(call(&server, "echo", json!({ "message": "hello" }), &[]).await).await;
        let media_type = match mode {
            DemoMode::StatelessJson => "application/json",
            DemoMode::StatefulSse | DemoMode::StatelessSse => "text/event-stream",
        };
        assert!(answer.contains(&format!("content-type: {media_type}\r\n")), "{answer}");
        assert!(answer.contains(r#"[{"type":"text","text":"hello"}]"#), "{answer}");
        assert_eq!(server.connections(), 1);
    }
}

/// Catches a `slow` that goes on for a caller that has left.
#[tokio::test]
async fn closing_the_response_stream_cancels_the_call() {
    for mode in MODES {
        let server = start(mode).await;
        let stream = call(&server, "slow", json!({}), &[]).await;
        server.slow_calls().wait_for(|calls| *calls == 1).await.unwrap();
        assert_eq!(*server.cancelled_calls().borrow(), 0);
        drop(stream);
        server.cancelled_calls().wait_for(|calls| *calls == 1).await.unwrap();
    }
}

/// Catches a server that outlives its owner, or waits for calls that never end.
#[tokio::test]
async fn stopping_ends_calls_in_progress() {
    let server = start(DemoMode::StatelessSse).await;
    let stream = call(&server, "slow", json!({}), &[]).await;
    let mut slow_calls = server.slow_calls();
    slow_calls.wait_for(|calls| *calls == 1).await.unwrap();
    server.stop().await;
    read(stream).await;
}

/// Catches progress out of order or after the result, and a log message nobody asked for, which
/// 2026-07-28 forbids.
#[tokio::test]
async fn notifications_come_in_order_and_only_when_asked_for() {
    let server = start(DemoMode::StatefulSse).await;
    let silent = read(call(&server, "count", json!({ "steps": 2 }), &[]).await).await;
    assert!(!silent.contains("notifications/"), "{silent}");
    let asked = [("progressToken", "token"), ("io.modelcontextprotocol/logLevel", "info")];
    let answer = read(call(&server, "count", json!({ "steps": 2 }), &asked).await).await;
    let positions =
        [r#""progress":1.0"#, r#""progress":2.0"#, "notifications/message", r#""result""#]
            .map(|part| answer.find(part).unwrap_or_else(|| panic!("no {part} in {answer}")));
    assert!(positions.is_sorted(), "{answer}");
}

/// Catches an argument that makes the server allocate as much as a stranger likes.
#[tokio::test]
async fn arguments_beyond_the_limits_are_refused() {
    let server = start(DemoMode::StatelessJson).await;
    for (tool, arguments) in [
        ("large", json!({ "bytes": 64 * 1024 * 1024 + 1 })),
        ("count", json!({ "steps": 200_001 })),
        ("count", json!({ "steps": 1, "delay_ms": 60_001 })),
    ] {
        let answer = read(call(&server, tool, arguments, &[]).await).await;
        assert!(answer.contains(r#""code":-32602"#), "{answer}");
        assert!(answer.contains("must be at most"), "{answer}");
    }
}

/// Catches a server that any web page can use, through a name that resolves to this machine.
#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() {
    let server = start(DemoMode::StatefulSse).await;
    for fields in
        ["host: attacker.example\r\n", "host: 127.0.0.1\r\norigin: http://attacker.example\r\n"]
    {
        let answer = read(post(&server, fields, &json!({})).await).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
}
