//! A client that shows bytes as they come.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{fault_server::FaultServer, patience::wait_for};

pub(crate) async fn connect(server: &FaultServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Connects and sends a `GET` request.
pub(crate) async fn get(server: &FaultServer, target: &str) -> TcpStream {
    let mut stream = connect(server).await;
    send(&mut stream, &format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    stream
}

pub(crate) async fn send(stream: &mut TcpStream, bytes: &str) {
    stream.write_all(bytes.as_bytes()).await.unwrap();
}

/// Everything until the server ends the connection, which must be text.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> String {
    String::from_utf8(read_bytes_to_end(stream).await).unwrap()
}

/// Everything until the server ends the connection.
pub(crate) async fn read_bytes_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes);
    wait_for("the server to end the connection", end).await.unwrap();
    bytes
}

/// What one read returns.
pub(crate) async fn read_once(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let count = wait_for("something to read", stream.read(&mut bytes)).await.unwrap();
    String::from_utf8(bytes[..count].to_vec()).unwrap()
}

/// Reads until this has come, and returns all of it.
pub(crate) async fn read_until(stream: &mut TcpStream, awaited: &str) -> String {
    let mut text = String::new();
    while !text.contains(awaited) {
        let more = read_once(stream).await;
        assert!(!more.is_empty(), "the connection ended after {text:?}");
        text.push_str(&more);
    }
    text
}

/// Posts one JSON-RPC message on a connection of its own; head and body of the answer.
pub(crate) async fn post(server: &FaultServer, message: &Value, fields: &str) -> (String, String) {
    let body = message.to_string();
    let length = body.len();
    let mut stream = connect(server).await;
    let head = format!("POST /mcp HTTP/1.1\r\nhost: x\r\n{fields}content-length: {length}\r\n\r\n");
    send(&mut stream, &(head + &body)).await;
    stream.shutdown().await.unwrap();
    let answer = read_to_end(&mut stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
