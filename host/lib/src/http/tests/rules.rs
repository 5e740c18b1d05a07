//! What is judged, and what is refused before judging.

use http::{HeaderName, HeaderValue, Method};

use super::super::{Denial, DialError, InvalidRequest, Timeouts};
use super::server::{OK, answer, dialer, get, listen, request};

/// Catches a policy that forgets to compare one of scheme, host and port, and a request that is
/// judged only after it was sent: nothing listens for it, so it would be refused otherwise.
#[tokio::test]
async fn another_scheme_host_or_port_is_denied() {
    let dialer = dialer("http://127.0.0.1:1/mcp");
    for url in [
        "https://127.0.0.1:1/mcp",
        "http://127.0.0.2:1/mcp",
        "http://127.0.0.1:2/mcp",
        "http://127.0.0.1/mcp",
        "http://localhost:1/mcp",
    ] {
        let error = get(&dialer, url).await.unwrap_err();
        assert!(matches!(error, DialError::Denied(Denial::Origin { .. })), "{url}: {error:?}");
    }
    assert_eq!(dialer.stats().requests_sent, 0);
}

/// Catches a caller that frames messages itself, which is how requests are smuggled, and one
/// that opens a tunnel past the policy.
#[tokio::test]
async fn hop_by_hop_fields_and_connect_are_refused() {
    let url = "http://127.0.0.1:1/";
    let dialer = dialer(url);
    for name in
        ["connection", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authorization"]
    {
        let mut request = request(url);
        let name = HeaderName::from_static(name);
        request.headers_mut().insert(name.clone(), HeaderValue::from_static("x"));
        let error = dialer.send(request, Timeouts::default()).await.unwrap_err();
        let expected = InvalidRequest::ForbiddenField(name);
        assert!(matches!(error, DialError::InvalidRequest(said) if said == expected));
    }
    let mut connect = request(url);
    *connect.method_mut() = Method::CONNECT;
    let error = dialer.send(connect, Timeouts::default()).await.unwrap_err();
    assert!(matches!(error, DialError::InvalidRequest(InvalidRequest::ConnectMethod)));
}

/// Catches a `host` field that names another host than the judged one.
#[tokio::test]
async fn the_host_field_follows_from_the_url() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let mut request = request(&url);
    request.headers_mut().insert("host", HeaderValue::from_static("evil.example"));
    let (_, (_stream, head)) =
        tokio::join!(dialer.send(request, Timeouts::default()), answer(&listener, OK));
    assert!(head.contains(&format!("host: {}", listener.local_addr().unwrap())), "{head}");
    assert!(!head.contains("evil"), "{head}");
}
