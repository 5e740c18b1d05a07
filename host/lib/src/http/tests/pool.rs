//! Connections: reuse, retry, number, and their end.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;

use super::super::{DialError, DialLimit, DialLimits, Timeouts};
use super::server::{
    OK, SHORT, answer, closed, dialer, dialer_with, get, get_within, listen, read, read_head,
    request, soon,
};

/// Catches a dialer that opens a connection per request.
#[tokio::test]
async fn requests_one_after_another_share_a_connection() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..3 {
            read_head(&mut stream).await;
            stream.write_all(OK.as_bytes()).await.unwrap();
        }
    };
    let requests = async {
        for _ in 0..3 {
            let (bytes, end) = read(get(&dialer, &url).await.unwrap().into_body()).await;
            end.unwrap();
            assert_eq!(bytes, b"ok");
        }
    };
    tokio::join!(serve, requests);
    let stats = dialer.stats();
    assert_eq!((stats.connections_opened, stats.requests_sent), (1, 3));
    assert_eq!(stats.bytes_received, 3 * OK.len() as u64);
}

/// Catches a request that fails because the server had closed an idle connection meanwhile.
#[tokio::test]
async fn a_closed_idle_connection_is_replaced() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    for _ in 0..3 {
        let (response, (mut stream, _)) = tokio::join!(get(&dialer, &url), answer(&listener, OK));
        let (_, end) = read(response.unwrap().into_body()).await;
        end.unwrap();
        stream.shutdown().await.unwrap();
        soon(closed(&mut stream)).await;
    }
    assert_eq!(dialer.stats().connections_opened, 3);
}

/// Catches a request that crosses with the end of a connection which the server was known not to keep,
/// and connections for one request each at a server that keeps them.
#[tokio::test]
async fn a_server_that_closes_after_an_answer_is_asked_on_connections_of_their_own() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    for is_known in [false, true, true] {
        let (response, (mut stream, head)) =
            tokio::join!(get(&dialer, &url), answer(&listener, OK));
        assert_eq!(head.to_lowercase().contains("connection: close"), is_known, "{head}");
        read(response.unwrap().into_body()).await.1.unwrap();
        stream.shutdown().await.unwrap();
        soon(closed(&mut stream)).await;
    }
    let (listener, url) = listen().await;
    let dialer = dialer_with(&url, DialLimits::default());
    let (response, (mut stream, _)) = tokio::join!(get(&dialer, &url), answer(&listener, OK));
    read(response.unwrap().into_body()).await.1.unwrap();
    let again = async {
        let head = read_head(&mut stream).await;
        stream.write_all(OK.as_bytes()).await.unwrap();
        head
    };
    let (response, head) = tokio::join!(get(&dialer, &url), again);
    read(response.unwrap().into_body()).await.1.unwrap();
    assert!(!head.to_lowercase().contains("connection: close"), "{head}");
}

/// Catches a second request that is written before the end of the first connection can have arrived,
/// so that nobody knows whether it was processed.
#[tokio::test]
async fn the_second_request_does_not_cross_with_the_end_of_the_first_connection() {
    for _ in 0..20 {
        let (listener, url) = listen().await;
        let dialer = dialer(&url);
        let serve = tokio::spawn(async move {
            for _ in 0..2 {
                let (mut stream, _) = answer(&listener, OK).await;
                stream.shutdown().await.unwrap();
            }
        });
        for _ in 0..2 {
            let response = get(&dialer, &url).await.unwrap();
            read(response.into_body()).await.1.unwrap();
        }
        soon(serve).await.unwrap();
    }
}

/// Catches connections that are shared across policies.
#[tokio::test]
async fn two_dialers_share_no_connection() {
    let (listener, url) = listen().await;
    let (one, other) = (dialer(&url), dialer(&url));
    for dialer in [&one, &other] {
        let (response, _stream) = tokio::join!(get(dialer, &url), answer(&listener, OK));
        let (_, end) = read(response.unwrap().into_body()).await;
        end.unwrap();
    }
    assert_eq!(one.stats().connections_opened, 1);
    assert_eq!(other.stats().connections_opened, 1);
}

