//! A call that reports progress.

use crate::candidate;
use crate::duel::{Length, duel};
use crate::options::Options;
use crate::peer::{self, Peer};
use crate::report::{Goal, Report, Row};
use crate::server_thread::ServerThread;
use anyhow::Result;
use sandbar::types::Era;
use sandbar_demo::DemoMode;

const STEPS: u32 = 1000;

pub(crate) async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let servers = ServerThread::start()?;
    let server = servers.demo(DemoMode::StatefulSse, false).await?;
    let sandbar = candidate::builder().build()?;
    let session = candidate::connect(&sandbar, &server.url(), Era::Legacy).await?;
    let peer = Peer::connect(&peer::pool()?, &server.url(), Era::Legacy).await?;

    let (mut calls, mut disordered, mut late) = (0, 0, 0);
    let length = Length { rounds: options.repetitions(1, 15), per_turn: 1 };
    let medians = duel(
        length,
        async || candidate::count(&session, STEPS).await,
        async || {
            let counted = peer.count(STEPS).await?;
            calls += 1;
            disordered += u32::from(!counted.in_order);
            late += u32::from(!counted.all_before_return);
            Ok(())
        },
    )
    .await?;
    let (candidate, native) = medians.rates(f64::from(STEPS));
    report.row(Row {
        name: format!("{STEPS} progress notifications in a call"),
        unit: "/s",
        candidate,
        peer: Some(native),
        goal: Goal::RatioAtLeast(1.5),
    });
    report.note(&format!(
        "sandbar: every call in order and complete when it returned; \
         native: {disordered} of {calls} calls out of order, {late} incomplete"
    ));
    session.close().await;
    peer.close().await
}
