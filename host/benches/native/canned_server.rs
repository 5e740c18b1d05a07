//! A server whose large answers are ready before they are asked for, so that what is measured is
//! the client that reads them: making 64 MiB of JSON costs a server more than reading it costs
//! either client.
//!
//! It speaks as much of the legacy era as both clients need: `initialize`, and `tools/call`, which
//! it answers with the same text whatever the tool.

use crate::server_thread::ServerThread;
use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use futures::stream;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;

/// How answers are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One event of an event stream, in chunked coding.
    Sse,
    /// A JSON body of declared length.
    Json,
}

/// A listening server. It ends with its [`ServerThread`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct CannedServer {
    address: SocketAddr,
}

struct Can {
    framing: Framing,
    /// The text as JSON spells it, without the quotes.
    text: Bytes,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    method: &'a str,
}

const INITIALIZED: &str = r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"canned","version":"1"}}"#;

impl CannedServer {
    /// Starts a server whose answers carry about `bytes` of text.
    pub(crate) async fn start(
        thread: &ServerThread,
        framing: Framing,
        bytes: usize,
    ) -> Result<Self> {
        let can = Arc::new(Can { framing, text: text(bytes) });
        let listening = async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let address = listener.local_addr()?;
            let listener = listener.tap_io(|connection| {
                // Without it everything is slower, for both sides.
                let _ = connection.set_nodelay(true);
            });
            let router = Router::new().route("/mcp", post(answer)).with_state(can);
            tokio::spawn(axum::serve(listener, router).into_future());
            anyhow::Ok(Self { address })
        };
        thread.run(listening).await?
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }
}

/// Lines of 80 characters: most large texts have line ends, which JSON escapes.
fn text(bytes: usize) -> Bytes {
    let line = format!("{}\\n", "abcdefghij".repeat(8));
    line.repeat(bytes / (line.len() - 1)).into()
}

async fn answer(State(can): State<Arc<Can>>, body: Bytes) -> Response {
    let Ok(message) = serde_json::from_slice::<Message<'_>>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Some(id) = message.id else {
        return StatusCode::ACCEPTED.into_response();
    };
    if message.method == "initialize" {
        let answer = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{INITIALIZED}}}"#);
        return ([(header::CONTENT_TYPE, "application/json")], answer).into_response();
    }
    can.result(id)
}

impl Can {
    fn result(&self, id: &RawValue) -> Response {
        let (open, close) = match self.framing {
            Framing::Sse => ("data: ", "\n\n"),
            Framing::Json => ("", ""),
        };
        let begin = format!(
            r#"{open}{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":""#
        );
        let end = format!(r#""}}]}}}}{close}"#);
        let parts = [Bytes::from(begin), self.text.clone(), Bytes::from(end)];
        let length: usize = parts.iter().map(Bytes::len).sum();
        let body = Body::from_stream(stream::iter(parts.map(Ok::<_, Infallible>)));
        match self.framing {
            Framing::Sse => ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response(),
            Framing::Json => {
                let length = length.to_string();
                let fields = [
                    (header::CONTENT_TYPE, "application/json"),
                    (header::CONTENT_LENGTH, length.as_str()),
                ];
                (fields, body).into_response()
            }
        }
    }
}
