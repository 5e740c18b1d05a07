//! What a failing peer looks like, before the head and in the body.

use std::future::poll_fn;
use std::io;

use sandbar_exchange::{BodySummary, ErrorCode, Failure, Request};
use tokio::net::TcpListener;

use super::super::{DialError, DialLimit, DialLimits, InvalidResponse};
use super::server::{OK, answer, dialer, dialer_with, get, listen, read, soon};

/// Serves one connection with `response`, closes it, and returns what the dialer made of it.
async fn head_error(response: &str) -> DialError {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let serve = async { drop(answer(&listener, response).await) };
    let (outcome, ()) = tokio::join!(get(&dialer, &url), serve);
    outcome.map(|_| ()).unwrap_err()
}

/// The same for the body.
async fn body_outcome(response: &str) -> (Vec<u8>, Result<(), DialError>) {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let serve = async { drop(answer(&listener, response).await) };
    let (outcome, ()) = tokio::join!(get(&dialer, &url), serve);
    read(outcome.unwrap().into_body()).await
}

/// The same for the body of an exchange, after which the connection is closed. Returns the authority
/// of the server, too.
async fn exchange_outcome(response: &str) -> (Result<BodySummary, Failure>, String) {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let serve = async { drop(answer(&listener, response).await) };
    let exchange = dialer.exchange(Request::new("GET", &url));
    let (outcome, ()) = tokio::join!(soon(exchange), serve);
    let (_head, mut body) = outcome.unwrap();
    let mut at_end = false;
    let outcome = loop {
        match soon(poll_fn(|cx| body.poll_data(cx))).await {
            Some(Ok(_bytes)) => at_end = body.is_at_end(),
            Some(Err(failure)) => break Err(failure),
            None => break Ok(body.summary()),
        }
    };
    assert!(!at_end || outcome.is_ok(), "went on after its end: {outcome:?}");
    (outcome, listener.local_addr().unwrap().to_string())
}

/// Catches refusals that are reported as some other connection failure, or retried for ever.
#[tokio::test]
async fn a_refused_connection_is_reported_as_refused() {
    let (listener, url) = listen().await;
    let authority = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = get(&dialer(&url), &url).await.unwrap_err();
    match error {
        DialError::ConnectionRefused { authority: said } => assert_eq!(said, authority),
        other => panic!("{other:?}"),
    }
}

/// Catches resolver failures that are lost among connection failures.
#[tokio::test]
async fn a_name_without_addresses_is_a_dns_error() {
    let url = "http://name.invalid/";
    let error = get(&dialer(url), url).await.unwrap_err();
    assert!(matches!(error, DialError::Dns { ref host, .. } if host == "name.invalid"));
    assert!(matches!(error.code(), sandbar_exchange::ErrorCode::Dns(text) if !text.is_empty()));
}

/// Catches a dialer that ends at the first address of a name: `localhost` is often `::1` first,
/// where nothing listens here.
#[tokio::test]
async fn localhost_is_reached_at_whichever_address_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let dialer = dialer(&url);
    let (outcome, (_stream, head)) = tokio::join!(get(&dialer, &url), answer(&listener, OK));
    assert_eq!(outcome.unwrap().status(), 200);
    assert!(head.contains("host: localhost:"), "{head}");
}

/// Catches garbage that passes for a closed connection or is taken for HTTP/0.9.
#[tokio::test]
async fn an_answer_that_is_not_http_is_a_protocol_error() {
    let error = head_error("SSH-2.0-OpenSSH_9.9\r\n\r\n").await;
    assert!(matches!(error, DialError::Protocol { .. }), "{error:?}");
}

/// Catches two lengths being accepted, which is how responses are smuggled.
#[tokio::test]
async fn contradicting_lengths_are_a_protocol_error() {
    let error =
        head_error("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nok").await;
    assert!(matches!(error, DialError::Protocol { .. }), "{error:?}");
}

/// Catches a body that is passed on in a coding that nobody undoes, as if that were what the server
/// meant to say, and one that is taken for chunked because it was once (RFC 9112 sections 6.1 and
/// 7.4; curl tests 1722 and 1723).
#[tokio::test]
async fn a_body_in_transfer_codings_that_nobody_undoes_is_a_protocol_error() {
    for codings in [
        "gzip, chunked",
        "gzip",
        "yolo",
        "deflate,chunked",
        "x-gzip , Chunked",
        "chunked, gzip",
        "chunked, identity",
        "chunked, chunked",
        "chunked;q=1",
        "chunkedx",
        "gzip\r\ntransfer-encoding: chunked",
        "chunked\r\ntransfer-encoding: br",
        "identity, gzip",
    ] {
        let response =
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {codings}\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        match head_error(&response).await {
            error @ DialError::InvalidResponse(InvalidResponse::TransferCoding(_)) => {
                let ErrorCode::Protocol(text) = error.code() else { panic!("{error:?}") };
                assert!(text.contains(codings.split('\r').next().unwrap()), "{text}");
            }
            other => panic!("{codings}: {other:?}"),
        }
    }
}

