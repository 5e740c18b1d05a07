//! The executor's listener, as a peer on the network meets it: real sockets, raw
//! frames, the texts that stock clients match on.

use crate::support;
use crate::support::fault::{Response, Script};
use crate::support::fault_server::FaultServer;
use crate::support::patience;
use crate::support::sandbox::dialling_anywhere;
use futures::{SinkExt as _, StreamExt as _};
use sandbar::executor::{ListenError, ListenOptions};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

struct Running {
    address: SocketAddr,
    _task: tokio::task::JoinHandle<()>,
}

async fn listen(token: Option<&str>) -> Running {
    let sandbar = support::sandbox::builder().build().unwrap();
    let mut options = ListenOptions::new("127.0.0.1:0".parse().unwrap(), dialling_anywhere());
    if let Some(token) = token {
        options = options.token(token);
    }
    let listener = sandbar.listen(options).await.unwrap();
    let address = listener.url().strip_prefix("ws://").unwrap().parse().unwrap();
    Running { address, _task: tokio::spawn(listener.run(std::future::pending())) }
}

type Socket = WebSocketStream<TcpStream>;

async fn connect(address: SocketAddr) -> Socket {
    let tcp = TcpStream::connect(address).await.unwrap();
    tokio_tungstenite::client_async(format!("ws://{address}/"), tcp).await.unwrap().0
}

async fn receive(socket: &mut Socket) -> Option<Value> {
    loop {
        match patience::wait_for("a frame", socket.next()).await {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Ping(_))) => {}
            _ => return None,
        }
    }
}

async fn exchange(socket: &mut Socket, message: Value) -> Value {
    socket.send(Message::text(message.to_string())).await.unwrap();
    receive(socket).await.unwrap()
}

async fn handshake(socket: &mut Socket) {
    let message = json!({"id": 1, "method": "initialize", "params": {"clientName": "probe"}});
    let answer = exchange(socket, message).await;
    assert!(answer["result"]["sessionId"].is_string(), "{answer}");
    assert!(answer.get("jsonrpc").is_none(), "{answer}");
    let initialized = json!({"method": "initialized", "params": {}}).to_string();
    socket.send(Message::text(initialized)).await.unwrap();
}

/// Sends an HTTP request as it is, and returns the status line.
async fn raw(address: SocketAddr, request: &str) -> String {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let read = patience::wait_for("an answer", tcp.read(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).lines().next().unwrap_or_default().to_owned()
}

/// Catches a listener that web pages can reach, by their own name or by another,
/// on any of its routes.
#[tokio::test(flavor = "multi_thread")]
async fn web_pages_and_foreign_hosts_are_refused_on_every_route() {
    let listener = listen(None).await;
    for (request, status) in [
        ("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n", "200"),
        ("GET /readyz HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\n\r\n", "403"),
        ("GET /readyz HTTP/1.1\r\nhost: evil.example\r\n\r\n", "403"),
        ("GET / HTTP/1.1\r\nhost: localhost\r\norigin: null\r\n\r\n", "403"),
        ("GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n\r\n", "403"),
        ("GET /other HTTP/1.1\r\nhost: localhost\r\n\r\n", "404"),
        ("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", "426"),
        (
            "GET / HTTP/1.0\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            "426",
        ),
    ] {
        let answer = raw(listener.address, request).await;
        assert!(answer.contains(status), "{request:?}: {answer}");
    }
}

/// Catches a token that is asked for on one route only, or compared in part; and
/// an executor that other machines reach without one.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_of_every_connection_and_needed_beyond_loopback() {
    let listener = listen(Some("a-secret-of-16-letters")).await;
    let upgrade = "GET / HTTP/1.1\r\nhost: devbox\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (authorization, status) in [
        ("", "401"),
        ("authorization: Bearer a-secret-of-16-letter\r\n", "401"),
        ("authorization: Bearer a-secret-of-16-letters\r\n", "101"),
    ] {
        let answer = raw(listener.address, &format!("{upgrade}{authorization}\r\n")).await;
        assert!(answer.contains(status), "{authorization:?}: {answer}");
    }
    let sandbar = support::sandbox::builder().build().unwrap();
    let options = ListenOptions::new("0.0.0.0:0".parse().unwrap(), dialling_anywhere());
    let refused = sandbar.listen(options).await.err();
    assert!(matches!(refused, Some(ListenError::TokenNeeded { .. })), "{refused:?}");
}

