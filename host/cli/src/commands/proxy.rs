//! `sandbar proxy`

use crate::args::ProxyArgs;
use crate::commands::stdio::Stdio;
use crate::connection::{Endpoint, granted, sandbar, target};
use crate::failure::{Failure, exit};
use crate::limits::{LAST_ANSWERS, PARENT_LOOKS};
use rustix::event::{PollFd, PollFlags, poll};
use sandbar::{ConnectOptions, Sandbar};
use std::os::unix::process::parent_id;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A server to be put before an agent, with all that was typed read and checked.
pub(crate) struct Proxy {
    sandbar: Sandbar,
    options: ConnectOptions,
}

impl Proxy {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(args: &ProxyArgs) -> Result<Self, Failure> {
        let endpoint = Endpoint {
            url: &args.url,
            headers: &args.headers,
            max_message_bytes: args.max_message_bytes,
            connect_timeout: args.connect_timeout,
            idle_timeout: args.idle_timeout,
        };
        Ok(Self {
            sandbar: sandbar(
                args.max_message_bytes,
                target(&args.target)?,
                granted(&args.grant)?,
                &args.plugins,
            )?,
            options: endpoint.options()?,
        })
    }

    /// Serves the agent until it is gone.
    pub(crate) async fn run(self) -> Result<u8, Failure> {
        let departure = Departure::watch()?;
        let Stdio { pipe, copying } = Stdio::open();
        self.sandbar.proxy(self.options, pipe, departure.come()).await?;
        // What is still on its way to standard output.
        let _ = timeout(LAST_ANSWERS, copying).await;
        Ok(exit::OK)
    }
}

/// How an agent departs without closing its end of standard input: by a signal, by not reading any more,
/// or by dying while another process holds that end open.
struct Departure {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    unread: oneshot::Receiver<()>,
    parent: u32,
}

impl Departure {
    /// The signals are ours to handle from here on.
    fn watch() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|source| Failure::Process { what: "listen for signals", source })
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
            unread: unread(),
            parent: parent_id(),
        })
    }

    /// Waits for it. From then on a signal ends the process at once.
    async fn come(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv() => {}
            Ok(()) = &mut self.unread => {}
            () = another_parent(self.parent) => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            std::process::exit(exit::OK.into());
        });
    }
}

/// Waits until the process that started this one is gone: then another one takes its place.
async fn another_parent(parent: u32) {
    let mut looks = tokio::time::interval(PARENT_LOOKS);
    while parent_id() == parent {
        looks.tick().await;
    }
}

/// Tells when nobody has the other end of standard output any more. What is never written to notices
/// that in no other way.
fn unread() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let stdout = std::io::stdout();
        // Errors are told without being asked for. A file has none, and is waited for for ever.
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        while let Err(rustix::io::Errno::INTR) = poll(&mut watched, None) {}
        let [watched] = watched;
        if watched.revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            let _ = sender.send(());
        } else {
            // What is not known to be gone is taken to be there.
            std::mem::forget(sender);
        }
    });
    receiver
}
