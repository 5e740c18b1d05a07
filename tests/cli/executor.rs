//! Executors: being one, and using one.

use crate::support::binary::{command, ended, sandbar, sandbar_with_input};
use crate::support::executor_process::ExecutorProcess;
use crate::support::{
    fault::{Response, Script},
    fault_server::FaultServer,
    patience::wait_for,
};
use sandbar_demo::{DemoOptions, DemoServer};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// The command of an executor on standard streams.
fn stdio_executor() -> String {
    format!("'{}' executor --stdio --allow-any", env!("CARGO_BIN_EXE_sandbar"))
}

/// Catches an executor that prints something else first, one that ends with an error when it is
/// told to end, and one that does not end while a client is connected.
#[tokio::test(flavor = "multi_thread")]
async fn an_executor_prints_its_url_first_and_ends_with_0_on_sigterm() {
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    assert!(executor.url.starts_with("ws://127.0.0.1:"), "{}", executor.url);
    assert!(!executor.url.ends_with(":0"), "{}", executor.url);
    let server = FaultServer::start(|_| Script::new().hang()).await;
    let arguments = ["fetch", &server.url("/"), "--executor", &executor.url];
    let client = command(arguments).spawn().unwrap();
    server.request(0).await;
    assert_eq!(executor.signalled(libc::SIGTERM).await, Some(0));
    ended(client).await.assert_failed(3, &["executor is gone", "hint: is the executor running"]);
    server.closed_early(0).await;
    let executor = ExecutorProcess::start(&["--allow-any", "--listen", "ws://[::1]:0"]).await;
    assert!(executor.url.starts_with("ws://[::1]:"), "{}", executor.url);
    assert_eq!(executor.signalled(libc::SIGINT).await, Some(130));
}

/// Catches a client that dials by itself although it was told who should, and an executor that
/// MCP does not get through.
#[tokio::test(flavor = "multi_thread")]
async fn a_tool_is_called_through_an_executor_a_command_and_a_relay() {
    let server = DemoServer::start(DemoOptions::default()).await.unwrap();
    let far = ExecutorProcess::start(&["--allow", &server.url()]).await;
    let relay = ExecutorProcess::start(&["--executor", &far.url]).await;
    let stdio = stdio_executor();
    for options in
        [["--executor", &far.url], ["--executor", &relay.url], ["--executor-command", &stdio]]
    {
        let arguments = ["call", &server.url(), "echo", "--arg", "message=hi"];
        let run = sandbar(arguments.iter().chain(&options)).await;
        assert_eq!(run.output(), "hi\n", "{options:?}");
    }
}

/// Catches `--allow` that is read and not passed on, also through a relay, whose own policy must
/// not stand in for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_does_not_allow_exits_with_6() {
    let allowed = FaultServer::start(|_| Script::respond(Response::new(200).body("in"))).await;
    let other = FaultServer::start(|_| Script::respond(Response::new(200).body("out"))).await;
    let far = ExecutorProcess::start(&["--allow", &allowed.url("/")]).await;
    let relay = ExecutorProcess::start(&["--executor", &far.url]).await;
    for executor in [&far, &relay] {
        let run = sandbar(["fetch", &allowed.url("/"), "--executor", &executor.url]).await;
        assert_eq!(run.output(), "in");
        let run = sandbar(["fetch", &other.url("/"), "--executor", &executor.url]).await;
        let allow = format!("--allow {}", other.url("").trim_end_matches('/'));
        run.assert_failed(6, &["denied by policy", "operator of this executor", &allow]);
    }
    assert_eq!(other.connections(), 0);
}

/// Catches an executor that other machines could use without a token.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_reach_needs_a_token_file() {
    let run = sandbar(["executor", "--listen", "ws://0.0.0.0:0"]).await;
    run.assert_failed(2, &["token", "hint: ", "--token-file"]);
    let empty = tempfile::NamedTempFile::new().unwrap();
    let path = empty.path().display().to_string();
    sandbar(["executor", "--token-file", &path]).await.assert_failed(2, &["is empty"]);
    std::fs::write(&path, "fifteen-letters").unwrap();
    sandbar(["executor", "--token-file", &path]).await.assert_failed(2, &["16", "hint: "]);
    std::fs::write(&path, "sixteen-letters!").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    sandbar(["executor", "--token-file", &path]).await.assert_failed(2, &["644", "chmod 600"]);
    sandbar(["executor", "--listen", "ws://localhost:0"]).await.assert_failed(2, &["literal IP"]);
}