/// Catches a connection that is kept for those who were not let in, and serves them once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_gets_one_answer_unless_it_becomes_a_websocket() {
    let listener = listen(None).await;
    let asked = "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: keep-alive\r\n\r\n";
    let mut tcp = TcpStream::connect(listener.address).await.unwrap();
    tcp.write_all(format!("{asked}{asked}").as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    patience::wait_for("the end", tcp.read_to_end(&mut answers)).await.unwrap();
    assert_eq!(String::from_utf8(answers).unwrap().matches("HTTP/1.1 200").count(), 1);
}

/// Catches an executor that a stock client could not use: the handshake, the
/// order of response and deltas, their numbers, and the one terminal delta.
#[tokio::test(flavor = "multi_thread")]
async fn a_stock_client_streams_a_body_as_it_would_from_a_stock_executor() {
    let server = FaultServer::start(|_| Script::respond(Response::new(200).body("hello"))).await;
    let listener = listen(None).await;
    let mut socket = connect(listener.address).await;
    handshake(&mut socket).await;
    let params = json!({
        "method": "GET", "url": server.url("/"), "requestId": "s1", "streamResponse": true
    });
    let message = json!({"id": 2, "method": "http/request", "params": params});
    let response = exchange(&mut socket, message).await;
    assert_eq!(response["id"], 2);
    assert_eq!(response["result"]["status"], 200, "{response}");
    assert_eq!(response["result"]["bodyBase64"], "");
    let delta = receive(&mut socket).await.unwrap();
    assert_eq!(
        delta,
        json!({"method": "http/request/bodyDelta", "params": {
            "requestId": "s1", "seq": 1, "deltaBase64": "aGVsbG8=", "done": false, "error": null
        }})
    );
    let end = receive(&mut socket).await.unwrap();
    assert_eq!(
        end["params"],
        json!({"requestId": "s1", "seq": 2, "deltaBase64": "", "done": true, "error": null})
    );
}

/// Catches error texts and codes that stock clients would not recognise, and a
/// hanging upstream that holds up the rest of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_as_stock_clients_match_them_and_hold_up_nobody() {
    let server = FaultServer::start(|request| match request.target.as_str() {
        "/hang" => Script::new().hang(),
        _ => Script::respond(Response::new(200).body("ok")),
    })
    .await;
    let listener = listen(None).await;
    let mut socket = connect(listener.address).await;
    let request = |id: u64, url: String, stream: bool| {
        json!({"id": id, "method": "http/request", "params": {
            "method": "GET", "url": url, "requestId": format!("r{id}"), "streamResponse": stream
        }})
    };
    let early = exchange(&mut socket, request(1, server.url("/"), false)).await;
    assert_eq!(early["error"]["code"], -32600, "{early}");
    handshake(&mut socket).await;

    let hanging = request(10, server.url("/hang"), true).to_string();
    socket.send(Message::text(hanging.clone())).await.unwrap();
    let _ = server.request(0).await;
    let duplicate = exchange(&mut socket, serde_json::from_str(&hanging).unwrap()).await;
    assert_eq!(duplicate["error"]["code"], -32602);
    let text = duplicate["error"]["message"].as_str().unwrap();
    assert!(text.contains("requestId `r10` is already active"), "{text}");

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = exchange(&mut socket, request(11, format!("http://{closed}/"), false)).await;
    assert_eq!(refused["error"]["code"], -32603, "{refused}");
    let text = refused["error"]["message"].as_str().unwrap();
    assert!(text.starts_with("http/request failed:"), "{text}");

    for (id, url, text) in [
        (20, "ftp://127.0.0.1/x", "http/request only supports http and https URLs, got ftp"),
        (21, "/relative", "http/request url is invalid: relative URL without a base"),
        (22, "http://", "http/request url is invalid: empty host"),
    ] {
        let refused = exchange(&mut socket, request(id, url.to_owned(), false)).await;
        assert_eq!(refused["error"], json!({"code": -32602, "message": text}));
    }
    for (id, name) in [(30, "Content-Length"), (31, "te"), (32, "Transfer-Encoding")] {
        let mut framed = request(id, server.url("/"), false);
        framed["params"]["headers"] = json!([{"name": name, "value": "5"}]);
        let refused = exchange(&mut socket, framed).await;
        assert_eq!(refused["error"]["code"], -32602, "{name}: {refused}");
    }

    let buffered = exchange(&mut socket, request(12, server.url("/"), false)).await;
    assert_eq!(buffered["result"]["bodyBase64"], "b2s=", "{buffered}");
    let unknown = exchange(&mut socket, json!({"id": 13, "method": "no/such"})).await;
    assert_eq!(unknown["error"]["code"], -32601);

    let notification = json!({"method": "http/nonsense", "params": {}}).to_string();
    socket.send(Message::text(notification)).await.unwrap();
    assert_eq!(receive(&mut socket).await, None, "an unknown notification cuts the connection");
    patience::wait_for("the upstream socket to close", server.closed_early(0)).await;
}

