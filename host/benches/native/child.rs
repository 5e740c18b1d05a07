//! What this program does when it runs itself, to measure memory that nobody else uses.

use crate::peer::{self, Peer};
use crate::{candidate, process_memory};
use anyhow::{Context as _, Result, bail, ensure};
use sandbar::types::Era;
use std::process::Stdio;
use tokio::process::Command;

/// The first argument of a child.
pub(crate) const ARGUMENT: &str = "--child";

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Candidate,
    Peer,
}

/// What is measured, and against which server.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Memory that one large result takes at its peak, above that of an idle session.
    Result { side: Side, url: String },
    /// Memory of so many sessions, each of which has made a call.
    Sessions { side: Side, url: String, sessions: u32 },
}

impl Task {
    /// The task of this process, if it is a child.
    pub(crate) fn from_args() -> Result<Option<Self>> {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let [ARGUMENT, task @ ..] = args.as_slice() else { return Ok(None) };
        Ok(Some(match task {
            ["result", side, url] => {
                Self::Result { side: Side::parse(side)?, url: (*url).to_owned() }
            }
            ["sessions", side, url, sessions] => Self::Sessions {
                side: Side::parse(side)?,
                url: (*url).to_owned(),
                sessions: sessions.parse()?,
            },
            other => bail!("no such task: {other:?}"),
        }))
    }

    fn to_args(&self) -> Vec<String> {
        match self {
            Self::Result { side, url } => {
                vec!["result".to_owned(), side.name().to_owned(), url.clone()]
            }
            Self::Sessions { side, url, sessions } => {
                let name = side.name().to_owned();
                vec!["sessions".to_owned(), name, url.clone(), sessions.to_string()]
            }
        }
    }

    /// Has a process of its own do it; bytes.
    pub(crate) async fn in_process(&self) -> Result<u64> {
        let program = std::env::current_exe()?;
        let output = Command::new(program)
            .arg(ARGUMENT)
            .args(self.to_args())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .output()
            .await?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}", errors.trim());
        let text = String::from_utf8(output.stdout)?;
        text.trim().parse().context("the child did not print a number")
    }

    /// Does it, and prints the bytes.
    pub(crate) async fn run(self) -> Result<()> {
        let bytes = match self {
            Self::Result { side: Side::Candidate, url } => candidate_result(&url).await?,
            Self::Result { side: Side::Peer, url } => peer_result(&url).await?,
            Self::Sessions { side: Side::Candidate, url, sessions } => {
                candidate_sessions(&url, sessions).await?
            }
            Self::Sessions { side: Side::Peer, url, sessions } => {
                peer_sessions(&url, sessions).await?
            }
        };
        println!("{bytes}");
        Ok(())
    }
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Peer => "peer",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        let found = [Self::Candidate, Self::Peer].into_iter().find(|side| side.name() == name);
        found.with_context(|| format!("no such side: {name}"))
    }
}

/// The growth of the peak while `work` runs.
async fn peak_of<T>(work: impl Future<Output = Result<T>>) -> Result<u64> {
    process_memory::forget_peak()?;
    let idle = process_memory::resident()?;
    let _held_to_the_end = work.await?;
    Ok(process_memory::peak()?.saturating_sub(idle))
}

async fn candidate_result(url: &str) -> Result<u64> {
    let sandbar = candidate::roomy()?;
    let session = candidate::connect(&sandbar, url, Era::Legacy).await?;
    let peak = peak_of(candidate::call(&session, "canned", "{}")).await?;
    session.close().await;
    Ok(peak)
}

async fn peer_result(url: &str) -> Result<u64> {
    let peer = Peer::connect(&peer::pool()?, url, Era::Legacy).await?;
    let peak = peak_of(peer.call("canned", "{}")).await?;
    peer.close().await?;
    Ok(peak)
}

const ECHO: &str = r#"{"message":"hello"}"#;

async fn candidate_sessions(url: &str, sessions: u32) -> Result<u64> {
    let mut limits = sandbar::SandboxLimits::default();
    limits.sessions = sessions + 1;
    let sandbar = candidate::builder().limits(limits).build()?;
    let open = async || {
        let session = candidate::connect(&sandbar, url, Era::Modern).await?;
        candidate::call(&session, "echo", ECHO).await?;
        anyhow::Ok(session)
    };
    // What the first session takes is there once for all of them.
    let mut all = vec![open().await?];
    let before = process_memory::resident()?;
    for number in 0..sessions {
        all.push(open().await.with_context(|| format!("after {number} sessions"))?);
    }
    Ok(process_memory::resident()?.saturating_sub(before))
}

async fn peer_sessions(url: &str, sessions: u32) -> Result<u64> {
    let pool = peer::pool()?;
    let open = async || {
        let peer = Peer::connect(&pool, url, Era::Modern).await?;
        peer.call("echo", ECHO).await?;
        anyhow::Ok(peer)
    };
    let mut all = vec![open().await?];
    let before = process_memory::resident()?;
    for _ in 0..sessions {
        all.push(open().await?);
    }
    Ok(process_memory::resident()?.saturating_sub(before))
}
