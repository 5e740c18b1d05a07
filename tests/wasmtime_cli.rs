//! The composition `mcp + local`, and a command that uses it, in the stock wasmtime CLI: the release of
//! the line that our host is built on, and the newest one. Neither has seen a line of ours.
//!
//! A host of WASI may do what ours does not, and the newest does: it lets an exchange depend on the
//! future that `request.new` returned. So every way to frame an answer is tried, and slowly.

use crate::support::{
    binary::{Run, ended},
    fault::{
        Chunk, LAST_CHUNK, LineEnding, McpScript, Response, Script, SseEvent, json_rpc_response,
    },
    fault_server::FaultServer,
    pypi::installed_package,
};
use sandbar::components::MCP_LOCAL;
use sandbar_guest_compose::compose;
use sandbar_test_programs::COMMAND;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// The requirements of each, in `tests/pypi`.
const RELEASES: [&str; 2] = ["wasmtime-48", "wasmtime-49"];

/// What the tool says.
const GOOD: &str = "whole";

/// How long the server is silent in the middle of an answer. It is what is tested, and no client has to
/// be faster or slower: one that loses the connection meanwhile loses what comes after.
const SILENCE: Duration = Duration::from_millis(100);

/// A command that calls a tool, composed with the client: it needs nothing but WASI.
struct Tool {
    folder: tempfile::TempDir,
}

impl Tool {
    fn composed() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tool = compose(COMMAND, MCP_LOCAL.bytes).unwrap();
        fs::write(folder.path().join("tool.wasm"), tool).unwrap();
        Self { folder }
    }

    /// Runs it in the CLI, with a server that answers the call like this.
    async fn run(&self, wasmtime: &Path, answer: Script) -> Run {
        let script = McpScript::modern().on("tools/call", answer);
        let server = FaultServer::start_mcp(script).await;
        let child = Command::new(wasmtime)
            .args(["run", "-Shttp"])
            .arg(self.folder.path().join("tool.wasm"))
            .args([&server.url("/mcp"), "echo", r#"{"message":"hi"}"#])
            // Where it keeps what it has compiled.
            .env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/wasmtime"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        ended(child).await
    }
}

/// The wasmtime CLI of a release.
async fn wasmtime(release: &'static str) -> PathBuf {
    let binary = installed_package(release).await.join("wasmtime_cli/wasmtime");
    // pip sets this for scripts of its own making alone.
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    binary
}

fn good_message() -> String {
    let result = json!({ "content": [{ "type": "text", "text": GOOD }] });
    format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{result}}}"#)
}

fn good_event() -> SseEvent {
    SseEvent::data(&good_message())
}

/// The same answer, framed in every way that servers have.
fn framings() -> [(&'static str, Script); 5] {
    let event = good_event().encode(LineEnding::Lf);
    let (first, second) = event.split_at(event.len() / 2);
    let stream = || Script::new().send(Response::event_stream());
    [
        ("json", Script::respond(Response::json(200, good_message()))),
        ("chunk", Script::respond(Response::json(200, good_message()).chunked())),
        ("sse", Script::respond_with_events([good_event()])),
        (
            "split",
            stream()
                .send_split(Chunk::new(first), &[])
                .pause(SILENCE)
                .send(Chunk::new(second))
                .send(LAST_CHUNK),
        ),
        (
            "pause",
            stream()
                .send_split(SseEvent::comment("wait"), &[])
                .pause(SILENCE)
                .send(good_event())
                .send(LAST_CHUNK),
        ),
    ]
}

/// Catches an executor over `wasi:http` that drops the future that `request.new` returned: wasmtime 49
/// then ends the exchange, and calls the body complete that it has cut. Whatever comes after a silence
/// is lost, and often what comes without one. And it catches a composition that needs a host of ours: an
/// import that WASI has not, or a feature that is not on in a stock host.
#[tokio::test(flavor = "multi_thread")]
async fn every_framing_of_an_answer_arrives_whole_in_the_stock_wasmtime_cli() {
    let tool = Tool::composed();
    let mut wrong = Vec::new();
    for release in RELEASES {
        let wasmtime = wasmtime(release).await;
        for (framing, answer) in framings() {
            let run = tool.run(&wasmtime, answer).await;
            if run.code != Some(0) || run.stdout != format!("{GOOD}\n") {
                wrong.push(format!("{release}, {framing}: {run:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Catches an executor that takes the end of a stream for the end of a body, and one that passes on what
/// stock wasmtime says of a body that is cut: that its server broke HTTP.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_is_incomplete_in_the_stock_wasmtime_cli() {
    let tool = Tool::composed();
    let short = json_rpc_response(json!({ "content": [] })).declared_length(4096);
    let cuts = [
        Script::respond(short).close(),
        Script::new().send(Response::event_stream()).send(SseEvent::comment("wait")).close(),
    ];
    for release in RELEASES {
        let wasmtime = wasmtime(release).await;
        for cut in cuts.clone() {
            tool.run(&wasmtime, cut).await.assert_failed(1, &["error: ", "the body is incomplete"]);
        }
    }
}
