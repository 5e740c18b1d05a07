//! A run of the binary.

use super::patience::wait_for;
use serde_json::Value;
use std::ffi::OsStr;
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// What a run of the binary left behind.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; none if a signal ended the process.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The standard output of a run that succeeded.
    pub(crate) fn output(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.stdout
    }

    /// Standard output as JSON, which must be one line.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.matches('\n').count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Every line of standard error as JSON.
    pub(crate) fn diagnostics(&self) -> Vec<Value> {
        self.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asserts that the run failed with this code, wrote no result, and said all of this.
    pub(crate) fn assert_failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "standard output is for results: {self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {self:?}");
        }
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The binary with these arguments, undisturbed by the environment of the tests.
pub(crate) fn command<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbar"));
    command
        .args(arguments)
        .env("SANDBAR_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/components"))
        // No sign-in of whoever runs the tests.
        .env("SANDBAR_AUTH_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-sign-ins"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for variable in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "RUST_LOG",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Runs the binary to its end.
pub(crate) async fn sandbar<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    ended(command(arguments).spawn().unwrap()).await
}

/// Runs the binary with this on its standard input.
pub(crate) async fn sandbar_with_input(arguments: &[&str], input: &str) -> Run {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    ended(child).await
}

/// Waits for a process to end.
pub(crate) async fn ended(child: Child) -> Run {
    wait_for("the binary to exit", child.wait_with_output()).await.unwrap().into()
}
