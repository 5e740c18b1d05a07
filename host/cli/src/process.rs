//! The process: its signals and deadlines, its file descriptors, and what it traces.

use crate::failure::{Failure, exit};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::time::Duration;
use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Runs `work` until it is done, Ctrl-C is pressed, or the deadline passes. What is not done is
/// dropped, and with it the calls that it made. From the first Ctrl-C on a second one ends the
/// process at once: whatever is cleaned up meanwhile may hang as well.
pub(crate) async fn interruptible<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        // In this order: before the work begins, Ctrl-C must be ours to handle.
        biased;
        pressed = tokio::signal::ctrl_c() => {
            pressed.map_err(|source| Failure::Process { what: "listen for Ctrl-C", source })?;
            tokio::spawn(exit_at_the_next());
            Err(Failure::Interrupted)
        }
        done = within(timeout, work) => done,
    }
}

async fn within<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(after) = timeout else { return work.await };
    tokio::time::timeout(after, work).await.unwrap_or(Err(Failure::Timeout { after }))
}

async fn exit_at_the_next() {
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(exit::INTERRUPTED.into());
    }
}

/// Lets the process have as many as it may. Shells give it 1024, for the sake of programs that use
/// `select`; the exchanges of one connection can need as many.
///
/// That it may have no more is no failure: what needs one too many says so.
pub(crate) fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Traces to standard error what `RUST_LOG` asks for, by target and level; nothing without it.
///
/// What dependencies have to say is left out at every level: some of them log the frames and fields that
/// they pass on, credentials included.
pub(crate) fn trace() {
    let Ok(directives) = std::env::var("RUST_LOG") else { return };
    let targets: Result<Targets, ParseError> = directives.parse();
    match targets {
        Ok(targets) => {
            let ours = Targets::new().with_target("sandbar", LevelFilter::TRACE);
            let to_stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
            tracing_subscriber::registry().with(targets).with(ours).with(to_stderr).init();
        }
        Err(error) => eprintln!("warning: RUST_LOG is ignored: {error}"),
    }
}