/// Catches a dropped body that goes on in the background: the server must see the end, while it
/// is silent itself and the reader had been waiting.
#[tokio::test]
async fn dropping_a_body_closes_its_connection() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let response = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n";
    let (outcome, (mut stream, _)) = tokio::join!(get(&dialer, &url), answer(&listener, response));
    let mut body = outcome.unwrap().into_body();
    soon(body.frame()).await.unwrap().unwrap();
    assert!(futures::FutureExt::now_or_never(body.frame()).is_none());
    drop(body);
    soon(closed(&mut stream)).await;
}

/// Catches a connection that is thrown away because its reader did not wait for the end of a body
/// that arrives right after.
#[tokio::test]
async fn a_body_that_ends_soon_after_it_was_dropped_leaves_its_connection_usable() {
    let (listener, url) = listen().await;
    // With one connection at most, the second request has to wait for the first one's.
    let limits = DialLimits {
        connections_per_host: 1,
        linger: Duration::from_secs(20),
        ..DialLimits::default()
    };
    let dialer = dialer_with(&url, limits);
    let response = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n";
    let (outcome, (mut stream, _)) = tokio::join!(get(&dialer, &url), answer(&listener, response));
    let mut body = outcome.unwrap().into_body();
    soon(body.frame()).await.unwrap().unwrap();
    drop(body);
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let again = async {
        let (response, ()) = tokio::join!(get(&dialer, &url), async {
            read_head(&mut stream).await;
            stream.write_all(OK.as_bytes()).await.unwrap();
        });
        read(response.unwrap().into_body()).await
    };
    let (bytes, end) = soon(again).await;
    end.unwrap();
    assert_eq!(bytes, b"ok");
    assert_eq!(dialer.stats().connections_opened, 1);
}

/// Catches a cancelled request that goes on in the background.
#[tokio::test]
async fn dropping_a_request_closes_its_connection() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let mut sending = Box::pin(dialer.send(request(&url), Timeouts::default()));
    let arrived = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_head(&mut stream).await;
        stream
    };
    let mut stream = tokio::select! {
        _ = &mut sending => panic!("no answer was sent"),
        stream = soon(arrived) => stream,
    };
    drop(sending);
    soon(closed(&mut stream)).await;
}

/// Catches a limit that does not hold, that is reported as a slow network, or whose slots are
/// never given back.
#[tokio::test]
async fn connections_beyond_the_limit_wait_and_name_the_limit() {
    let (listener, url) = listen().await;
    let limits = DialLimits { connections_per_host: 1, ..DialLimits::default() };
    let dialer = dialer_with(&url, limits);
    let (first, (mut stream, _)) =
        tokio::join!(get(&dialer, &url), answer(&listener, OK.strip_suffix("k").unwrap()));
    let body = first.unwrap().into_body();

    let timeouts = Timeouts { connect: Some(SHORT), ..Timeouts::default() };
    let error = get_within(&dialer, &url, timeouts).await.unwrap_err();
    let limit = DialLimit::ConnectionsPerHost { connections: 1 };
    assert!(matches!(error, DialError::LimitExceeded(reached) if reached == limit), "{error:?}");

    drop(body);
    soon(closed(&mut stream)).await;
    let (second, _stream) = tokio::join!(get(&dialer, &url), answer(&listener, OK));
    let (bytes, end) = read(second.unwrap().into_body()).await;
    end.unwrap();
    assert_eq!(bytes, b"ok");
}

/// Catches a large body that is copied into small or unbounded frames, or changed on the way.
#[tokio::test]
async fn a_large_body_arrives_whole_in_bounded_frames() {
    const BYTES: usize = 8 * 1024 * 1024;
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let content: Bytes = (0..BYTES).map(|n| (n % 251) as u8).collect();
    let serve = async {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BYTES}\r\n\r\n");
        let (mut stream, _) = answer(&listener, &head).await;
        stream.write_all(&content).await.unwrap();
    };
    let fetch = async {
        let mut body = get(&dialer, &url).await.unwrap().into_body();
        let (mut received, mut frames) = (Vec::with_capacity(BYTES), 0_usize);
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            assert!(data.len() <= 2 * 256 * 1024, "{}", data.len());
            received.extend_from_slice(&data);
            frames += 1;
        }
        (received, frames)
    };
    let ((received, frames), ()) = soon(async { tokio::join!(fetch, serve) }).await;
    assert!(received == content, "the content differs");
    assert!(frames < BYTES / 8192, "{frames} frames");
}
