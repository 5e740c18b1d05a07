//! An executor whose every frame a test writes, at the other end of a pipe in memory.

use super::patience::wait_for;
use super::sandbox;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use sandbar::ExecutorError;
use sandbar::executor::{Connect, Executor, Pipe, Target};
use sandbar::http::Policy;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};
use tokio::sync::mpsc;

/// Bytes that a pipe holds: small, so that a client that does not read holds the test up.
const PIPE_BYTES: usize = 64 * 1024;

/// Connections, as they are made.
pub(crate) struct Connections(mpsc::UnboundedReceiver<DuplexStream>);

struct Connector(mpsc::UnboundedSender<DuplexStream>);

impl Connect for Connector {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, ExecutorError>> {
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        let (reader, writer) = tokio::io::split(near);
        self.0.send(far).unwrap();
        Box::pin(std::future::ready(Ok(Pipe::over(reader, writer))))
    }
}

/// A client, the real `remote` component in it, and the connections that it makes.
pub(crate) async fn client() -> (Executor, Connections) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let target = Target::connector(Connector(sender));
    let sandbar = sandbox::builder().executor(target).build().unwrap();
    (sandbar.executor(Policy::anywhere()).await.unwrap(), Connections(receiver))
}

impl Connections {
    /// The next connection, after the handshake of a stock executor.
    pub(crate) async fn accept(&mut self) -> ScriptedExecutor {
        let far = wait_for("a connection", self.0.recv()).await.unwrap();
        let (reader, writer) = tokio::io::split(far);
        let mut executor = ScriptedExecutor { lines: BufReader::new(reader).lines(), writer };
        let initialize = executor.receive().await;
        assert_eq!(initialize["method"], "initialize");
        executor.send(&json!({"id": initialize["id"], "result": {"sessionId": "S"}})).await;
        assert_eq!(executor.receive().await["method"], "initialized");
        executor
    }
}

/// The executor's end of a connection. Dropping it disconnects.
pub(crate) struct ScriptedExecutor {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    writer: WriteHalf<DuplexStream>,
}

impl ScriptedExecutor {
    /// The next message of the client.
    pub(crate) async fn receive(&mut self) -> Value {
        let line = wait_for("a message", self.lines.next_line()).await.unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        wait_for("the client to read", self.writer.write_all(line.as_bytes())).await.unwrap();
    }

    /// Receives an `http/request`, answers it with 200, and returns the id of its stream.
    pub(crate) async fn respond(&mut self) -> String {
        let request = self.receive().await;
        assert_eq!(request["method"], "http/request");
        self.answer(&request).await;
        request["params"]["requestId"].as_str().unwrap().to_owned()
    }

    /// Answers a request with 200.
    pub(crate) async fn answer(&mut self, request: &Value) {
        let result = json!({"status": 200, "headers": [], "bodyBase64": ""});
        self.send(&json!({"id": request["id"], "result": result})).await;
    }

    /// Sends a delta with bytes.
    pub(crate) async fn delta(&mut self, stream: &str, seq: u64, bytes: &[u8]) {
        self.body_delta(stream, seq, bytes, false).await;
    }

    /// Sends a last delta of a clean end.
    pub(crate) async fn end(&mut self, stream: &str, seq: u64, bytes: &[u8]) {
        self.body_delta(stream, seq, bytes, true).await;
    }

    async fn body_delta(&mut self, stream: &str, seq: u64, bytes: &[u8], done: bool) {
        let base64 = STANDARD.encode(bytes);
        let params = json!({
            "requestId": stream, "seq": seq, "deltaBase64": base64, "done": done, "error": null,
        });
        self.send(&json!({"method": "http/request/bodyDelta", "params": params})).await;
    }
}
