//! Exchanges through an executor in a process of its own, against the same exchanges from here.

use crate::candidate;
use crate::duel::{Length, Medians, duel};
use crate::executor_process::ExecutorProcess;
use crate::options::Options;
use crate::report::{Goal, Report, Row};
use crate::server_thread::ServerThread;
use crate::stream_server::StreamServer;
use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use sandbar::executor::{Executor, HttpRequest, Target};
use sandbar::http::Policy;
use std::time::{Duration, Instant};

const LARGE: usize = 64 * 1024 * 1024;
const SMALL_CHUNKS: usize = 200_000;
const PIPELINED: usize = 400;

/// Both ways, and the server that they ask.
struct Sides {
    server: StreamServer,
    remote: Executor,
    local: Executor,
}

pub(crate) async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let servers = ServerThread::start()?;
    let process = ExecutorProcess::start().await?;
    let sides = Sides {
        server: StreamServer::start(&servers).await?,
        remote: executor(Target::websocket(&process.url)?).await?,
        local: executor(Target::Local).await?,
    };
    report.heading("through `sandbar executor`; the other column is the same from here");
    small(options, report, &sides).await?;
    first_delta(options, report, &sides).await?;
    deltas(options, report, &sides).await?;
    large(options, report, &sides).await?;
    small_chunks(options, report, &sides).await?;
    pipelined(options, report, &sides).await?;
    let peak = process.peak_memory()? as f64 / f64::from(1 << 20);
    report.note(&format!("memory of the executor at its peak: {peak:.0} MiB"));
    Ok(())
}

async fn executor(target: Target) -> Result<Executor> {
    let sandbar = candidate::builder().executor(target).build()?;
    Ok(sandbar.executor(Policy::anywhere()).await?)
}

impl Sides {
    /// The same work on both sides, in turns.
    async fn duel(
        &self,
        length: Length,
        work: impl AsyncFn(&Executor) -> Result<()>,
    ) -> Result<Medians> {
        duel(length, async || work(&self.remote).await, async || work(&self.local).await).await
    }

    fn get(&self, path: &str) -> HttpRequest {
        HttpRequest::get(self.server.url(path))
    }

    /// Reads a body to its end.
    async fn read(&self, executor: &Executor, path: &str, bytes: usize) -> Result<()> {
        let mut body = executor.request_stream(self.get(path)).await?.body;
        while let Some(chunk) = body.chunk().await {
            chunk?;
        }
        ensure!(body.received() == bytes as u64, "{} bytes of {bytes}", body.received());
        Ok(())
    }
}

async fn small(options: &Options, report: &mut Report, sides: &Sides) -> Result<()> {
    let length =
        Length { rounds: options.repetitions(1, 10), per_turn: options.repetitions(5, 200) };
    let medians =
        sides.duel(length, async |executor| sides.read(executor, "/100", 100).await).await?;
    report.row(microseconds("exchange of 100 bytes, p50", medians));
    Ok(())
}

/// From the response to its first delta: where a sender that waits for more to send shows.
async fn first_delta(options: &Options, report: &mut Report, sides: &Sides) -> Result<()> {
    let rounds = options.repetitions(10, 1000);
    let measure = async |executor: &Executor| -> Result<Duration> {
        let mut samples = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let mut body = executor.request_stream(sides.get("/100")).await?.body;
            let begun = Instant::now();
            body.chunk().await.context("an empty body")??;
            samples.push(begun.elapsed());
            while let Some(chunk) = body.chunk().await {
                chunk?;
            }
        }
        Ok(crate::duel::median(&mut samples))
    };
    let medians = Medians {
        candidate: measure(&sides.remote).await?,
        peer: measure(&sides.local).await?,
        ..Medians::default()
    };
    report.row(microseconds("response to first delta, p50", medians));
    Ok(())
}

/// A chunk at a time, the next one when the last one has arrived.
async fn deltas(options: &Options, report: &mut Report, sides: &Sides) -> Result<()> {
    let rounds = options.repetitions(10, 2000);
    let measure = async |executor: &Executor| -> Result<Duration> {
        let mut body = executor.request_stream(sides.get("/fed")).await?.body;
        let mut samples = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let begun = Instant::now();
            sides.server.feed("data: {\"progress\":1}\n\n").await?;
            body.chunk().await.context("the stream ended")??;
            samples.push(begun.elapsed());
        }
        sides.server.end_feed();
        while let Some(chunk) = body.chunk().await {
            chunk?;
        }
        Ok(crate::duel::median(&mut samples))
    };
    let medians = Medians {
        candidate: measure(&sides.remote).await?,
        peer: measure(&sides.local).await?,
        ..Medians::default()
    };
    report.row(microseconds("one delta of an event stream, p50", medians));
    Ok(())
}

async fn large(options: &Options, report: &mut Report, sides: &Sides) -> Result<()> {
    let length = Length { rounds: options.repetitions(1, 9), per_turn: 1 };
    let path = format!("/{LARGE}");
    let medians =
        sides.duel(length, async |executor| sides.read(executor, &path, LARGE).await).await?;
    report.row(rates("body of 64 MiB", "MB/s", LARGE as f64 / 1e6, medians));
    Ok(())
}

async fn small_chunks(options: &Options, report: &mut Report, sides: &Sides) -> Result<()> {
    let chunks = options.repetitions(1000, SMALL_CHUNKS);
    let length = Length { rounds: options.repetitions(1, 3), per_turn: 1 };
    let path = format!("/chunks/{chunks}");
    let bytes = chunks * StreamServer::CHUNK.len();
    let medians =
        sides.duel(length, async |executor| sides.read(executor, &path, bytes).await).await?;
    report.row(rates("small chunks of one stream", "/s", chunks as f64, medians));
    Ok(())
}

async fn pipelined(options: &Options, report: &mut Report, sides: &Sides) -> Result<()> {
    let length = Length { rounds: options.repetitions(1, 9), per_turn: 1 };
    let medians = sides
        .duel(length, async |executor| {
            let all = (0..PIPELINED).map(|_| sides.read(executor, "/100", 100));
            try_join_all(all).await.map(drop)
        })
        .await?;
    report.row(rates("400 exchanges at a time", "/s", PIPELINED as f64, medians));
    Ok(())
}

fn microseconds(name: &str, medians: Medians) -> Row {
    let (candidate, peer) = medians.microseconds();
    Row { name: name.to_owned(), unit: "us", candidate, peer: Some(peer), goal: Goal::Informative }
}

fn rates(name: &str, unit: &'static str, times: f64, medians: Medians) -> Row {
    let (candidate, peer) = medians.rates(times);
    Row { name: name.to_owned(), unit, candidate, peer: Some(peer), goal: Goal::Informative }
}
