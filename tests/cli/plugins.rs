//! Plugins on the command line.

use crate::support::binary::{Run, sandbar, sandbar_with_input};
use crate::support::fault::{McpScript, Response, Script};
use crate::support::fault_server::FaultServer;
use sandbar_demo::{DemoOptions, DemoServer};
use sandbar_test_programs::{HTTP_PLUGIN, RANDOM_PLUGIN, TOOLS_PLUGIN};
use std::path::Path;
use tempfile::TempDir;

/// A directory with the plugins of the tests, and files that are none.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 5] = [
        ("guard.wasm", HTTP_PLUGIN),
        ("censor.wasm", TOOLS_PLUGIN),
        ("dice.wasm", RANDOM_PLUGIN),
        ("garbage.wasm", b"garbage"),
        ("module.wasm", b"\0asm\x01\0\0\0"),
    ];
    for (name, content) in files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    directory
}

fn file(directory: &TempDir, name: &str) -> String {
    directory.path().join(name).to_string_lossy().into_owned()
}

async fn run(arguments: &[&str], options: &[String]) -> Run {
    let arguments = arguments.iter().map(|text| (*text).to_owned());
    sandbar(arguments.chain(options.iter().cloned())).await
}

fn plugin(file: &str) -> Vec<String> {
    vec!["--plugin".to_owned(), file.to_owned()]
}

/// The options for an executor on standard streams that has this plugin.
fn executor_with(plugin: &Path) -> Vec<String> {
    let binary = env!("CARGO_BIN_EXE_sandbar");
    let command =
        format!("'{binary}' executor --stdio --allow-any --plugin '{}'", plugin.display());
    vec!["--executor-command".to_owned(), command]
}

/// Catches an option that is read and not passed on, one after which an executor dials past the
/// plugin, and a form of output that no plugin sees.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_asked_whoever_dials_and_however_it_is_printed() {
    let server = DemoServer::start(DemoOptions::default()).await.unwrap();
    let directory = directory();
    let censor = plugin(&file(&directory, "censor.wasm"));
    let stdio = format!("'{}' executor --stdio --allow-any", env!("CARGO_BIN_EXE_sandbar"));
    let call = ["call", &server.url(), "echo", "{\"message\":\"a secret\"}"];
    let ways = [vec![], vec!["--executor-command".to_owned(), stdio]];
    for way in ways.map(|way| [way, censor.clone()].concat()) {
        assert_eq!(run(&call, &way).await.output(), "a [removed]\n");
        let json = [way, vec!["--json".to_owned()]].concat();
        assert_eq!(run(&call, &json).await.json()["content"][0]["text"], "a [removed]");
    }
    let denied = run(&["call", &server.url(), "fail", "{}"], &censor).await;
    denied.assert_failed(6, &["the plugin `censor` denies it: it only fails"]);
    let answered = run(&["call", &server.url(), "answered", "{}"], &censor).await;
    assert_eq!(answered.output(), "secret of the plugin\n");
    let tools = run(&["tools", &server.url()], &censor).await;
    assert!(tools.output().contains("echo") && !tools.output().contains("slow"), "{tools:?}");
}

/// Catches a denial that looks like another failure, at the client or at an executor.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_denies_exits_with_6_in_its_name() {
    let server = FaultServer::start(|_| Script::respond(Response::new(200).body("in"))).await;
    let directory = directory();
    let guard = file(&directory, "guard.wasm");
    let fetch = ["fetch", &server.url("/"), "-H", "x-plugin: deny not today"];
    for options in [plugin(&guard), executor_with(guard.as_ref())] {
        let denied = run(&fetch, &options).await;
        denied.assert_failed(6, &["the plugin `guard` denies it: not today"]);
        assert_eq!(run(&fetch[..2], &options).await.output(), "in");
    }
    assert_eq!(server.requests().len(), 2);
}

/// Catches a plugin whose failure is blamed on the server, or on nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_breaks_exits_with_7_in_its_name() {
    let server = FaultServer::start_mcp(McpScript::modern()).await;
    let directory = directory();
    let guard = plugin(&file(&directory, "guard.wasm"));
    let trapped = run(&["info", &server.url("/mcp"), "-H", "x-plugin: trap"], &guard).await;
    trapped.assert_failed(7, &["the plugin `guard` failed", "trapped", "hint: the plugin"]);
    assert_eq!(server.connections(), 0);
}

/// Catches a file that cannot be used and is found out when something has been dialled, and an error
/// without the next step.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_exits_with_2_and_the_next_step() {
    let server = FaultServer::start_mcp(McpScript::modern()).await;
    let url = server.url("/mcp");
    let directory = directory();
    for (name, words) in [
        ("missing.wasm", ["missing.wasm", "cannot be read"]),
        ("garbage.wasm", ["the plugin `garbage` cannot be used", "hint: is it the right file?"]),
        ("module.wasm", ["no component", "hint: make a component of it: `wasm-tools"]),
        ("dice.wasm", ["`wasi:random/random@0.3.0`", "hint: if you trust it with that: --plugin"]),
        ("dice.wasm:clock", ["`random` is the grant for it", "FILE:random"]),
        ("dice.wasm:dice", ["there is no grant `dice`", "random, clock"]),
    ] {
        let refused = run(&["info", &url], &plugin(&file(&directory, name))).await;
        refused.assert_failed(2, &words);
    }
    let for_tools = plugin(&file(&directory, "censor.wasm"));
    let refused = run(&["executor", "--stdio"], &for_tools).await;
    refused.assert_failed(2, &["the plugin `censor` cannot be used", "give it to a client"]);
    assert_eq!(server.connections(), 0);
    let granted = plugin(&file(&directory, "dice.wasm:random"));
    assert_eq!(run(&["info", &url], &granted).await.code, Some(0));
    assert!(server.request(0).await.field("x-random").is_some());
}

/// Catches a proxy that passes messages past the plugins, and one that takes a plugin which it cannot
/// ask.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_passes_on_passes_the_plugins_for_http() {
    let server = FaultServer::start_mcp(McpScript::legacy().without_session()).await;
    let directory = directory();
    let url = server.url("/mcp");
    let censor = plugin(&file(&directory, "censor.wasm"));
    run(&["proxy", &url], &censor).await.assert_failed(2, &["the plugin `censor` cannot be used"]);
    assert_eq!(server.connections(), 0);
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#;
    let guard = file(&directory, "guard.wasm");
    let input = format!("{message}\n");
    let run = sandbar_with_input(&["proxy", &url, "--plugin", &guard], &input).await;
    assert!(run.output().contains("protocolVersion"), "{run:?}");
    let requests = server.requests();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| request.field("x-asked").is_some()), "{requests:?}");
}
