//! Memory, in processes of their own: large results and idle sessions.

use crate::canned_server::{CannedServer, Framing};
use crate::child::{Side, Task};
use crate::options::{Effort, Options};
use crate::report::{Goal, Report, Row};
use crate::server_thread::ServerThread;
use anyhow::Result;
use sandbar_demo::DemoMode;
use std::time::Instant;

const RESULT_BYTES: usize = 15_000_000;

/// What users of a long-lived process may come to.
const MANY_SESSIONS: u32 = 10_000;

pub(crate) async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let servers = ServerThread::start()?;
    for (name, framing) in [("SSE", Framing::Sse), ("JSON", Framing::Json)] {
        let server = CannedServer::start(&servers, framing, RESULT_BYTES).await?;
        result(report, name, &server.url()).await?;
    }
    let server = servers.demo(DemoMode::StatelessSse, false).await?;
    idle_sessions(options, report, &server.url()).await?;
    if options.effort == Effort::Full {
        many_sessions(report, &server.url()).await;
    }
    Ok(())
}

async fn result(report: &mut Report, name: &str, url: &str) -> Result<()> {
    let measure = async |side| -> Result<f64> {
        let task = Task::Result { side, url: url.to_owned() };
        Ok(task.in_process().await? as f64 / RESULT_BYTES as f64)
    };
    report.row(Row {
        name: format!("15 MB result, {name}: peak RSS above idle, by payload"),
        unit: "x",
        candidate: measure(Side::Candidate).await?,
        peer: Some(measure(Side::Peer).await?),
        goal: Goal::AtMost(3.0),
    });
    Ok(())
}

async fn idle_sessions(options: &Options, report: &mut Report, url: &str) -> Result<()> {
    let sessions = u32::try_from(options.repetitions(20, 1000))?;
    let measure = async |side| -> Result<f64> {
        let task = Task::Sessions { side, url: url.to_owned(), sessions };
        Ok(task.in_process().await? as f64 / 1024.0 / f64::from(sessions))
    };
    report.row(Row {
        name: format!("memory per idle session, of {sessions}"),
        unit: "KiB",
        candidate: measure(Side::Candidate).await?,
        peer: Some(measure(Side::Peer).await?),
        goal: Goal::AtMost(1024.0),
    });
    Ok(())
}

/// A machine may not have the address space or the maps for so many: that is a result, too.
async fn many_sessions(report: &mut Report, url: &str) {
    let begun = Instant::now();
    let task =
        Task::Sessions { side: Side::Candidate, url: url.to_owned(), sessions: MANY_SESSIONS };
    match task.in_process().await {
        Ok(bytes) => {
            report.row(Row {
                name: format!("memory per idle session, of {MANY_SESSIONS}"),
                unit: "KiB",
                candidate: bytes as f64 / 1024.0 / f64::from(MANY_SESSIONS),
                peer: None,
                goal: Goal::AtMost(1024.0),
            });
            report.note(&format!("opened, with a call each, in {:.1?}", begun.elapsed()));
        }
        Err(error) => report.note(&format!("{MANY_SESSIONS} sessions: {error:#}")),
    }
}
