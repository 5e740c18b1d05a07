//! `sandbar executor`

use crate::args::{ExecutorArgs, OperatorArgs};
use crate::commands::stdio::Stdio;
use crate::connection::sandbar;
use crate::connection::{policy_of_operator, target};
use crate::failure::Failure;
use crate::failure::exit;
use crate::limits::LAST_ANSWERS;
use crate::parse::Token;
use crate::process;
use crate::show::stdout;
use sandbar::Sandbar;
use sandbar::executor::{ListenOptions, Listener, ServeOptions, Target};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

/// Where to listen if nothing is said: any free port that only this machine reaches.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An executor to be, with all that was typed read and checked.
pub(crate) struct Serving {
    sandbar: Sandbar,
    options: ServeOptions,
    /// Where to listen; none for standard input and output.
    listen: Option<SocketAddr>,
    token: Option<Token>,
    note: Option<&'static str>,
}

impl Serving {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(args: &ExecutorArgs) -> Result<Self, Failure> {
        let token = args.token_file.as_deref();
        let token = token.map(|path| Token::read("--token-file", path)).transpose()?;
        // The library makes sandboxes for what `ServeOptions` say; who dials is said there.
        let options = ServeOptions {
            policy: policy_of_operator(&args.operator)?,
            target: target(&args.target)?,
        };
        let dials = matches!(options.target, Target::Local);
        let note = dials.then(|| note(&args.operator)).flatten();
        let listen = (!args.stdio).then_some(args.listen.unwrap_or(ANY_PORT));
        let sandbar = sandbar(None, Target::Local, None, &args.plugins)?;
        Ok(Self { sandbar, options, listen, token, note })
    }

    /// Serves until a signal, or the end of standard input, ends it.
    pub(crate) async fn run(self) -> Result<u8, Failure> {
        let Self { sandbar, options, listen, token, note } = self;
        process::raise_descriptor_limit();
        let signals = Signals::new()?;
        let Some(address) = listen else {
            tell(note);
            return serve_stdio(&sandbar, &options, signals).await;
        };
        let mut listen = ListenOptions::new(address, options);
        if let Some(token) = token {
            listen = listen.token(token.as_str());
        }
        let listener = sandbar.listen(listen).await?;
        stdout::text(&listener.url())?;
        tell(note);
        serve_listener(listener, signals).await
    }
}

/// What whoever starts an executor should know of its policy. Standard error may be closed: nobody minds.
fn tell(note: Option<&str>) {
    if let Some(note) = note {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes());
    }
}

fn note(args: &OperatorArgs) -> Option<&'static str> {
    if args.allow_any {
        return Some(ANYTHING);
    }
    (args.allow.is_empty() && args.policy.is_none()).then_some(NOTHING)
}

const ANYTHING: &str = "\
warning: whoever gets in can have ANY HOST dialled that this machine reaches, private networks and \
this machine itself included; --allow URL or --policy FILE narrows it
";

const NOTHING: &str = "\
warning: this executor dials nothing: --allow URL or --policy FILE says what it may dial, and \
--allow-any lets it dial whatever this machine reaches
";

async fn serve_listener(listener: Listener, signals: Signals) -> Result<u8, Failure> {
    let mut code = exit::OK;
    listener.run(async { code = signals.first().await }).await;
    Ok(code)
}

async fn serve_stdio(
    sandbar: &Sandbar,
    options: &ServeOptions,
    signals: Signals,
) -> Result<u8, Failure> {
    let Stdio { pipe, copying } = Stdio::open();
    tokio::select! {
        served = sandbar.serve(options, pipe, None) => served?,
        code = signals.first() => return Ok(code),
    }
    // The answers that are still on their way to standard output. That it cannot be written any
    // more, or not in time, is the affair of the client, who hung up.
    let _ = timeout(LAST_ANSWERS, copying).await;
    Ok(exit::OK)
}

/// The signals that end an executor. They are ours to handle from the moment this exists.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|source| Failure::Process { what: "listen for signals", source })
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for one, and returns the exit code that it stands for.
    async fn first(mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => exit::OK,
            _ = self.interrupt.recv() => exit::INTERRUPTED,
        }
    }
}
