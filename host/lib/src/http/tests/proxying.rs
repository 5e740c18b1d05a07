//! Through a proxy, and never through one.

use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::AsyncWriteExt;

use super::super::{
    Denial, DialError, DialLimits, Dialer, Policy, Proxies, ProxyFailure, TlsRoots,
};
use super::server::{OK, answer, get, listen, policy, read, read_head};
use super::tls::Identity;

/// A dialer that has a proxy for every host.
fn dialer(url: &str, proxy: &str, tls: TlsRoots) -> Dialer {
    let proxies = Proxies::new(Matcher::builder().all(proxy.to_owned()).build());
    Dialer::new(policy(url), tls, DialLimits::default(), proxies)
}

/// Catches a proxy that is ignored, one that gets a request target in origin form, and
/// credentials that are not passed on to it.
#[tokio::test]
async fn a_plain_request_goes_to_the_proxy_in_absolute_form() {
    let (listener, _) = listen().await;
    let proxy = format!("http://me:secret@{}", listener.local_addr().unwrap());
    let url = "http://name.invalid/path?query";
    let dialer = dialer(url, &proxy, TlsRoots::system());
    let (outcome, (_stream, head)) = tokio::join!(get(&dialer, url), answer(&listener, OK));
    assert_eq!(read(outcome.unwrap().into_body()).await.0, b"ok");
    assert!(head.starts_with("GET http://name.invalid/path?query HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("proxy-authorization: Basic bWU6c2VjcmV0\r\n"), "{head}");
}

/// Catches an `https` request that is shown to the proxy, and a certificate that is verified for
/// the proxy rather than for the server.
#[tokio::test]
async fn a_tls_request_goes_through_a_tunnel() {
    let (listener, proxy) = listen().await;
    let identity = Identity::for_name("name.invalid");
    let url = "https://name.invalid/path";
    let dialer = dialer(url, &proxy, identity.roots());
    let serve = async {
        let (stream, connect) = answer(&listener, "HTTP/1.1 200 Connected\r\n\r\n").await;
        let mut stream = identity.acceptor(&[b"http/1.1"]).accept(stream).await.unwrap();
        let head = read_head(&mut stream).await;
        stream.write_all(OK.as_bytes()).await.unwrap();
        (stream, connect, head)
    };
    let (outcome, (_stream, connect, head)) = tokio::join!(get(&dialer, url), serve);
    assert_eq!(read(outcome.unwrap().into_body()).await.0, b"ok");
    assert!(connect.starts_with("CONNECT name.invalid:443 HTTP/1.1\r\n"), "{connect}");
    assert!(head.starts_with("GET /path HTTP/1.1\r\n"), "{head}");
}

/// Catches the refusal of a tunnel that passes for an answer of the server.
#[tokio::test]
async fn a_refused_tunnel_is_a_proxy_failure() {
    let (listener, proxy) = listen().await;
    let url = "https://name.invalid/";
    let dialer = dialer(url, &proxy, TlsRoots::system());
    let refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    let (outcome, _stream) = tokio::join!(get(&dialer, url), answer(&listener, refusal));
    let error = outcome.unwrap_err();
    assert!(matches!(error, DialError::Proxy(ProxyFailure::Tunnel { .. })), "{error:?}");
}

/// Catches loopback requests, which often carry bearers, that leave through a proxy.
#[tokio::test]
async fn loopback_is_never_proxied() {
    let (proxy, proxy_url) = listen().await;
    let (listener, url) = listen().await;
    let port = listener.local_addr().unwrap().port();
    for url in [
        url,
        format!("http://localhost:{port}/"),
        format!("http://0.0.0.0:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
    ] {
        let dialer = dialer(&url, &proxy_url, TlsRoots::system());
        let proxied = async { drop(proxy.accept().await) };
        let direct = async { tokio::join!(get(&dialer, &url), answer(&listener, OK)) };
        tokio::select! {
            (outcome, _stream) = direct => assert_eq!(outcome.unwrap().status(), 200),
            () = proxied => panic!("{url} went to the proxy"),
        }
    }
}

/// Catches a literal address that is not judged because a proxy would dial it, by either way of a proxy:
/// the cloud's metadata is then as near as the proxy.
#[tokio::test]
async fn literal_addresses_are_judged_behind_a_proxy_too() {
    let (proxy, proxy_url) = listen().await;
    let proxies = Proxies::new(Matcher::builder().all(proxy_url).build());
    let dialer =
        Dialer::new(Policy::anywhere(), TlsRoots::system(), DialLimits::default(), proxies);
    let judging = async {
        for url in [
            "http://169.254.169.254/latest/meta-data/",
            "http://[fd00:ec2::23]/",
            "http://[64:ff9b:1::a9fe:a9fe]/",
            "https://100.100.100.200/",
            "https://[2001:0:a9fe:a9fe::]/",
        ] {
            let error = get(&dialer, url).await.unwrap_err();
            let denied = matches!(error, DialError::Denied(Denial::Address { .. }));
            assert!(denied, "{url}: {error:?}");
        }
    };
    tokio::select! {
        () = judging => {}
        _ = proxy.accept() => panic!("the proxy was asked"),
    }
}

/// Catches a proxy of an unknown kind that is silently skipped: the request would leave directly.
#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_an_error() {
    let url = "http://name.invalid/";
    let dialer = dialer(url, "socks5://127.0.0.1:1", TlsRoots::system());
    let error = get(&dialer, url).await.unwrap_err();
    assert!(matches!(error, DialError::Proxy(ProxyFailure::Unsupported { .. })), "{error:?}");
}
