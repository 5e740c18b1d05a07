//! An agent: it starts `sandbar proxy`, writes lines and reads lines.

use super::binary::{Run, command, ended};
use super::patience::wait_for;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// A legacy agent's opening, byte for byte as the tests look for it at the server.
pub(crate) const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{},"x":1.0},"clientInfo":{"name":"agent","version":"9","z":[]}}}"#;

/// Its confirmation.
pub(crate) const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// What a request of a modern agent has in its parameters.
pub(crate) const MODERN: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"agent","version":"9"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

/// An agent and its server.
pub(crate) struct Agent {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Agent {
    /// Starts the proxy in front of the server at `url`.
    pub(crate) fn start(url: &str) -> Self {
        Self::start_with(["proxy", url])
    }

    /// Starts the binary with these arguments.
    pub(crate) fn start_with<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut command = command(arguments);
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdin, stdout }
    }

    /// The same, after the handshake of a legacy agent.
    pub(crate) async fn initialized(url: &str) -> Self {
        let mut agent = Self::start(url);
        agent.say(INITIALIZE).await;
        let answer = agent.hears_json().await;
        assert!(answer.get("result").is_some(), "{answer}");
        agent.say(INITIALIZED).await;
        agent
    }

    /// Writes a line.
    pub(crate) async fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.stdin.as_mut().unwrap().write_all(line.as_bytes()).await.unwrap();
    }

    /// Reads a line, without its end.
    pub(crate) async fn hears(&mut self) -> String {
        let mut line = String::new();
        let reader = self.stdout.as_mut().unwrap();
        let read = wait_for("a line of the proxy", reader.read_line(&mut line)).await.unwrap();
        assert!(read > 0, "the proxy closed its standard output");
        line.trim_end_matches('\n').to_owned()
    }

    /// Reads a line as JSON.
    pub(crate) async fn hears_json(&mut self) -> Value {
        serde_json::from_str(&self.hears().await).unwrap()
    }

    /// Makes a request, and reads what must be its answer.
    pub(crate) async fn asks(&mut self, line: &str) -> String {
        self.say(line).await;
        self.hears().await
    }

    /// Does not read any more.
    pub(crate) fn closes_its_ears(&mut self) {
        self.stdout = None;
    }

    /// Closes standard input, and returns what the process leaves behind: in `stdout` what had not been
    /// read.
    pub(crate) async fn leaves(mut self) -> Run {
        self.stdin = None;
        self.rest().await
    }

    /// Waits for the end of the process.
    pub(crate) async fn rest(mut self) -> Run {
        let mut rest = String::new();
        if let Some(mut stdout) = self.stdout.take() {
            wait_for("the end of standard output", stdout.read_to_string(&mut rest)).await.unwrap();
        }
        Run { stdout: rest, ..ended(self.child).await }
    }

    /// Sends the process a signal.
    pub(crate) fn signal(&self, signal: libc::c_int) {
        let process = libc::pid_t::try_from(self.child.id().unwrap()).unwrap();
        // SAFETY: sends a signal to a child that has not been waited for, so that its id is its own.
        let outcome = unsafe { libc::kill(process, signal) };
        assert_eq!(outcome, 0);
    }
}
