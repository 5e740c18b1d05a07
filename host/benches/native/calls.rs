//! Small tool calls: one after another, and many at a time.

use crate::candidate;
use crate::duel::{Length, Medians, duel};
use crate::options::Options;
use crate::peer::{self, Peer};
use crate::poster::{ECHO, Poster};
use crate::report::{Goal, Report, Row};
use crate::server_thread::ServerThread;
use anyhow::Result;
use futures::future::try_join_all;
use sandbar::Session;
use sandbar::types::Era;
use sandbar_demo::{DemoMode, DemoServer};

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
        if setting.era == Era::Modern {
            limit(options, report, setting, &session, &Poster::new(server.url(), ECHO)).await?;
            composed(options, report, setting, &session, &server.url()).await?;
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
    let medians = one_after_another(options, setting, session, async || {
        peer.call("echo", ARGUMENTS).await.map(drop)
    })
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
    let call = async || peer.call("echo", ARGUMENTS).await.map(drop);
    let (medians, total) = many_at_a_time(options, session, call).await?;
    let (candidate, peer) = medians.rates(total);
    report.row(Row {
        name: format!("{CONCURRENT} concurrent calls ({})", setting.name),
        unit: "/s",
        candidate,
        peer: Some(peer),
        goal: Goal::RatioAtLeast(1.0),
    });
    let (candidate, peer) = medians.cpu_rates(total);
    report.row(Row {
        name: format!("the same, per second of the clients' thread ({})", setting.name),
        unit: "/s",
        candidate,
        peer: Some(peer),
        goal: Goal::RatioAtLeast(1.3),
    });
    Ok(())
}

/// The same bytes with hyper alone: what no client can do better.
async fn limit(
    options: &Options,
    report: &mut Report,
    setting: &Setting,
    session: &Session,
    poster: &Poster,
) -> Result<()> {
    let medians =
        one_after_another(options, setting, session, async || poster.post().await.map(drop))
            .await?;
    let (candidate, peer) = medians.microseconds();
    report.row(Row {
        name: format!("sequential call vs the bytes with hyper, p50 ({})", setting.name),
        unit: "us",
        candidate,
        peer: Some(peer),
        goal: Goal::RatioAtMost(1.5),
    });
    let (medians, total) =
        many_at_a_time(options, session, async || poster.post().await.map(drop)).await?;
    let (candidate, peer) = medians.rates(total);
    report.row(Row {
        name: format!("{CONCURRENT} concurrent vs the bytes with hyper ({})", setting.name),
        unit: "/s",
        candidate,
        peer: Some(peer),
        // 1.15 times what the limit takes.
        goal: Goal::RatioAtLeast(0.87),
    });
    Ok(())
}

/// The same client over `wasi:http`, as a bare WASI host would run it, in this host.
async fn composed(
    options: &Options,
    report: &mut Report,
    setting: &Setting,
    session: &Session,
    url: &str,
) -> Result<()> {
    let component = sandbar::components::MCP_LOCAL.bytes.to_vec();
    let sandbar = candidate::builder().component(component).build()?;
    let other = candidate::connect(&sandbar, url, setting.era).await?;
    let call = async || candidate::call(&other, "echo", ARGUMENTS).await.map(drop);
    let medians = one_after_another(options, setting, session, &call).await?;
    let (candidate, peer) = medians.microseconds();
    report.row(Row {
        name: format!("sequential call vs over wasi:http, p50 ({})", setting.name),
        unit: "us",
        candidate,
        peer: Some(peer),
        goal: Goal::Informative,
    });
    let (medians, total) = many_at_a_time(options, session, &call).await?;
    let (candidate, peer) = medians.rates(total);
    report.row(Row {
        name: format!("{CONCURRENT} concurrent vs over wasi:http ({})", setting.name),
        unit: "/s",
        candidate,
        peer: Some(peer),
        goal: Goal::Informative,
    });
    other.close().await;
    Ok(())
}

/// One call after another, against what the peer does instead.
async fn one_after_another(
    options: &Options,
    setting: &Setting,
    session: &Session,
    peer: impl AsyncFn() -> Result<()>,
) -> Result<Medians> {
    let per_turn = if setting.nagle { 10 } else { 200 };
    let length =
        Length { rounds: options.repetitions(1, 10), per_turn: options.repetitions(5, per_turn) };
    let call = async || candidate::call(session, "echo", ARGUMENTS).await.map(drop);
    duel(length, call, async || peer().await).await
}

/// Calls in many lanes, against what the peer does instead; and how many of them make a turn.
async fn many_at_a_time(
    options: &Options,
    session: &Session,
    peer: impl AsyncFn() -> Result<()>,
) -> Result<(Medians, f64)> {
    let calls = options.repetitions(2, 50);
    let length = Length { rounds: options.repetitions(1, 9), per_turn: 1 };
    let call = async || candidate::call(session, "echo", ARGUMENTS).await.map(drop);
    let medians =
        duel(length, async || lanes(calls, &call).await, async || lanes(calls, &peer).await)
            .await?;
    Ok((medians, f64::from(u32::try_from(CONCURRENT * calls)?)))
}

/// Makes so many calls in each of the lanes.
async fn lanes(calls: usize, call: &impl AsyncFn() -> Result<()>) -> Result<()> {
    let lanes = (0..CONCURRENT).map(|_| async {
        for _ in 0..calls {
            call().await?;
        }
        anyhow::Ok(())
    });
    try_join_all(lanes).await.map(drop)
}

/// How many connections all of that took: a client that cannot reuse them shows here.
fn connections(report: &mut Report, session: &Session, server: &DemoServer) {
    let ours = session.stats().dialed.connections_opened;
    let all = server.connections();
    report
        .note(&format!("connections opened: sandbar {ours}, native {}", all.saturating_sub(ours)));
}
