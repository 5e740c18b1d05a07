//! Each deadline on its own, and the extreme values of all of them.

use std::time::Duration;

use http_body_util::BodyExt;

use super::super::{DialError, Timeouts};
use super::server::{OK, SHORT, answer, closed, dialer, get_within, listen, read, read_head, soon};

/// Catches a connect deadline that leaves out TLS: the peer accepts and then keeps silent.
#[tokio::test]
async fn a_peer_that_never_finishes_tls_runs_into_the_connect_deadline() {
    let (listener, url) = listen().await;
    let url = url.replace("http:", "https:");
    let timeouts = Timeouts { connect: Some(SHORT), ..Timeouts::default() };
    let dialer = dialer(&url);
    let (outcome, accepted) = tokio::join!(get_within(&dialer, &url, timeouts), listener.accept());
    let error = outcome.unwrap_err();
    assert!(matches!(error, DialError::ConnectTimeout { after: SHORT, .. }), "{error:?}");
    soon(closed(&mut accepted.unwrap().0)).await;
}

/// Catches a missing deadline for the head, one that is mistaken for the connect deadline, and a
/// request that lives on in the background after it.
#[tokio::test]
async fn a_silent_server_runs_into_the_first_byte_deadline_and_sees_the_end() {
    let (listener, url) = listen().await;
    let timeouts = Timeouts { first_byte: Some(SHORT), ..Timeouts::default() };
    let dialer = dialer(&url);
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_head(&mut stream).await;
        soon(closed(&mut stream)).await;
    };
    let (outcome, ()) = tokio::join!(get_within(&dialer, &url, timeouts), serve);
    let error = outcome.unwrap_err();
    assert!(matches!(error, DialError::FirstByteTimeout { after: SHORT }), "{error:?}");
}

/// Catches a stalled body that hangs, and one whose first bytes are lost.
#[tokio::test]
async fn a_stalled_body_runs_into_the_idle_deadline_after_its_bytes() {
    let (listener, url) = listen().await;
    let timeouts = Timeouts { idle: Some(SHORT), ..Timeouts::default() };
    let dialer = dialer(&url);
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello";
    let (outcome, (mut stream, _)) =
        tokio::join!(get_within(&dialer, &url, timeouts), answer(&listener, response));
    let (bytes, end) = read(outcome.unwrap().into_body()).await;
    assert_eq!(bytes, b"hello");
    assert!(matches!(end, Err(DialError::IdleTimeout { .. })), "{end:?}");
    soon(closed(&mut stream)).await;
}

/// Catches an idle deadline that counts from the start of the body: this body takes several
/// times its idle deadline, but no single wait does.
#[tokio::test]
async fn bytes_restart_the_idle_deadline() {
    use tokio::io::AsyncWriteExt;

    let idle = Duration::from_millis(400);
    let (listener, url) = listen().await;
    let timeouts = Timeouts { idle: Some(idle), ..Timeouts::default() };
    let dialer = dialer(&url);
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n";
    let (outcome, (mut stream, _)) =
        tokio::join!(get_within(&dialer, &url, timeouts), answer(&listener, head));
    let mut body = outcome.unwrap().into_body();
    let drip = async {
        let mut ticks = tokio::time::interval(idle / 8);
        for _ in 0..12 {
            ticks.tick().await;
            stream.write_all(b".").await.unwrap();
        }
    };
    let collect = async { (&mut body).collect().await.map(|body| body.to_bytes()) };
    let (collected, ()) = soon(async { tokio::join!(collect, drip) }).await;
    assert_eq!(collected.unwrap().len(), 12);
}

/// Catches arithmetic on the clock that overflows, and timers that reject far deadlines.
#[tokio::test]
async fn endless_timeouts_are_accepted() {
    for forever in [Duration::MAX, Duration::from_nanos(u64::MAX)] {
        let (listener, url) = listen().await;
        let timeouts =
            Timeouts { connect: Some(forever), first_byte: Some(forever), idle: Some(forever) };
        let dialer = dialer(&url);
        // The rest of the body follows only after the reader has had to wait for it.
        let head = OK.strip_suffix("ok").unwrap();
        let (outcome, (mut stream, _)) =
            tokio::join!(get_within(&dialer, &url, timeouts), answer(&listener, head));
        let mut body = outcome.unwrap().into_body();
        assert!(futures::FutureExt::now_or_never(body.frame()).is_none());
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"ok").await.unwrap();
        let (bytes, end) = read(body).await;
        assert_eq!(bytes, b"ok");
        end.unwrap();
    }
}

/// Catches a zero or tiny timeout that panics, or that means "none".
#[tokio::test]
async fn timeouts_of_nothing_pass_at_once() {
    for nothing in [Duration::ZERO, Duration::from_nanos(1)] {
        let (listener, url) = listen().await;

        // Plain TCP on loopback may connect in no time, but TLS with this peer never will.
        let tls_url = url.replace("http:", "https:");
        let connect = Timeouts { connect: Some(nothing), ..Timeouts::default() };
        let error = get_within(&dialer(&tls_url), &tls_url, connect).await.unwrap_err();
        assert!(matches!(error, DialError::ConnectTimeout { .. }), "{error:?}");

        let first_byte = Timeouts { first_byte: Some(nothing), ..Timeouts::default() };
        let error = get_within(&dialer(&url), &url, first_byte).await.unwrap_err();
        assert!(matches!(error, DialError::FirstByteTimeout { .. }), "{error:?}");
        drop(listener);
    }
}

/// The same for the deadline of the body.
#[tokio::test]
async fn an_idle_timeout_of_nothing_passes_at_once() {
    for nothing in [Duration::ZERO, Duration::from_nanos(1)] {
        let (listener, url) = listen().await;
        let dialer = dialer(&url);
        let idle = Timeouts { idle: Some(nothing), ..Timeouts::default() };
        let head = OK.strip_suffix("ok").unwrap();
        let (outcome, _stream) =
            tokio::join!(get_within(&dialer, &url, idle), answer(&listener, head));
        let (_, end) = read(outcome.unwrap().into_body()).await;
        assert!(matches!(end, Err(DialError::IdleTimeout { .. })), "{end:?}");
    }
}
