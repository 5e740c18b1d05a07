//! The bodies of requests: how they are framed, and answers that come before they end.

use bytes::Bytes;
use futures::stream;
use http::{Method, Request};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use sandbar_exchange as exchange;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::{RequestBody, Timeouts};
use super::server::{OK, answer, dialer, listen, read, read_head, soon};

/// The fields of a head that frame what follows it.
fn framing(head: &str) -> Vec<String> {
    let lines = head.lines().map(str::to_ascii_lowercase);
    lines
        .filter(|line| line.starts_with("content-length") || line.starts_with("transfer"))
        .collect()
}

/// The framing of a request of the executor interface with this content.
async fn framing_of(method: &str, body: Option<&[u8]>) -> Vec<String> {
    let (listener, url) = listen().await;
    let body = body.map(<[u8]>::to_vec);
    let request = exchange::Request { body, ..exchange::Request::new(method, &url) };
    let dialer = dialer(&url);
    let sent = async { soon(dialer.exchange(request)).await };
    let (outcome, (_stream, head)) = tokio::join!(sent, answer(&listener, OK));
    outcome.unwrap();
    framing(&head)
}

/// Catches a request without content that is framed as if it had some, which servers refuse or wait
/// for, and content that is not announced (RFC 9110 section 8.6, RFC 9112 section 6.3; bun 32847).
#[tokio::test]
async fn a_request_without_content_has_no_framing_but_the_length_that_its_method_wants() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "FROB"] {
        assert!(framing_of(method, None).await.is_empty(), "{method}");
        assert!(framing_of(method, Some(b"")).await.is_empty(), "{method}");
        assert_eq!(framing_of(method, Some(b"{}")).await, ["content-length: 2"], "{method}");
    }
    for method in ["POST", "PUT", "PATCH"] {
        assert_eq!(framing_of(method, None).await, ["content-length: 0"], "{method}");
        assert_eq!(framing_of(method, Some(b"{}")).await, ["content-length: 2"], "{method}");
    }
}

/// Catches a body of unknown length that is chunked though there is none, and one whose first bytes are
/// lost where they were waited for.
#[tokio::test]
async fn a_streamed_body_is_chunked_only_if_there_is_any() {
    for (pieces, framed, sent) in [
        (&[][..], None, ""),
        (
            &["con", "tent"],
            Some("transfer-encoding: chunked"),
            "3\r\ncon\r\n4\r\ntent\r\n0\r\n\r\n",
        ),
    ] {
        let (listener, url) = listen().await;
        let frames =
            pieces.iter().map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes()))));
        let body = StreamBody::new(stream::iter(frames)).boxed_unsync();
        let mut request = Request::new(RequestBody::begun(body).await);
        *request.method_mut() = Method::DELETE;
        *request.uri_mut() = url.parse().unwrap();
        let dialer = dialer(&url);
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = soon(read_head(&mut stream)).await;
            let mut body = vec![0; sent.len()];
            soon(stream.read_exact(&mut body)).await.unwrap();
            stream.write_all(OK.as_bytes()).await.unwrap();
            (stream, head, body)
        };
        let outcome = async { soon(dialer.send(request, Timeouts::default())).await };
        let (outcome, (_stream, head, body)) = tokio::join!(outcome, serve);
        assert_eq!(outcome.unwrap().status(), 200);
        assert_eq!(framing(&head), framed.into_iter().collect::<Vec<_>>());
        assert_eq!(body, sent.as_bytes());
    }
}

/// More than the buffers of two sockets that nobody reads from, and what hyper has in hand.
const LARGE: usize = 8 * 1024 * 1024;

/// Runs of what is decided by which of two comes first.
const RUNS: usize = 20;

pub(super) fn upload(url: &str) -> Request<RequestBody> {
    let content = Bytes::from(vec![b'x'; LARGE]);
    Request::post(url).body(RequestBody::Whole(Some(content))).unwrap()
}

/// Catches an answer that is lost because the server stopped reading, and left, once it had said that
/// it wants none of the upload (requests 2422, hyper 2384; RFC 9112 section 9.6): with its head, or
/// with its body, in every framing.
#[tokio::test]
async fn an_answer_that_comes_before_the_upload_ends_wins() {
    for answer in [
        "413 Content Too Large\r\ncontent-length: 9\r\n\r\ntoo large",
        "413 Content Too Large\r\nconnection: close\r\ncontent-length: 9\r\n\r\ntoo large",
        "401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\n9\r\ntoo large\r\n0\r\n\r\n",
        "200 OK\r\ncontent-length: 9\r\n\r\ntoo large",
    ] {
        let mut lost = Vec::new();
        for _ in 0..RUNS {
            let (listener, url) = listen().await;
            let dialer = dialer(&url);
            let serve = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                soon(read_head(&mut stream)).await;
                stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await.unwrap();
                // Unread bytes make a reset of this.
                drop(stream);
            };
            let sent = soon(dialer.send(upload(&url), Timeouts::default()));
            let (outcome, ()) = tokio::join!(sent, serve);
            match outcome {
                Ok(response) => match read(response.into_body()).await {
                    (bytes, Ok(())) => assert_eq!(bytes, b"too large"),
                    (_, Err(error)) => lost.push(error),
                },
                Err(error) => lost.push(error),
            }
        }
        assert!(lost.is_empty(), "{answer:?}: {} of {RUNS} lost: {:?}", lost.len(), lost[0]);
    }
}
