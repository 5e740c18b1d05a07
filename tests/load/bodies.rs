//! Large bodies, and bodies of very many chunks.

use super::{assert_memory, client};
use crate::support::binary::sandbar;
use crate::support::executor_process::ExecutorProcess;
use crate::support::fault::{Chunk, LAST_CHUNK, Response, Script};
use crate::support::fault_server::FaultServer;
use crate::support::{patience::wait_for, sandbox};
use sandbar::executor::{HttpRequest, Target};
use sandbar_demo::{DemoOptions, DemoServer};
use std::time::Duration;

const LARGE: usize = 60_000_000;

/// As many chunks as the event stream has that overflows the queue of a stock client.
const CHUNKS: usize = 200_000;

/// Catches a result that is too much for a message, a queue or a window on its way, and an executor
/// that collects a body before it passes it on.
#[tokio::test(flavor = "multi_thread")]
async fn a_tool_result_of_60_mb_arrives_whole() {
    let server = DemoServer::start(DemoOptions::default()).await.unwrap();
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let url = server.url();
    let call = ["call", &url, "large", "--arg", "bytes=60000000"];
    let options = ["--max-message-bytes", "100000000", "--executor", &executor.url];
    let run = sandbar(call.into_iter().chain(options)).await;
    let text = run.output().strip_suffix('\n').unwrap();
    assert_eq!(text.len(), LARGE);
    let expected = ('a'..='z').cycle().take(LARGE);
    assert!(text.chars().eq(expected), "bytes were lost, or changed their places");
    assert_memory("a tool result of 60 MB", &executor);
}

/// Catches a file that is not what the server sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_60_mb_is_fetched_byte_for_byte() {
    let body: Vec<u8> = (0..LARGE).map(|index| (index % 251) as u8).collect();
    let sent = body.clone();
    let server =
        FaultServer::start(move |_| Script::respond(Response::new(200).body(sent.clone()))).await;
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display().to_string();
    let run = sandbar(["fetch", &server.url("/"), "-o", &path, "--executor", &executor.url]).await;
    assert_eq!(run.output(), "");
    assert!(std::fs::read(file.path()).unwrap() == body);
    assert_memory("a file of 60 MB", &executor);
}

/// Catches a queue counted in chunks that fails when it is full, and chunks that change places.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_thousand_small_chunks_reach_a_slow_reader_in_order() {
    let line = |number: usize| format!("data: {number}\n\n").into_bytes();
    let server = FaultServer::start(move |_| {
        let chunks = (0..CHUNKS).map(|number| Chunk::new(line(number)));
        let script = chunks.fold(Script::respond(Response::event_stream()), Script::send);
        script.send(LAST_CHUNK)
    })
    .await;
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let request = HttpRequest::get(server.url("/"));
    let mut streamed = client(&executor).await.request_stream(request).await.unwrap();
    let mut received = Vec::new();
    while let Some(chunk) = wait_for("a chunk", streamed.body.chunk()).await {
        received.extend_from_slice(&chunk.unwrap());
        // What the reader does with it.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(received.into_iter().eq((0..CHUNKS).flat_map(line)));
    assert_memory("200 000 small chunks", &executor);
}

/// Catches notifications that are dropped or overtaken when the caller handles them more slowly
/// than they come.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_thousand_notifications_reach_a_slow_caller_before_the_result() {
    let server = DemoServer::start(DemoOptions::default()).await.unwrap();
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let target = Target::websocket(&executor.url).unwrap();
    let sandbar = sandbox::builder().executor(target).build().unwrap();
    let session = sandbar.connect(&server.url()).await.unwrap();
    let arguments = Some(format!(r#"{{"steps":{CHUNKS}}}"#));
    let mut call = session.call_tool("count", arguments).with_progress().start().await.unwrap();
    let mut seen = 0_u32;
    while let Some(notification) = wait_for("a notification", call.notification()).await {
        let Some(progress) = notification.progress else { continue };
        seen += 1;
        assert_eq!(progress.progress, f64::from(seen));
        if seen.is_multiple_of(1000) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert_eq!(seen as usize, CHUNKS);
    assert!(!call.await.unwrap().is_error);
    session.close().await;
    assert_memory("200 000 notifications", &executor);
}
