//! A session for the time of a command.

use crate::args::{EraArg, ServerArgs};
use crate::cache::cache_dir;
use crate::console::Console;
use crate::failure::Failure;
use crate::interrupt::interruptible;
use crate::limits::{MEMORY_PER_MESSAGE_BYTE, MOST_MEMORY};
use crate::parse::Header;
use crate::target::target;
use sandbar::executor::Target;
use sandbar::types::Era;
use sandbar::{ConnectOptions, Sandbar, SandboxLimits, Session};

/// Opens a session, does `work` with it, and closes it: also after Ctrl-C or a timeout, so that
/// the server hears that nobody waits any more.
pub(crate) async fn with_session<T>(
    server: &ServerArgs,
    console: &Console,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let options = connect_options(server, console)?;
    let sandbar = sandbar(server.max_message_bytes, target(&server.target)?)?;
    let mut opened = None;
    let outcome = interruptible(server.timeout, async {
        let connected = sandbar.connect_with(options).await;
        let failed = |error| Failure::opening(error, server.era.is_some());
        let session = opened.insert(connected.map_err(failed)?);
        work(session).await
    })
    .await;
    console.finish();
    if let Some(session) = opened {
        session.close().await;
    }
    outcome
}

/// Sets up the sandbox, with memory for messages of this size. HTTP runs at `target`.
pub(crate) fn sandbar(max_message_bytes: Option<u64>, target: Target) -> Result<Sandbar, Failure> {
    let mut limits = SandboxLimits::default();
    let wanted = max_message_bytes.unwrap_or(0).saturating_mul(MEMORY_PER_MESSAGE_BYTE);
    let wanted = usize::try_from(wanted.min(MOST_MEMORY)).unwrap_or(usize::MAX);
    limits.memory = limits.memory.max(wanted);
    let builder = Sandbar::builder().limits(limits).executor(target);
    let builder = match cache_dir() {
        Some(directory) => builder.cache_dir(directory),
        None => builder,
    };
    Ok(builder.build()?)
}

fn connect_options(server: &ServerArgs, console: &Console) -> Result<ConnectOptions, Failure> {
    let mut options = ConnectOptions::new(&server.url).handler(console.clone());
    for header in &server.headers {
        let Header { name, value } = Header::parse(header)?;
        options = options.field(name, value);
    }
    if let Some(bytes) = server.max_message_bytes {
        options = options.max_message_bytes(bytes);
    }
    if let Some(timeout) = server.connect_timeout {
        options = options.connect_timeout(timeout);
    }
    if let Some(timeout) = server.idle_timeout {
        options = options.idle_timeout(timeout);
    }
    Ok(match server.era {
        Some(EraArg::Modern) => options.era(Era::Modern),
        Some(EraArg::Legacy) => options.era(Era::Legacy),
        None => options,
    })
}
