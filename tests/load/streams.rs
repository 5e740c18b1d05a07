//! Many streams at a time.

use super::{assert_memory, client};
use crate::support::executor_process::ExecutorProcess;
use crate::support::fault::{Chunk, Gate, LAST_CHUNK, Response, Script};
use crate::support::fault_server::FaultServer;
use crate::support::{descriptors, patience::wait_for};
use futures::future::{join_all, try_join_all};
use sandbar::executor::HttpRequest;

/// Catches queues of two peers that fill up against each other: 260 exchanges at a time stop a
/// stock pair for ever.
#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_pipelined_streams_of_one_connection_all_end() {
    let server = FaultServer::start(|request| {
        Script::respond(Response::new(200).chunked().body(request.target.clone()))
    })
    .await;
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let client = client(&executor).await;
    let exchanges = (0..400).map(|number| {
        let request = HttpRequest::get(server.url(&format!("/{number}")));
        let client = client.clone();
        async move {
            let response = client.request(request, 64).await.unwrap();
            assert_eq!(&response.body[..], format!("/{number}").as_bytes());
        }
    });
    wait_for("400 streams", join_all(exchanges)).await;
    assert_memory("400 pipelined streams", &executor);
}

/// Catches a limit on the way that is below what the protocol promises, and streams that end others
/// when they end.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_slow_streams_are_open_at_once() {
    const STREAMS: usize = 1000;
    descriptors::raise_limit();
    let gate = Gate::new("the second half");
    let waiting = gate.clone();
    let server = FaultServer::start(move |request| {
        let begun = Script::respond(Response::event_stream()).send(Chunk::new("first"));
        begun.wait(&waiting).send(Chunk::new(request.target.clone())).send(LAST_CHUNK)
    })
    .await;
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let client = client(&executor).await;
    let begin = |number: usize| {
        let request = HttpRequest::get(server.url(&format!("/{number}")));
        let client = client.clone();
        async move {
            let mut streamed = client.request_stream(request).await?;
            assert_eq!(&streamed.body.chunk().await.unwrap()?[..], b"first");
            Ok::<_, sandbar::Error>(streamed)
        }
    };
    let all = try_join_all((0..STREAMS).map(begin));
    let streams = wait_for("1000 first chunks", all).await.unwrap();
    // All have begun, none has ended.
    assert_eq!(server.connections(), STREAMS);
    gate.open();
    for (number, mut streamed) in streams.into_iter().enumerate() {
        let rest = wait_for("a second chunk", streamed.body.chunk()).await.unwrap().unwrap();
        assert_eq!(&rest[..], format!("/{number}").as_bytes());
        assert!(streamed.body.chunk().await.is_none());
    }
    assert_memory("1000 slow streams", &executor);
}

/// Catches one queue for all streams, which a reader that stops fills up for everybody, and one
/// without a bound, which grows until it is read.
#[tokio::test(flavor = "multi_thread")]
async fn nine_streams_go_on_while_the_tenth_is_not_read() {
    const BYTES: usize = 20_000_000;
    let piece = vec![b'x'; 100_000];
    let server = FaultServer::start(move |request| {
        let length = if request.target == "/endless" { u64::MAX / 2 } else { BYTES as u64 };
        let head = Response::new(200).declared_length(length);
        Script::respond(head).send_repeatedly(piece.clone(), length / piece.len() as u64)
    })
    .await;
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let client = client(&executor).await;
    let endless = HttpRequest::get(server.url("/endless"));
    let mut unread = client.request_stream(endless).await.unwrap();
    unread.body.chunk().await.unwrap().unwrap();
    let read = (0..9).map(|_| {
        let (client, request) = (client.clone(), HttpRequest::get(server.url("/")));
        async move {
            let mut body = client.request_stream(request).await.unwrap().body;
            while let Some(chunk) = body.chunk().await {
                chunk.unwrap();
            }
            assert_eq!(body.received(), BYTES as u64);
        }
    });
    wait_for("nine streams beside one that is not read", join_all(read)).await;
    assert_memory("ten streams, one of them not read", &executor);
    // It has waited, and not failed.
    let before = unread.body.received();
    while unread.body.received() < before + BYTES as u64 {
        wait_for("the tenth stream", unread.body.chunk()).await.unwrap().unwrap();
    }
}
