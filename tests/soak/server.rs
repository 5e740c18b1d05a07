//! A server that costs little and keeps nothing: MCP of both eras at `/mcp`, three bodies to fetch,
//! and what it has seen at `/seen`.

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// Messages that come before the answer of `count`, and chunks of `/stream`.
pub(super) const PIECES: usize = 3;

/// Bytes of each chunk of `/stream`.
pub(super) const CHUNK_BYTES: usize = 16 * 1024;

/// The whole body of `/small`, and the text of every result.
pub(super) const SMALL: &str = "small";

/// A running server. Dropping it drops every connection.
pub(super) struct SoakServer {
    pub(super) address: SocketAddr,
    accepting: JoinHandle<()>,
}

/// What the server has seen, in numbers.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// Exchanges that have begun and not ended.
    exchanges: AtomicUsize,
}

/// Counts an exchange for as long as its answer goes on.
struct Exchange(Arc<Seen>);

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.exchanges.fetch_sub(1, Ordering::Relaxed);
    }
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

impl SoakServer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { address, accepting: tokio::spawn(accept(listener)) }
    }
}

impl Drop for SoakServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener) {
    let seen = Arc::<Seen>::default();
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        seen.connections.fetch_add(1, Ordering::Relaxed);
        let seen = Arc::clone(&seen);
        let answer = move |request| answer(request, Arc::clone(&seen));
        connections.spawn(async move {
            // Clients that leave are what the soak is about.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(request: Request<Incoming>, seen: Arc<Seen>) -> Result<Answer, hyper::Error> {
    if request.uri().path() == "/seen" {
        let connections = seen.connections.load(Ordering::Relaxed);
        let exchanges = seen.exchanges.load(Ordering::Relaxed);
        let numbers = json!({ "connections": connections, "exchanges": exchanges });
        return Ok(Response::new(whole(numbers.to_string())));
    }
    seen.exchanges.fetch_add(1, Ordering::Relaxed);
    let exchange = Exchange(seen);
    Ok(match (request.method(), request.uri().path()) {
        (&Method::POST, "/mcp") => {
            let body = request.into_body().collect().await?.to_bytes();
            mcp(&serde_json::from_slice(&body).unwrap(), exchange)
        }
        (&Method::GET, "/small") => Response::new(whole(SMALL)),
        (&Method::GET, "/stream") => {
            Response::new(pieces(vec![Bytes::from(vec![b'x'; CHUNK_BYTES]); PIECES], exchange))
        }
        (&Method::GET, "/slow") => Response::new(unfinished(Bytes::from_static(b"x"), exchange)),
        _ => status(405),
    })
}

fn mcp(message: &Value, exchange: Exchange) -> Answer {
    let (id, method) = (&message["id"], message["method"].as_str().unwrap());
    if id.is_null() {
        return status(202);
    }
    let text = json!({ "content": [{ "type": "text", "text": SMALL }] });
    match (method, message["params"]["name"].as_str()) {
        ("server/discover", _) => typed("application/json", whole(result(id, &discovered()))),
        ("initialize", _) => typed("application/json", whole(result(id, &initialized()))),
        ("tools/call", Some("echo")) => typed("application/json", whole(result(id, &text))),
        ("tools/call", Some("count")) => {
            let mut events = vec![event(LOG); PIECES];
            events.push(event(&result(id, &text)));
            typed("text/event-stream", pieces(events, exchange))
        }
        ("tools/call", Some("slow")) => {
            typed("text/event-stream", unfinished(event(LOG), exchange))
        }
        other => panic!("{other:?}"),
    }
}

const LOG: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;

fn discovered() -> Value {
    json!({
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": { "tools": {}, "logging": {} },
        "ttlMs": 0,
        "cacheScope": "public",
    })
}

fn initialized() -> Value {
    json!({
        "protocolVersion": "2025-11-25",
        "capabilities": { "tools": {}, "logging": {} },
        "serverInfo": { "name": "soak", "version": "1" },
    })
}

fn result(id: &Value, result: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()
}

fn event(message: &str) -> Bytes {
    format!("data: {message}\n\n").into()
}

fn status(code: u16) -> Answer {
    let mut answer = Response::new(whole(""));
    *answer.status_mut() = code.try_into().unwrap();
    answer
}

fn typed(media_type: &'static str, body: BoxBody<Bytes, Infallible>) -> Answer {
    Response::builder().header("content-type", media_type).body(body).unwrap()
}

fn whole(body: impl Into<Bytes>) -> BoxBody<Bytes, Infallible> {
    Full::new(body.into()).boxed()
}

/// A chunked body, which its exchange lasts as long as.
fn pieces(pieces: Vec<Bytes>, exchange: Exchange) -> BoxBody<Bytes, Infallible> {
    BodyExt::boxed(StreamBody::new(stream::iter(pieces).map(move |piece| {
        let _ongoing = &exchange;
        Ok(Frame::data(piece))
    })))
}

/// A body that does not end before the client leaves.
fn unfinished(first: Bytes, exchange: Exchange) -> BoxBody<Bytes, Infallible> {
    BodyExt::boxed(StreamBody::new(stream::iter([first]).chain(stream::pending()).map(
        move |piece| {
            let _ongoing = &exchange;
            Ok(Frame::data(piece))
        },
    )))
}