/// Catches a token that is asked for and not checked, or given and not sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_the_token_is_refused() {
    let mut token = tempfile::NamedTempFile::new().unwrap();
    token.write_all(b"s3cret-of-16-chars\n").unwrap();
    let mut wrong = tempfile::NamedTempFile::new().unwrap();
    wrong.write_all(b"gu3ss-of-16-chars\n").unwrap();
    let [token, wrong] = [&token, &wrong].map(|file| file.path().display().to_string());
    let executor = ExecutorProcess::start(&["--allow-any", "--token-file", &token]).await;
    let server = FaultServer::start(|_| Script::respond(Response::new(200).body("in"))).await;
    let url = server.url("/");
    let fetch = ["fetch", &url, "--executor", &executor.url];
    sandbar(fetch).await.assert_failed(3, &["401", "hint: ", "--executor-token-file"]);
    let with = |file: &str| {
        let options = ["--executor-token-file".to_owned(), file.to_owned()];
        fetch.map(str::to_owned).into_iter().chain(options)
    };
    let run = sandbar(with(&wrong)).await;
    run.assert_failed(3, &["401", "--executor-token-file"]);
    assert!(!run.stderr.contains("gu3ss"), "{run:?}");
    assert_eq!(server.connections(), 0);
    assert_eq!(sandbar(with(&token)).await.output(), "in");
}

/// Catches an executor that outlives its client, and one that logs into its own protocol.
#[tokio::test(flavor = "multi_thread")]
async fn an_executor_on_standard_streams_ends_with_its_input() {
    let run = sandbar_with_input(&["executor", "--stdio"], "").await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    assert!(run.stderr.contains("dials nothing"), "{run:?}");
    let run = sandbar_with_input(&["executor", "--stdio", "--allow-any"], "").await;
    assert!(run.stderr.contains("ANY HOST"), "{run:?}");
    let mut child = command(["executor", "--stdio"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let initialize = r#"{"id":1,"method":"initialize","params":{"clientName":"test"}}"#;
    stdin.write_all(format!("{initialize}\n").as_bytes()).await.unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let answer = wait_for("the answer", stdout.next_line()).await.unwrap().unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["result"]["sessionId"].is_string(), "{answer}");
    drop(stdin);
    assert_eq!(wait_for("the end", stdout.next_line()).await.unwrap(), None);
    assert_eq!(ended(child).await.code, Some(0));
}

/// Catches an executor that cannot be reached and looks like a server that cannot.
#[tokio::test(flavor = "multi_thread")]
async fn an_executor_that_is_not_there_exits_with_3() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let executor = format!("ws://{unused}");
    for command in ["tools", "fetch"] {
        let run = sandbar([command, "http://127.0.0.1:9/", "--executor", &executor]).await;
        run.assert_failed(3, &["executor", "hint: is the executor running"]);
        let missing = ["--executor-command", "/nonexistent/program x"];
        let run = sandbar([command, "http://127.0.0.1:9/"].into_iter().chain(missing)).await;
        run.assert_failed(3, &["cannot start", "/nonexistent/program", "hint: "]);
    }
    let run = sandbar(["tools", "http://127.0.0.1:9/", "--executor", "http://127.0.0.1:9"]).await;
    run.assert_failed(2, &["ws", "hint: "]);
}

/// Catches a remote demo whose claims do not hold: it checks each of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_remote_demo_exits_with_0() {
    let run = sandbar(["demo", "--remote"]).await;
    assert!(run.output().contains("the executor\n"), "{run:?}");
    assert!(run.stdout.contains("this one: 0"), "{run:?}");
    assert!(!run.stdout.contains("wasi:http"), "{run:?}");
}
