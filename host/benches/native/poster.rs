//! The limit: the bytes of a call, posted with pooled hyper alone.
//!
//! Nothing is parsed, so no client can be faster over the same HTTP.

use anyhow::{Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// What a modern call of `echo` is on the wire.
pub(crate) const ECHO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"hello"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"sandbar","version":"0.2.0"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;

const FIELDS: [(&str, &str); 5] = [
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
    ("mcp-protocol-version", "2026-07-28"),
    ("mcp-method", "tools/call"),
    ("mcp-name", "echo"),
];

/// Posts to one server.
pub(crate) struct Poster {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
    message: &'static str,
}

impl Poster {
    pub(crate) fn new(url: String, message: &'static str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), url, message }
    }

    /// Posts the message and reads the answer to its end; the number of bytes.
    pub(crate) async fn post(&self) -> Result<usize> {
        let mut request = http::Request::post(&self.url);
        for (name, value) in FIELDS {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(self.message))?;
        let response = self.client.request(request).await?;
        ensure!(response.status() == 200, "status {}", response.status());
        let mut body = response.into_body();
        let mut received = 0;
        while let Some(frame) = body.frame().await {
            received += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(received)
    }
}
