//! `sandbar executor` in a process of its own.

use super::binary::{command, ended};
use super::memory::Memory;
use super::patience::wait_for;
use std::path::Path;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A running executor, as the binary. It is killed with this.
pub(crate) struct ExecutorProcess {
    child: Child,
    pub(crate) url: String,
    /// Its standard output after the URL.
    rest: Lines<BufReader<ChildStdout>>,
}

impl ExecutorProcess {
    /// Starts it, and reads its first line.
    pub(crate) async fn start(options: &[&str]) -> Self {
        Self::run(command(["executor"].iter().chain(options))).await
    }

    /// The same, where it trusts the certificates of this file and no others.
    pub(crate) async fn trusting(certificates: &Path) -> Self {
        let mut command = command(["executor", "--allow-any"]);
        command.env("SSL_CERT_FILE", certificates).env_remove("SSL_CERT_DIR");
        Self::run(command).await
    }

    async fn run(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut rest = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = wait_for("the URL", rest.next_line()).await.unwrap().unwrap();
        Self { child, url, rest }
    }

    /// What it holds in memory.
    pub(crate) fn memory(&self) -> Memory {
        Memory::of(self.process_id())
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Ends it as `kill -9` does, so that it says goodbye to nobody.
    pub(crate) async fn killed(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal, and returns the exit code.
    pub(crate) async fn signalled(mut self, signal: libc::c_int) -> Option<i32> {
        let process = libc::pid_t::try_from(self.child.id().unwrap()).unwrap();
        // SAFETY: sends a signal to a child that has not been waited for, so that its id is its
        // own.
        assert_eq!(unsafe { libc::kill(process, signal) }, 0);
        let line = wait_for("standard output to end", self.rest.next_line()).await.unwrap();
        assert_eq!(line, None, "the URL is all that an executor prints");
        ended(self.child).await.code
    }
}
