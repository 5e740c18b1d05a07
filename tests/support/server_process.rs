//! A server of another's in a process of its own, on a free port of loopback.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    task::JoinHandle,
};

use super::{limits::MAX_DIAGNOSTIC_LINES, patience::wait_for};

/// A running server. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    port: u16,
    diagnostics: JoinHandle<()>,
    process: Child,
}

impl ServerProcess {
    /// Starts it, and returns when it accepts connections: when it has written `loopback port N` to
    /// standard error.
    ///
    /// # Panics
    ///
    /// When it cannot be started: a test that needs it has not passed without it.
    pub(crate) async fn start(name: &str, mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}, which the tests need: {error}"));
        let stderr = process.stderr.take().expect("stderr is piped");
        let mut lines = BufReader::new(stderr).lines();
        let listening = announced_port(name, &mut lines);
        let port = wait_for(&format!("{name} to listen"), listening).await;
        Self { port, diagnostics: tokio::spawn(discard(lines)), process }
    }

    /// The MCP endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }

    /// Ends it as `kill -9` does.
    pub(crate) async fn killed(mut self) {
        self.process.kill().await.expect("a child can be killed");
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.diagnostics.abort();
    }
}

async fn announced_port(name: &str, lines: &mut Lines<BufReader<ChildStderr>>) -> u16 {
    let mut seen = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(port) = line.strip_prefix("loopback port ") {
            return port.parse().expect("what follows is a number");
        }
        if seen.len() < MAX_DIAGNOSTIC_LINES {
            seen.push(line);
        }
    }
    panic!("{name} ended before it listened:\n{}", seen.join("\n"));
}

/// A pipe that nobody reads fills up and blocks its writer.
async fn discard(mut lines: Lines<BufReader<ChildStderr>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}