/// Catches a bridge that takes a line end within a message for the end of the
/// message, and one that takes text frames only.
#[tokio::test(flavor = "multi_thread")]
async fn messages_with_line_ends_and_binary_messages_are_read_as_one() {
    let listener = listen(None).await;
    let mut socket = connect(listener.address).await;
    let pretty =
        "{\n \"id\": 1,\r\n \"method\": \"initialize\",\n \"params\": {\"clientName\": \"x\"}\n}";
    socket.send(Message::binary(pretty.as_bytes().to_vec())).await.unwrap();
    let answer = receive(&mut socket).await.unwrap();
    assert!(answer["result"]["sessionId"].is_string(), "{answer}");
}

/// A raw line feed or carriage return within a string is no JSON (RFC 8259 section 7; of the corpus of
/// JSON parsing tests, `n_string_unescaped_newline` and its like). Catches a bridge that makes
/// white space of them, so that another message arrives than was sent.
#[tokio::test(flavor = "multi_thread")]
async fn line_ends_within_a_string_are_refused_as_stock_executors_refuse_them() {
    let listener = listen(None).await;
    let mut socket = connect(listener.address).await;
    for end in ["\n", "\r", "\r\n", "\n\n", "\\\n"] {
        for place in [
            format!(
                "{{\"id\":1,\"method\":\"initialize\",\"params\":{{\"clientName\":\"a{end}b\"}}}}"
            ),
            format!("{{\"id\":1,\"method\":\"init{end}ialize\",\"params\":{{}}}}"),
            format!("{{\"id\":\"1{end}\",\"method\":\"initialize\"}}"),
            format!("{{\"id\":1,\"method\":\"initialize\",\"other{end}\":{{}}}}"),
        ] {
            for message in [Message::text(place.clone()), Message::binary(place.into_bytes())] {
                socket.send(message.clone()).await.unwrap();
                let answer = receive(&mut socket).await.unwrap();
                assert_eq!(answer["error"]["code"], -32600, "{message:?}: {answer}");
                assert_eq!(answer["id"], -1, "{message:?}: {answer}");
            }
        }
    }
    // Nothing of it has done anything.
    handshake(&mut socket).await;
}

