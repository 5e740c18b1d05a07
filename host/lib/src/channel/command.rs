//! Executors that are commands: `ssh host sandbar executor --stdio`.

use super::error::ExecutorError;
use super::pipe::{Connect, Pipe};
use futures::future::BoxFuture;
use std::process::Stdio;
use std::sync::Arc;
use tokio::process::{Child, Command};

/// An executor that speaks on the standard input and output of a command. Its
/// standard error is ours.
#[derive(Clone, Debug)]
pub struct CommandClient {
    program: String,
    arguments: Vec<String>,
}

impl CommandClient {
    /// The command to run; no shell is involved.
    pub fn new(
        program: impl Into<String>,
        arguments: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }

    fn start(&self) -> Result<Pipe, ExecutorError> {
        let failed = |source| ExecutorError::Command {
            command: self.program.clone(),
            source: Arc::new(source),
        };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(std::io::Error::other("the command has no standard streams")));
        };
        let pipe = Pipe::over(stdout, stdin);
        tokio::spawn(reap(child, pipe.outgoing.clone().downgrade()));
        Ok(pipe)
    }
}

/// Waits for the command to end, so that it leaves no zombie; ends it when the
/// pipe is gone and it does not end by itself.
async fn reap(mut child: Child, pipe: tokio::sync::mpsc::WeakSender<bytes::Bytes>) {
    let ended = child.wait();
    tokio::pin!(ended);
    loop {
        let patience = tokio::time::sleep(super::limits::PING_INTERVAL);
        tokio::select! {
            _ = &mut ended => return,
            () = patience => {
                // Dropping the child kills it.
                if pipe.upgrade().is_none() {
                    return;
                }
            }
        }
    }
}

impl Connect for CommandClient {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, ExecutorError>> {
        Box::pin(std::future::ready(self.start()))
    }
}
