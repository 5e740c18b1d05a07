//! The steps of the conversation with the demo server.

use super::{check, say};
use crate::failure::Failure;
use crate::show::describe;
use sandbar::types::{Content, Era, ToolResult};
use sandbar::{Sandbar, SandboxLimits, Session, SessionStats};
use sandbar_demo::DemoServer;
use std::time::Instant;

/// Progress notifications to ask for.
const STEPS: u32 = 5;

/// Bytes of the large result: 8 MiB, half of the largest message that a session accepts.
const LARGE: usize = 8 * 1024 * 1024;

/// Opens the session.
pub(super) async fn connect(sandbar: &Sandbar, url: &str) -> Result<Session, Failure> {
    let session = sandbar.connect(url).await?;
    let server = session.server();
    check("the modern era", &server.era, &Era::Modern)?;
    let made = session.stats().instantiation;
    let version = &server.protocol_version;
    say("connect", &format!("protocol {version}, in a sandbox that took {made:.1?} to make"))?;
    Ok(session)
}

/// Lists the tools.
pub(super) async fn list(session: &Session) -> Result<(), Failure> {
    let tools = session.list_tools().await?;
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
    for wanted in ["count", "large"] {
        check(&format!("a tool `{wanted}`"), &names.contains(&wanted), &true)?;
    }
    say("tools", &names.join(", "))
}

/// Calls a tool that reports progress.
pub(super) async fn count(session: &Session) -> Result<(), Failure> {
    let arguments = format!(r#"{{"steps":{STEPS},"delay_ms":50}}"#);
    say("call", &format!("count {arguments}"))?;
    let mut call = session.call_tool("count", Some(arguments)).with_progress().start().await?;
    let mut seen = Vec::new();
    while let Some(notification) = call.notification().await {
        if let Some(progress) = notification.progress {
            say("", &format!("progress {}", describe(&progress)))?;
            seen.push(progress.progress);
        }
    }
    let text = only_text(call.await?)?;
    let expected: Vec<_> = (1..=STEPS).map(f64::from).collect();
    check("progress in order and before the result,", &seen, &expected)?;
    check("the result", &text, &format!("counted to {STEPS}"))?;
    say("", &format!("result   \"{text}\""))
}

/// Calls a tool that returns a large result.
pub(super) async fn large(session: &Session) -> Result<(), Failure> {
    let arguments = format!(r#"{{"bytes":{LARGE}}}"#);
    say("call", &format!("large {arguments}"))?;
    let begun = Instant::now();
    let text = only_text(session.call_tool("large", Some(arguments)).await?)?;
    let took = begun.elapsed();
    check("bytes", &text.len(), &LARGE)?;
    let intact = text.bytes().eq((b'a'..=b'z').cycle().take(LARGE));
    check("the alphabet over and over:", &intact, &true)?;
    say("", &format!("result   {LARGE} bytes of text, each in its place, in {took:.1?}"))
}

/// Says what was dialled, and that this process did.
pub(super) fn dialled_here(stats: &SessionStats, server: &DemoServer) -> Result<(), Failure> {
    let dialed = &stats.dialed;
    check("connections", &dialed.connections_opened, &server.connections())?;
    say("dialled", &format!("{} and nothing else", server.url()))?;
    say(
        "",
        &format!(
            "connections: {}, requests: {}, bytes received: {}",
            dialed.connections_opened, dialed.requests_sent, dialed.bytes_received
        ),
    )
}

/// Says what the sandbox used.
pub(super) fn usage(stats: &SessionStats) -> Result<(), Failure> {
    let (used, most) = (mebibytes(stats.memory_peak), mebibytes(SandboxLimits::default().memory));
    say(
        "used",
        &format!("{used:.1} MiB of memory at the peak, of {most:.0} MiB that it may have"),
    )?;
    say("", &format!("{:.0?} of CPU time, to the nearest 10 ms", stats.cpu))
}

/// The text of a result that holds nothing else.
fn only_text(result: ToolResult) -> Result<String, Failure> {
    check("success, and is_error", &result.is_error, &false)?;
    let blocks = result.content.len();
    match <[Content; 1]>::try_from(result.content) {
        Ok([Content::Text(text)]) => Ok(text),
        _ => {
            let found = format!("{blocks} blocks of content");
            Err(Failure::Demo { expected: "one block of text".to_owned(), found })
        }
    }
}

fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