/// A WebSocket of which a test writes every byte.
async fn raw_socket(address: SocketAddr) -> TcpStream {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(patience::wait_for("the head", tcp.read_u8()).await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    tcp
}

/// A frame of a client, masked with zeros (RFC 6455 section 5.2). `first` has the flags and the opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ ..126 => frame.push(0x80 | u8::try_from(short).unwrap()),
        long => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// The payload of the close frame that the server ends with, after other frames perhaps. It must be
/// followed by the end of the connection: one that is reset has lost what came before.
async fn close_frame(mut tcp: TcpStream) -> Vec<u8> {
    loop {
        let mut head = [0; 2];
        patience::wait_for("a frame", tcp.read_exact(&mut head)).await.unwrap();
        let mut payload = vec![0; usize::from(head[1])];
        tcp.read_exact(&mut payload).await.unwrap();
        if head[0] == FIN | CLOSE {
            tcp.shutdown().await.unwrap();
            let end = patience::wait_for("the end", tcp.read(&mut [0])).await;
            assert!(matches!(end, Ok(0)), "{end:?}");
            return payload;
        }
    }
}

/// Catches a close frame that is never answered, which clients see as a connection that was lost (1006,
/// RFC 6455 sections 5.5.1 and 7.1.5), or answered with what no endpoint may send.
#[tokio::test(flavor = "multi_thread")]
async fn a_close_frame_is_answered() {
    let listener = listen(None).await;
    let code = |code: u16, reason: &str| [&code.to_be_bytes(), reason.as_bytes()].concat();
    for (sent, answered) in [
        (vec![], vec![]),
        (code(1000, ""), code(1000, "")),
        (code(1001, "going away"), code(1001, "going away")),
        (code(4321, ""), code(4321, "")),
    ] {
        let mut tcp = raw_socket(listener.address).await;
        tcp.write_all(&frame(FIN | CLOSE, &sent)).await.unwrap();
        assert_eq!(close_frame(tcp).await, answered, "{sent:?}");
    }
    for forbidden in [code(1005, ""), code(1006, ""), code(999, ""), code(2000, ""), vec![3]] {
        let mut tcp = raw_socket(listener.address).await;
        tcp.write_all(&frame(FIN | CLOSE, &forbidden)).await.unwrap();
        assert_eq!(close_frame(tcp).await[..2], code(1002, ""), "{forbidden:?}");
    }
}

/// Catches a violation that ends a connection without a word, so that its author looks for the fault in
/// the network (RFC 6455 section 7.4.1; tungstenite-rs 405).
#[tokio::test(flavor = "multi_thread")]
async fn a_violation_is_named_by_the_code_of_the_close_frame() {
    const LIMIT: usize = 16 * 1024 * 1024;
    let listener = listen(None).await;
    let unmasked = vec![FIN | TEXT, 2, b'{', b'}'];
    let half = vec![b' '; LIMIT / 2 + 1];
    for (name, bytes, code) in [
        ("an unmasked frame", unmasked, 1002_u16),
        ("a reserved bit", frame(FIN | 0x40 | TEXT, b"{}"), 1002),
        ("a reserved kind of data", frame(FIN | 3, b"{}"), 1002),
        ("a reserved kind of control", frame(FIN | 11, b""), 1002),
        ("a ping in pieces", frame(PING, b""), 1002),
        ("a long ping", frame(FIN | PING, &[0; 126]), 1002),
        ("the rest of nothing", frame(FIN | CONTINUATION, b"{}"), 1002),
        ("a message within another", [frame(TEXT, b"{"), frame(FIN | TEXT, b"{}")].concat(), 1002),
        ("text that is none", frame(FIN | TEXT, b"\"\xff\""), 1007),
        ("text that is cut", frame(FIN | TEXT, b"\"\xc3"), 1007),
        ("half of a pair of surrogates", frame(FIN | TEXT, b"\"\xed\xa0\x80\""), 1007),
        ("text in pieces", [frame(TEXT, b"\xc3"), frame(FIN | CONTINUATION, b"(")].concat(), 1007),
        ("a long message", frame(FIN | TEXT, &vec![b' '; LIMIT + 1]), 1009),
        ("a long one in pieces", [frame(TEXT, &half), frame(FIN, &half)].concat(), 1009),
    ] {
        let mut tcp = raw_socket(listener.address).await;
        tcp.write_all(&bytes).await.unwrap();
        assert_eq!(close_frame(tcp).await[..2], code.to_be_bytes(), "{name}");
    }
}

/// Catches a connection that the executor ends, because of what the client says or because it is shut
/// down itself, without a close frame, or before what it had said has arrived.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_executor_ends_is_closed_in_order() {
    let listener = listen(None).await;
    let mut tcp = raw_socket(listener.address).await;
    let unknown = json!({"method": "http/nonsense", "params": {}}).to_string();
    tcp.write_all(&frame(FIN | TEXT, unknown.as_bytes())).await.unwrap();
    assert_eq!(close_frame(tcp).await, 1000_u16.to_be_bytes());

    let sandbar = support::sandbox::builder().build().unwrap();
    let options = ListenOptions::new("127.0.0.1:0".parse().unwrap(), dialling_anywhere());
    let listener = sandbar.listen(options).await.unwrap();
    let address = listener.url().strip_prefix("ws://").unwrap().parse().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(listener.run(async move {
        let _ = stopped.await;
    }));
    let mut socket = connect(address).await;
    handshake(&mut socket).await;
    stop.send(()).unwrap();
    match patience::wait_for("a close frame", socket.next()).await {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1000),
        other => panic!("{other:?}"),
    }
    assert!(patience::wait_for("the end", socket.next()).await.is_none());
    patience::wait_for("the listener to stop", running).await.unwrap();
}
