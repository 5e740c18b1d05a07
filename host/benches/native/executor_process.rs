//! `sandbar executor` in a process of its own.

use crate::{process_memory, program};
use anyhow::{Context as _, Result};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A running executor. It is killed with this.
pub(crate) struct ExecutorProcess {
    child: Child,
    pub(crate) url: String,
}

impl ExecutorProcess {
    pub(crate) async fn start() -> Result<Self> {
        let mut child = Command::new(program::build()?)
            .args(["executor", "--allow-any"])
            .env("SANDBAR_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/components"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the executor cannot be started")?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let url = lines.next_line().await?.context("the executor did not print its URL")?;
        Ok(Self { child, url })
    }

    /// The most bytes that were resident since it began.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        process_memory::peak_of(self.child.id().context("the executor has ended")?)
    }
}