/// Catches a check that refuses what there is nothing to undo about: `chunked` in any spelling, no
/// coding at all, and answers without a body (RFC 9110 section 5.6.1, RFC 9112 section 6.1).
#[tokio::test]
async fn a_body_that_is_chunked_in_any_spelling_is_read() {
    let chunked = "2\r\nok\r\n0\r\n\r\n";
    for (codings, sent) in [
        ("chunked", chunked),
        ("Chunked", chunked),
        (" , chunked", chunked),
        ("identity, chunked", chunked),
        ("identity\r\ntransfer-encoding: CHUNKED", chunked),
        ("identity", "ok"),
        ("", "ok"),
    ] {
        let response = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {codings}\r\n\r\n{sent}");
        let (bytes, end) = body_outcome(&response).await;
        assert!(bytes == b"ok" && end.is_ok(), "{codings:?}: {bytes:?}, {end:?}");
    }
    for status in ["204 No Content", "304 Not Modified"] {
        let response = format!("HTTP/1.1 {status}\r\ntransfer-encoding: gzip\r\n\r\n");
        let (bytes, end) = body_outcome(&response).await;
        assert!(bytes.is_empty() && end.is_ok(), "{status}: {end:?}");
    }
}

/// Catches a change of protocols that passes for a success without a body, whatever it changes to
/// (RFC 9110 section 15.2.2).
#[tokio::test]
async fn a_change_of_protocols_that_nobody_asked_for_is_a_protocol_error() {
    for fields in ["", "upgrade: websocket\r\nconnection: upgrade\r\n", "upgrade: h2c\r\n"] {
        let error = head_error(&format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n")).await;
        assert!(
            matches!(error, DialError::InvalidResponse(InvalidResponse::Upgrade)),
            "{fields:?}: {error:?}"
        );
        assert!(matches!(error.code(), ErrorCode::Protocol(text) if text.contains("101")));
    }
}

/// Catches an answer that is refused because it has interim ones before it (RFC 9110 section 15.2).
#[tokio::test]
async fn interim_responses_are_passed_over() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n\
                   HTTP/1.1 199 Whatever\r\n\r\n";
    let (bytes, end) = body_outcome(&format!("{interim}{OK}")).await;
    assert!(bytes == b"ok" && end.is_ok(), "{end:?}");
}

/// Catches fields that are refused because they are folded, as old servers do, and those that are read
/// only to the fold (RFC 9112 section 5.2): in what is passed on, and in what frames the body.
#[tokio::test]
async fn folded_fields_are_unfolded() {
    for fields in [
        "x-folded: one\r\n two\r\ncontent-length: 2\r\n",
        "x-folded: one\r\n\t \ttwo\r\ncontent-length: 2\r\n",
        "x-folded: one  \r\n  two  \r\ncontent-length: 2\r\n",
        "content-length: 2\r\nx-folded:\r\n one\r\n two\r\n",
        "content-length: 2\r\nx-folded: one\r\n \r\n two\r\n",
        "content-length:\r\n 2\r\nx-folded: one two\r\n",
        "content-length: 2\r\n \r\nx-folded: one two\r\n",
    ] {
        let (listener, url) = listen().await;
        let dialer = dialer(&url);
        let response = format!("HTTP/1.1 200 OK\r\n{fields}\r\nok");
        let (outcome, _stream) = tokio::join!(get(&dialer, &url), answer(&listener, &response));
        let response = outcome.unwrap_or_else(|error| panic!("{fields:?}: {error:?}"));
        let value = response.headers()["x-folded"].to_str().unwrap().to_owned();
        assert_eq!(value.split_whitespace().collect::<Vec<_>>(), ["one", "two"], "{fields:?}");
        let (bytes, end) = read(response.into_body()).await;
        assert!(bytes == b"ok" && end.is_ok(), "{fields:?}: {end:?}");
    }
    let folded = "transfer-encoding:\r\n chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let (bytes, end) = body_outcome(&format!("HTTP/1.1 200 OK\r\n{folded}")).await;
    assert!(bytes == b"ok" && end.is_ok(), "{end:?}");
    let hidden = "transfer-encoding: gzip,\r\n chunked\r\n\r\n0\r\n\r\n";
    let error = head_error(&format!("HTTP/1.1 200 OK\r\n{hidden}")).await;
    assert!(matches!(error, DialError::InvalidResponse(_)), "{error:?}");
}

/// Catches an early close that is reported as a success or as broken HTTP.
#[tokio::test]
async fn a_connection_closed_before_the_head_is_reported_as_closed() {
    for cut in ["", "HTTP/1.1 200 OK\r\ncontent-le"] {
        let error = head_error(cut).await;
        assert!(matches!(error, DialError::ConnectionClosed { .. }), "{error:?}");
    }
}

