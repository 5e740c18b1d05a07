//! Small tool calls: one after another, and many at a time.

use crate::candidate;
use crate::duel::{Length, duel};
use crate::options::Options;
use crate::peer::{self, Peer};
use crate::report::{Goal, Report, Row};
use crate::server_thread::ServerThread;
use anyhow::Result;
use futures::future::try_join_all;
use sandbar::Session;
use sandbar::demo::{DemoMode, DemoServer};
use sandbar::types::Era;

const ARGUMENTS: &str = r#"{"message":"hello"}"#;

/// Calls in flight at a time.
const CONCURRENT: usize = 16;

/// A server, and how it is spoken to.
struct Setting {
    name: &'static str,
    mode: DemoMode,
    era: Era,
    nagle: bool,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        name: "SSE, legacy session",
        mode: DemoMode::StatefulSse,
        era: Era::Legacy,
        nagle: false,
    },
    Setting { name: "SSE, modern", mode: DemoMode::StatelessSse, era: Era::Modern, nagle: false },
    Setting { name: "JSON, modern", mode: DemoMode::StatelessJson, era: Era::Modern, nagle: false },
    Setting {
        name: "SSE, legacy, Nagle",
        mode: DemoMode::StatefulSse,
        era: Era::Legacy,
        nagle: true,
    },
];

pub(crate) async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let servers = ServerThread::start()?;
    for setting in &SETTINGS {
        let server = servers.demo(setting.mode, setting.nagle).await?;
        let sandbar = candidate::builder().build()?;
        let session = candidate::connect(&sandbar, &server.url(), setting.era).await?;
        let peer = Peer::connect(&peer::pool()?, &server.url(), setting.era).await?;
        sequential(options, report, setting, &session, &peer).await?;
        if !setting.nagle {
            concurrent(options, report, setting, &session, &peer).await?;
        }
        connections(report, &session, &server);
        session.close().await;
        peer.close().await?;
    }
    Ok(())
}

async fn sequential(
    options: &Options,
    report: &mut Report,
    setting: &Setting,
    session: &Session,
    peer: &Peer,
) -> Result<()> {
    let per_turn = if setting.nagle { 10 } else { 200 };
    let length =
        Length { rounds: options.repetitions(1, 10), per_turn: options.repetitions(5, per_turn) };
    let medians = duel(
        length,
        async || candidate::call(session, "echo", ARGUMENTS).await.map(drop),
        async || peer.call("echo", ARGUMENTS).await.map(drop),
    )
    .await?;
    let (candidate, peer) = medians.microseconds();
    let most = if setting.nagle { 0.02 } else { 1.0 };
    report.row(Row {
        name: format!("sequential call, p50 ({})", setting.name),
        unit: "us",
        candidate,
        peer: Some(peer),
        goal: Goal::RatioAtMost(most),
    });
    Ok(())
}

async fn concurrent(
    options: &Options,
    report: &mut Report,
    setting: &Setting,
    session: &Session,
    peer: &Peer,
) -> Result<()> {
    let calls = options.repetitions(2, 50);
    let length = Length { rounds: options.repetitions(1, 9), per_turn: 1 };
    let medians = duel(
        length,
        async || {
            let lanes = (0..CONCURRENT).map(|_| async {
                for _ in 0..calls {
                    candidate::call(session, "echo", ARGUMENTS).await?;
                }
                anyhow::Ok(())
            });
            try_join_all(lanes).await.map(drop)
        },
        async || {
            let lanes = (0..CONCURRENT).map(|_| async {
                for _ in 0..calls {
                    peer.call("echo", ARGUMENTS).await?;
                }
                anyhow::Ok(())
            });
            try_join_all(lanes).await.map(drop)
        },
    )
    .await?;
    let total = u32::try_from(CONCURRENT * calls)?;
    let (candidate, peer) = medians.rates(f64::from(total));
    report.row(Row {
        name: format!("{CONCURRENT} concurrent calls ({})", setting.name),
        unit: "/s",
        candidate,
        peer: Some(peer),
        goal: Goal::RatioAtLeast(1.0),
    });
    Ok(())
}

/// How many connections all of that took: a client that cannot reuse them shows here.
fn connections(report: &mut Report, session: &Session, server: &DemoServer) {
    let ours = session.stats().dialed.connections_opened;
    let all = server.connections();
    report
        .note(&format!("connections opened: sandbar {ours}, native {}", all.saturating_sub(ours)));
}
