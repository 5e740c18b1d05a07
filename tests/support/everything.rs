//! `@modelcontextprotocol/server-everything`: the reference server, run by Node on loopback.
//!
//! It speaks 2025-11-25 with sessions and resumable streams. Its exact version and everything it
//! depends on are pinned by `tests/npm/package-lock.json`; the packages are installed once, below
//! the build directory.

use std::ops::Deref;

use tokio::process::Command;

use super::{
    npm::{installed_packages, manifests},
    server_process::ServerProcess,
};

const ENTRY: &str = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";

/// A running reference server. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct EverythingServer(ServerProcess);

impl EverythingServer {
    /// Installs the server if need be, starts it, and returns when it accepts connections.
    pub(crate) async fn start() -> Self {
        let packages = installed_packages().await;
        let mut node = Command::new("node");
        node.arg("--import")
            .arg(manifests().join("loopback.mjs"))
            .arg(packages.join(ENTRY))
            .arg("streamableHttp")
            .env("PORT", "0");
        Self(ServerProcess::start("server-everything, by `node`", node).await)
    }

    /// Ends it as `kill -9` does.
    pub(crate) async fn killed(self) {
        self.0.killed().await;
    }
}

impl Deref for EverythingServer {
    type Target = ServerProcess;

    fn deref(&self) -> &ServerProcess {
        &self.0
    }
}
