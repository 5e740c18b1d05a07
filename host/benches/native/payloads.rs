//! Large results.

use crate::candidate;
use crate::canned_server::{CannedServer, Framing};
use crate::duel::{Length, Medians, duel};
use crate::options::Options;
use crate::peer::{self, Peer};
use crate::poster::Poster;
use crate::report::{Goal, Report, Row};
use crate::server_thread::ServerThread;
use anyhow::{Result, ensure};
use sandbar::executor::HttpRequest;
use sandbar::http::Policy;
use sandbar::types::Era;
use sandbar_demo::DemoMode;

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

/// One JSON body of 64 MiB, against the same bytes read with a pooled hyper client that does nothing
/// with them: as a result, which the guest takes apart and hands to the embedder, and as the body of
/// an exchange, which passes through a guest as it is.
async fn body(options: &Options, report: &mut Report, servers: &ServerThread) -> Result<()> {
    let bytes = 64 * MIB;
    let server = CannedServer::start(servers, Framing::Json, bytes).await?;
    let sandbar = candidate::roomy()?;
    let session = candidate::connect(&sandbar, &server.url(), Era::Legacy).await?;
    let poster = Poster::new(server.url(), CALL);
    let length = Length { rounds: options.repetitions(1, 9), per_turn: 1 };
    let limit = async || is_about(poster.post().await?, bytes);
    let medians = duel(
        length,
        async || {
            let params = r#"{"name":"canned","arguments":{}}"#.to_owned();
            is_about(session.request("tools/call", Some(params)).await?.len(), bytes)
        },
        limit,
    )
    .await?;
    let name = "64 MiB body: JSON result vs bytes with hyper".to_owned();
    report.row(throughput(name, bytes, medians, Goal::RatioAtLeast(0.9)));
    session.close().await;

    let executor = sandbar.executor(Policy::anywhere()).await?;
    let fetch = async || {
        let mut body = executor.request_stream(call(server.url())).await?.body;
        while let Some(chunk) = body.chunk().await {
            chunk?;
        }
        is_about(usize::try_from(body.received())?, bytes)
    };
    let medians = duel(length, fetch, limit).await?;
    let name = "64 MiB body: through a guest vs bytes with hyper".to_owned();
    report.row(throughput(name, bytes, medians, Goal::RatioAtLeast(0.95)));
    Ok(())
}

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"canned"}}"#;

fn call(url: String) -> HttpRequest {
    let mut request = HttpRequest::get(url);
    request.method = "POST".to_owned();
    request.fields = vec![("content-type".to_owned(), b"application/json".to_vec())];
    request.body = Some(CALL.as_bytes().to_vec());
    request
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
