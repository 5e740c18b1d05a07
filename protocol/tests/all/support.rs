//! Sessions that have shaken hands, and words for the messages between them.

use std::time::Duration;

use sandbar_exchange::{BodySummary, Field, RedirectPolicy, Request, Response};
use sandbar_protocol::client::{self, ClientConfig, ClientSession};
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::server::{self, CallId, ServerConfig, ServerSession, Transport};
use serde_json::{Value, json};

pub(crate) fn new_server(extensions: Extensions) -> ServerSession {
    ServerSession::new(ServerConfig {
        session_id: "SESSION".into(),
        transport: Transport::WebSocket { peer: "PEER".into() },
        extensions,
    })
}

pub(crate) fn new_client(extensions: Extensions) -> ClientSession {
    ClientSession::new(ClientConfig { client_name: "test".into(), extensions })
}

/// A server whose client offered and got `extensions`.
pub(crate) fn server(extensions: Extensions) -> ServerSession {
    let mut session = new_server(extensions);
    let mut peer = new_client(extensions);
    session.handle_message(peer.poll_transmit().unwrap().as_bytes());
    peer.handle_message(session.poll_transmit(Duration::ZERO).unwrap().as_bytes());
    session.handle_message(peer.poll_transmit().unwrap().as_bytes());
    session
}

/// A client whose executor confirmed `extensions`.
pub(crate) fn client(extensions: Extensions) -> ClientSession {
    let mut session = new_client(extensions);
    let mut peer = new_server(extensions);
    peer.handle_message(session.poll_transmit().unwrap().as_bytes());
    session.handle_message(peer.poll_transmit(Duration::ZERO).unwrap().as_bytes());
    session.poll_transmit().unwrap();
    assert!(matches!(session.poll_event(), Some(client::Event::Connected { .. })));
    session
}

pub(crate) fn get(url: &str) -> Request {
    Request {
        fields: vec![Field::new("accept", "text/event-stream")],
        redirects: RedirectPolicy::Stop,
        ..Request::new("GET", url)
    }
}

pub(crate) fn ok() -> Response {
    let fields = vec![Field::new("content-type", "text/plain")];
    Response { status: 200, fields, url: "http://h/".into() }
}

/// What a complete body of so many bytes, in so many deltas, amounted to.
pub(crate) fn summary(bytes: u64, deltas: u64) -> BodySummary {
    BodySummary { bytes: Some(bytes), deltas: Some(deltas) }
}

/// A streamed `http/request`, with as much credit as anyone could want.
pub(crate) fn streamed(id: u64, name: &str) -> Value {
    json!({"id": id, "method": "http/request", "params": {
        "method": "GET", "url": "http://h/", "requestId": name, "streamResponse": true,
        "creditBytes": 1_u64 << 40,
    }})
}

pub(crate) fn tell(session: &mut ServerSession, message: &Value) {
    session.handle_message(message.to_string().as_bytes());
}

pub(crate) fn tell_client(session: &mut ClientSession, message: &Value) {
    session.handle_message(message.to_string().as_bytes());
}

/// Sends a streamed request, starts it and answers its head.
pub(crate) fn open_stream(session: &mut ServerSession, id: u64, name: &str) -> CallId {
    tell(session, &streamed(id, name));
    let call = started(session);
    session.call(call).unwrap().respond(ok()).unwrap();
    call
}

/// The call that the next event starts.
pub(crate) fn started(session: &mut ServerSession) -> CallId {
    match session.poll_event() {
        Some(server::Event::StartRequest { call, .. }) => call,
        other => panic!("expected a request to start, got {other:?}"),
    }
}

/// Everything that the server has to send and may send at the start of its clock.
pub(crate) fn sent(session: &mut ServerSession) -> Vec<Value> {
    sent_at(session, Duration::ZERO)
}

/// Everything that the server has to send and may send by `now`.
pub(crate) fn sent_at(session: &mut ServerSession, now: Duration) -> Vec<Value> {
    std::iter::from_fn(|| session.poll_transmit(now))
        .map(|message| serde_json::from_str(&message).unwrap())
        .collect()
}

/// Everything that the client has to send.
pub(crate) fn sent_by_client(session: &mut ClientSession) -> Vec<Value> {
    std::iter::from_fn(|| session.poll_transmit())
        .map(|message| serde_json::from_str(&message).unwrap())
        .collect()
}

pub(crate) fn delta(name: &str, seq: u64, base64: &str, done: bool) -> Value {
    json!({"method": "http/request/bodyDelta", "params": {
        "requestId": name, "seq": seq, "deltaBase64": base64, "done": done, "error": null,
    }})
}

pub(crate) fn head(rpc_id: u64) -> Value {
    json!({"id": rpc_id, "result": {"status": 200, "headers": [], "bodyBase64": ""}})
}
