//! Processes that are killed: the executor, the server behind it.

use super::client;
use crate::support::binary::{command, ended, sandbar};
use crate::support::everything::EverythingServer;
use crate::support::executor_process::ExecutorProcess;
use crate::support::fault::{Chunk, Response, Script};
use crate::support::fault_server::FaultServer;
use crate::support::{patience::wait_for, sandbox};
use futures::future::BoxFuture;
use sandbar::executor::{Connect, HttpRequest, Pipe, Target, WebSocketClient};
use sandbar::{ExecutorError, HttpError, HttpFailure};
use sandbar_demo::{DemoOptions, DemoServer};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncReadExt;

/// Catches a body whose executor died and that looks complete, and a program that waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_executor_killed_in_the_middle_of_a_body_is_told_after_what_had_come() {
    let server = FaultServer::start(|_| {
        Script::respond(Response::new(200).chunks_follow()).send(Chunk::new("part")).hang()
    })
    .await;
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let client = client(&executor).await;
    let request = HttpRequest::get(server.url("/"));
    let mut streamed = client.request_stream(request).await.unwrap();
    assert_eq!(&streamed.body.chunk().await.unwrap().unwrap()[..], b"part");

    let mut fetch =
        command(["fetch", &server.url("/"), "--executor", &executor.url]).spawn().unwrap();
    let mut part = [0; 4];
    let stdout = fetch.stdout.as_mut().unwrap();
    wait_for("the part", stdout.read_exact(&mut part)).await.unwrap();

    executor.killed().await;
    let error = wait_for("the end", streamed.body.chunk()).await.unwrap().unwrap_err();
    assert!(
        matches!(error, sandbar::Error::Http(HttpFailure { code: HttpError::Disconnected(_), .. })),
        "{error:?}"
    );
    ended(fetch).await.assert_failed(3, &["broke off after 4 bytes", "executor is gone"]);
}

/// Catches a tool call that its executor's death leaves hanging, or that is made again without
/// being asked, by this client or by a script that repeats what was unreachable (3): nobody knows what
/// the first one did.
#[tokio::test(flavor = "multi_thread")]
async fn an_executor_killed_in_the_middle_of_a_call_ends_it_with_4() {
    let server = DemoServer::start(DemoOptions::default()).await.unwrap();
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let call = ["call", &server.url(), "slow", "--executor", &executor.url];
    let call = command(call).spawn().unwrap();
    let mut slow_calls = server.slow_calls();
    wait_for("the call", slow_calls.wait_for(|calls| *calls == 1)).await.unwrap();
    executor.killed().await;
    let run = ended(call).await;
    run.assert_failed(4, &["executor is gone", "hint: ", "it may have run"]);
    assert_eq!(*slow_calls.borrow(), 1);
}

/// Catches an upstream that dies and leaves the call waiting at the other end of the wire.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_middle_of_a_call_ends_it_with_3() {
    let server = EverythingServer::start().await;
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let target = Target::websocket(&executor.url).unwrap();
    let sandbar_here = sandbox::builder().executor(target).build().unwrap();
    let session = sandbar_here.connect(&server.url()).await.unwrap();
    let arguments = Some(r#"{"duration":600,"steps":6000}"#.to_owned());
    let mut call = session
        .call_tool("trigger-long-running-operation", arguments)
        .with_progress()
        .start()
        .await
        .unwrap();
    wait_for("progress", call.notification()).await.unwrap();
    let url = server.url();
    server.killed().await;
    let error = wait_for("the end of the call", call).await.unwrap_err();
    assert!(matches!(error, sandbar::Error::Http(_)), "{error:?}");
    let run = sandbar(["tools", &url, "--executor", &executor.url]).await;
    run.assert_failed(3, &["refused"]);
}

/// Where the executor is now.
#[derive(Clone, Default)]
struct Moving(Arc<Mutex<String>>);

impl Moving {
    fn to(&self, executor: &ExecutorProcess) {
        executor.url.clone_into(&mut self.0.lock().unwrap());
    }
}

impl Connect for Moving {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, ExecutorError>> {
        let url = self.0.lock().unwrap().clone();
        Box::pin(async move { WebSocketClient::new(&url)?.connect().await })
    }
}

/// Catches a session that is lost with the connection of its executor: the server still knows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_an_executor_that_is_restarted_between_calls() {
    let server = EverythingServer::start().await;
    let (place, first) = (Moving::default(), ExecutorProcess::start(&["--allow-any"]).await);
    place.to(&first);
    let target = Target::connector(place.clone());
    let sandbar = sandbox::builder().executor(target).build().unwrap();
    let session = sandbar.connect(&server.url()).await.unwrap();
    let echo = || session.call_tool("echo", Some(r#"{"message":"hi"}"#.to_owned()));
    wait_for("the first call", echo().into_future()).await.unwrap();
    first.killed().await;
    let second = ExecutorProcess::start(&["--allow-any"]).await;
    place.to(&second);
    wait_for("the call after the restart", echo().into_future()).await.unwrap();
    session.close().await;
}
