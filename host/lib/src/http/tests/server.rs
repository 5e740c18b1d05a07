//! Scripted servers, and the shortest way to send a request to them.

use std::future::Future;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::{
    DialError, DialLimits, Dialer, Policy, Proxies, RequestBody, ResponseBody, Timeouts, TlsRoots,
};

/// A complete response with a body of two bytes on a connection that stays open.
pub(super) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A deadline that a test waits for.
pub(super) const SHORT: Duration = Duration::from_millis(30);

/// A listener on a free port and its `http` URL.
pub(super) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// Accepts a connection, reads the head of one request and answers it.
pub(super) async fn answer(listener: &TcpListener, response: &str) -> (TcpStream, String) {
    let (mut stream, _) = soon(listener.accept()).await.unwrap();
    let head = soon(read_head(&mut stream)).await;
    stream.write_all(response.as_bytes()).await.unwrap();
    (stream, head)
}

/// Reads the head of a request.
pub(super) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a whole head"));
    }
    String::from_utf8(head).unwrap()
}

/// Waits for the peer to close: its end of file, or a reset.
pub(super) async fn closed(stream: &mut TcpStream) {
    let mut rest = [0; 1024];
    while !matches!(stream.read(&mut rest).await, Ok(0) | Err(_)) {}
}

/// Fails instead of hanging when what is waited for never happens.
pub(super) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("should have happened by now")
}

/// A dialer for the origin of `url`, without proxies.
pub(super) fn dialer(url: &str) -> Dialer {
    dialer_with(url, DialLimits::default())
}

pub(super) fn dialer_with(url: &str, limits: DialLimits) -> Dialer {
    Dialer::new(policy(url), TlsRoots::system(), limits, Proxies::none())
}

pub(super) fn policy(url: &str) -> Policy {
    Policy::origin(&url.parse().unwrap()).unwrap()
}

/// A GET request.
pub(super) fn request(url: &str) -> Request<RequestBody> {
    Request::get(url).body(RequestBody::Whole(None)).unwrap()
}

pub(super) async fn get(dialer: &Dialer, url: &str) -> Result<Response<ResponseBody>, DialError> {
    get_within(dialer, url, Timeouts::default()).await
}

pub(super) async fn get_within(
    dialer: &Dialer,
    url: &str,
    timeouts: Timeouts,
) -> Result<Response<ResponseBody>, DialError> {
    soon(dialer.send(request(url), timeouts)).await
}

/// Reads a body to its end or failure: what arrived, and how it ended.
pub(super) async fn read(mut body: ResponseBody) -> (Vec<u8>, Result<(), DialError>) {
    let mut bytes = Vec::new();
    while let Some(frame) = soon(body.frame()).await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            Err(error) => return (bytes, Err(error)),
        }
    }
    (bytes, Ok(()))
}
