//! How long it takes until something can be asked.

use crate::candidate;
use crate::duel::{Length, duel, median, microseconds};
use crate::options::Options;
use crate::peer::{self, Peer};
use crate::program;
use crate::report::{Goal, Report, Row};
use crate::server_thread::ServerThread;
use anyhow::{Result, ensure};
use sandbar::types::Era;
use sandbar_demo::DemoMode;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;

pub(crate) async fn run(options: &Options, report: &mut Report) -> Result<()> {
    session(options, report).await?;
    command_line(options, report).await
}

/// Sessions of the legacy era: `initialize` and `notifications/initialized` on a pooled connection.
async fn session(options: &Options, report: &mut Report) -> Result<()> {
    let servers = ServerThread::start()?;
    let server = servers.demo(DemoMode::StatefulSse, false).await?;
    let url = server.url();
    let sandbar = candidate::builder().build()?;
    let pool = peer::pool()?;
    let mut instantiations = Vec::new();
    let (mut sessions, mut peers) = (Vec::new(), Vec::new());
    let length =
        Length { rounds: options.repetitions(1, 10), per_turn: options.repetitions(2, 10) };
    let medians = duel(
        length,
        async || {
            let session = candidate::connect(&sandbar, &url, Era::Legacy).await?;
            instantiations.push(session.stats().instantiation);
            sessions.push(session);
            Ok(())
        },
        async || {
            peers.push(Peer::connect(&pool, &url, Era::Legacy).await?);
            Ok(())
        },
    )
    .await?;
    report.row(Row {
        name: "session start: instantiation".to_owned(),
        unit: "us",
        candidate: microseconds(median(&mut instantiations)),
        peer: None,
        goal: Goal::AtMost(100.0),
    });
    let (candidate, native) = medians.microseconds();
    report.row(Row {
        name: "session start: with the legacy handshake".to_owned(),
        unit: "us",
        candidate,
        peer: Some(native),
        goal: Goal::Informative,
    });
    for session in sessions {
        session.close().await;
    }
    for peer in peers {
        peer.close().await?;
    }
    Ok(())
}

/// From the start of the process to the first byte that a server sees, with the component in the
/// cache.
async fn command_line(options: &Options, report: &mut Report) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let cache = tempfile::tempdir()?;
    let program = program::build()?;
    // Compiles the component.
    first_byte(&program, &listener, cache.path()).await?;
    let mut took = Vec::new();
    for _ in 0..options.repetitions(2, 20) {
        took.push(first_byte(&program, &listener, cache.path()).await?);
    }
    report.row(Row {
        name: "command line: start to first byte on the wire".to_owned(),
        unit: "ms",
        candidate: microseconds(median(&mut took)) / 1e3,
        peer: None,
        goal: Goal::AtMost(50.0),
    });
    Ok(())
}

async fn first_byte(program: &Path, listener: &TcpListener, cache: &Path) -> Result<Duration> {
    let url = format!("http://{}/mcp", listener.local_addr()?);
    let begun = Instant::now();
    let mut command = Command::new(program)
        .args(["call", &url, "echo", "--args", "{}"])
        .env("SANDBAR_CACHE_DIR", cache)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let (mut connection, _) = listener.accept().await?;
    let mut byte = [0];
    let read = connection.read(&mut byte).await?;
    let took = begun.elapsed();
    ensure!(read == 1, "the command line closed its connection");
    command.kill().await?;
    Ok(took)
}
