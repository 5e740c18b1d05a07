//! Large results.

use crate::candidate;
use crate::canned_server::{CannedServer, Framing};
use crate::duel::{Length, Medians, duel};
use crate::options::Options;
use crate::peer::{self, Peer};
use crate::report::{Goal, Report, Row};
use crate::server_thread::ServerThread;
use anyhow::{Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sandbar::demo::DemoMode;
use sandbar::types::Era;

const MIB: usize = 1024 * 1024;

pub(crate) async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let servers = ServerThread::start()?;
    for (name, framing) in [("SSE", Framing::Sse), ("JSON", Framing::Json)] {
        let server = CannedServer::start(&servers, framing, MIB).await?;
        let medians = results(options, &server.url(), "canned", "{}").await?;
        // What is asked of SSE is asked of JSON too.
        let name = format!("1 MiB text result, {name}");
        report.row(throughput(name, MIB, medians, Goal::RatioAtLeast(2.0)));
    }
    let server = servers.demo(DemoMode::StatefulSse, false).await?;
    let arguments = format!(r#"{{"bytes":{MIB}}}"#);
    let medians = results(options, &server.url(), "large", &arguments).await?;
    let name = "1 MiB text result, SSE, made by an rmcp server".to_owned();
    report.row(throughput(name, MIB, medians, Goal::Informative));
    body(options, report, &servers).await
}

/// Calls a tool that returns 1 MiB.
async fn results(
    options: &Options,
    url: &str,
    tool: &'static str,
    arguments: &str,
) -> Result<Medians> {
    let sandbar = candidate::roomy()?;
    let session = candidate::connect(&sandbar, url, Era::Legacy).await?;
    let peer = Peer::connect(&peer::pool()?, url, Era::Legacy).await?;
    let length =
        Length { rounds: options.repetitions(1, 10), per_turn: options.repetitions(2, 10) };
    let medians = duel(
        length,
        async || is_about(candidate::call(&session, tool, arguments).await?, MIB),
        async || is_about(peer.call(tool, arguments).await?, MIB),
    )
    .await?;
    session.close().await;
    peer.close().await?;
    Ok(medians)
}

/// One JSON body of 64 MiB. The candidate reads it in the guest, which takes the JSON-RPC message
/// apart and hands its result to the embedder; the peer reads the same bytes with a pooled hyper
/// client and does nothing with them.
async fn body(options: &Options, report: &mut Report, servers: &ServerThread) -> Result<()> {
    let bytes = 64 * MIB;
    let server = CannedServer::start(servers, Framing::Json, bytes).await?;
    let sandbar = candidate::roomy()?;
    let session = candidate::connect(&sandbar, &server.url(), Era::Legacy).await?;
    let client = Client::builder(TokioExecutor::new()).build(nodelay());
    let length = Length { rounds: options.repetitions(1, 9), per_turn: 1 };
    let medians = duel(
        length,
        async || {
            let params = r#"{"name":"canned","arguments":{}}"#.to_owned();
            is_about(session.request("tools/call", Some(params)).await?.len(), bytes)
        },
        async || is_about(read(&client, &server.url()).await?, bytes),
    )
    .await?;
    let name = "64 MiB body: JSON result vs bytes with hyper".to_owned();
    report.row(throughput(name, bytes, medians, Goal::RatioAtLeast(0.9)));
    session.close().await;
    Ok(())
}

fn nodelay() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

/// Reads an answer to its end; the number of bytes.
async fn read(client: &Client<HttpConnector, Full<Bytes>>, url: &str) -> Result<usize> {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"canned"}}"#;
    let request = http::Request::post(url)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(Full::from(call))?;
    let mut body = client.request(request).await?.into_body();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        received += frame?.data_ref().map_or(0, Bytes::len);
    }
    Ok(received)
}

/// Catches a side that is fast because it does not read everything.
fn is_about(received: usize, bytes: usize) -> Result<()> {
    let allowed = bytes - bytes / 20..bytes + bytes / 20;
    ensure!(allowed.contains(&received), "{received} bytes where about {bytes} were due");
    Ok(())
}

fn throughput(name: String, bytes: usize, medians: Medians, goal: Goal) -> Row {
    let (candidate, peer) = medians.rates(bytes as f64 / 1e6);
    Row { name, unit: "MB/s", candidate, peer: Some(peer), goal }
}
