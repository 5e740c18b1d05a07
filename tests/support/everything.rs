//! `@modelcontextprotocol/server-everything`: the reference server, run by Node on loopback.
//!
//! It speaks 2025-11-25 with sessions and resumable streams. Its exact version and everything it
//! depends on are pinned by `tests/npm/package-lock.json`; the packages are installed once, below
//! the build directory.

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    task::JoinHandle,
};

use super::{
    limits::MAX_DIAGNOSTIC_LINES,
    npm::{installed_packages, manifests},
    patience::wait_for,
};

const ENTRY: &str = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";

/// A running reference server. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct EverythingServer {
    port: u16,
    diagnostics: JoinHandle<()>,
    process: Child,
}

impl EverythingServer {
    /// Installs the server if need be, starts it, and returns when it accepts connections.
    ///
    /// # Panics
    ///
    /// When it cannot be installed or started: a test that needs it has not passed without it.
    pub(crate) async fn start() -> Self {
        let packages = installed_packages().await;
        let mut process = spawn(&packages);
        let stderr = process.stderr.take().expect("stderr is piped");
        let mut lines = BufReader::new(stderr).lines();
        let port = wait_for("server-everything to listen", announced_port(&mut lines)).await;
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

impl Drop for EverythingServer {
    fn drop(&mut self) {
        self.diagnostics.abort();
    }
}

fn spawn(packages: &Path) -> Child {
    Command::new("node")
        .arg("--import")
        .arg(manifests().join("loopback.mjs"))
        .arg(packages.join(ENTRY))
        .arg("streamableHttp")
        .env("PORT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start `node`, which the tests need: {error}"))
}

/// The port that `loopback.mjs` reports.
async fn announced_port(lines: &mut Lines<BufReader<ChildStderr>>) -> u16 {
    let mut seen = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(port) = line.strip_prefix("loopback port ") {
            return port.parse().expect("loopback.mjs writes a number");
        }
        if seen.len() < MAX_DIAGNOSTIC_LINES {
            seen.push(line);
        }
    }
    panic!("server-everything ended before it listened:\n{}", seen.join("\n"));
}

/// A pipe that nobody reads fills up and blocks its writer.
async fn discard(mut lines: Lines<BufReader<ChildStderr>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}
