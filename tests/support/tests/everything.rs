use tokio::net::TcpStream;

use super::raw_client::{read_until, send};
use crate::support::everything::EverythingServer;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;

/// Catches a server that has been started but does not speak MCP yet, or on another port.
#[tokio::test]
async fn the_reference_server_answers_initialize_with_a_session() {
    let server = EverythingServer::start().await;
    let authority = server.url();
    let authority =
        authority.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/mcp")).unwrap();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let length = INITIALIZE.len();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: {authority}\r\n\
         accept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{INITIALIZE}"
    );
    send(&mut stream, &request).await;
    let answer = read_until(&mut stream, r#""protocolVersion":"2025-11-25""#).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\r\nmcp-session-id: "), "{answer}");
}