/// Catches a limit on fields that is missing, or reported as the server's fault.
#[tokio::test]
async fn too_many_header_fields_are_a_limit_and_not_a_protocol_error() {
    let fields = "x: y\r\n".repeat(200);
    let error = head_error(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n")).await;
    let limit = DialLimit::ResponseHead { bytes: 256 * 1024, fields: 128 };
    assert!(matches!(error, DialError::LimitExceeded(reached) if reached == limit), "{error:?}");
}

/// Catches a head that is buffered without bound.
#[tokio::test]
async fn a_head_without_end_is_a_limit() {
    let (listener, url) = listen().await;
    let dialer = dialer_with(&url, DialLimits { response_head: 10_000, ..DialLimits::default() });
    let response = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(50_000));
    let (outcome, _stream) = tokio::join!(get(&dialer, &url), answer(&listener, &response));
    let error = outcome.unwrap_err();
    assert!(
        matches!(error, DialError::LimitExceeded(DialLimit::ResponseHead { bytes: 10_000, .. })),
        "{error:?}"
    );
}

/// Catches a short body that passes for a whole one, and one whose bytes are thrown away.
#[tokio::test]
async fn a_body_shorter_than_its_content_length_is_incomplete_after_its_bytes() {
    let (bytes, end) = body_outcome("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
    assert_eq!(bytes, b"hello");
    assert!(matches!(end, Err(DialError::ResponseIncomplete { .. })), "{end:?}");
}

/// Catches a cut at any place of the chunked coding that passes for the end.
#[tokio::test]
async fn a_chunked_body_cut_anywhere_is_incomplete() {
    let whole = "5\r\nhello\r\n0\r\n\r\n";
    for cut in 0..whole.len() {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let (_, end) = body_outcome(&format!("{head}{}", &whole[..cut])).await;
        assert!(matches!(end, Err(DialError::ResponseIncomplete { .. })), "cut at {cut}: {end:?}");
    }
}

/// Catches an exchange that ends cleanly though its body was cut, that keeps to itself at which
/// server, that sums up other bytes than came, or that is taken for ended while bytes are missing.
#[tokio::test]
async fn an_exchange_whose_body_is_cut_is_incomplete_at_its_server() {
    for (framing, whole) in [
        ("content-length: 5\r\n\r\n", "hello"),
        ("transfer-encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ] {
        for sent in [whole, &whole[..4]] {
            let response = format!("HTTP/1.1 200 OK\r\n{framing}{sent}");
            let (outcome, authority) = exchange_outcome(&response).await;
            let expected = match sent == whole {
                true => Ok(BodySummary { bytes: Some(5), deltas: None }),
                false => Err(Failure::sent(ErrorCode::IncompleteBody).at(authority)),
            };
            assert_eq!(outcome, expected, "{response:?}");
        }
    }
}

/// Catches broken framing that is reported as a mere interruption, which invites a retry.
#[tokio::test]
async fn a_chunk_size_that_is_no_number_is_a_protocol_error() {
    let (bytes, end) =
        body_outcome("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nxyz\r\n")
            .await;
    assert_eq!(bytes, b"ok");
    assert!(matches!(end, Err(DialError::Protocol { .. })), "{end:?}");
}

/// Catches a reset that passes for the end of a body without a length.
#[tokio::test]
async fn a_reset_in_a_body_that_ends_with_the_connection_is_incomplete() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let response = "HTTP/1.1 200 OK\r\n\r\nhello";
    let (outcome, (stream, _)) = tokio::join!(get(&dialer, &url), answer(&listener, response));
    let mut body = outcome.unwrap().into_body();
    let first = soon(http_body_util::BodyExt::frame(&mut body)).await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), "hello");
    stream.set_zero_linger().unwrap();
    drop(stream);
    let (_, end) = read(body).await;
    assert!(matches!(end, Err(DialError::ResponseIncomplete { .. })), "{end:?}");
}

/// Catches causes that are dropped on the way: without them nobody learns what happened.
#[tokio::test]
async fn an_error_keeps_its_source() {
    let error = head_error("nonsense\r\n\r\n").await;
    let source = std::error::Error::source(&error).expect("a source");
    assert!(!source.to_string().is_empty());
    let dns = DialError::Dns {
        host: "h".into(),
        source: std::sync::Arc::new(io::Error::other("no such name")),
    };
    assert_eq!(std::error::Error::source(&dns).unwrap().to_string(), "no such name");
}

/// Catches interim responses that are read for as long as they come: host work that no limit of a sandbox
/// counts, and a first byte that never comes.
#[tokio::test]
async fn interim_responses_come_to_an_end() {
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let error = head_error(&format!("{}{OK}", interim.repeat(200))).await;
    let endless = matches!(error, DialError::InvalidResponse(InvalidResponse::Interim));
    assert!(endless, "{error:?}");
    let (body, ended) = body_outcome(&format!("{}{OK}", interim.repeat(64))).await;
    assert_eq!(body, b"ok");
    ended.unwrap();
}
