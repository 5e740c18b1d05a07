//! TLS: whom to trust, what to say when not, and the choice of the protocol.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::{DialError, DialLimits, Dialer, Proxies, TlsFailure, TlsRoots};
use super::server::{OK, answer, get, listen, policy, read, read_head, soon};

/// A self-signed server certificate and its key.
pub(super) struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    pub(super) fn for_name(name: &str) -> Self {
        Self::new(CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// The key is in the subject too: an issuer is looked up by its name before its key.
    fn new(mut params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let subject = format!("{:?}", key.public_key_raw());
        params.distinguished_name.push(rcgen::DnType::CommonName, subject);
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, key }
    }

    /// Roots that trust this certificate and no other.
    pub(super) fn roots(&self) -> TlsRoots {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        TlsRoots::from_store(roots)
    }

    pub(super) fn acceptor(&self, alpn: &[&[u8]]) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

pub(super) async fn listen_tls() -> (TcpListener, String) {
    let (listener, url) = listen().await;
    (listener, url.replace("http:", "https:"))
}

fn dialer(url: &str, roots: TlsRoots) -> Dialer {
    Dialer::new(policy(url), roots, DialLimits::default(), Proxies::none())
}

/// Lets a server with `identity` fail to convince a client with `roots`.
async fn rejection(identity: &Identity, roots: TlsRoots) -> TlsFailure {
    let (listener, url) = listen_tls().await;
    let dialer = dialer(&url, roots);
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        assert!(identity.acceptor(&[]).accept(stream).await.is_err());
    };
    let (outcome, ()) = tokio::join!(get(&dialer, &url), serve);
    match outcome.unwrap_err() {
        DialError::Tls { source, .. } => source,
        other => panic!("{other:?}"),
    }
}

/// Catches a dialer that trusts any certificate, or hides that this was the problem.
#[tokio::test]
async fn an_unknown_issuer_is_rejected_by_that_name() {
    let stranger = Identity::for_name("127.0.0.1");
    let failure = rejection(&stranger, Identity::for_name("127.0.0.1").roots()).await;
    assert!(
        matches!(failure, TlsFailure::Certificate(CertificateError::UnknownIssuer)),
        "{failure:?}"
    );
    assert!(failure.to_string().contains("unknown issuer"), "{failure}");
}

/// Catches a certificate that is not compared with the host of the URL.
#[tokio::test]
async fn a_certificate_for_another_name_is_rejected() {
    let other = Identity::for_name("other.example");
    let failure = rejection(&other, other.roots()).await;
    assert!(failure.to_string().contains("not valid for"), "{failure}");
}

/// Catches validity that is not checked, and its message.
#[tokio::test]
async fn an_expired_certificate_is_rejected_by_that_name() {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    let old = Identity::new(params);
    let failure = rejection(&old, old.roots()).await;
    assert!(failure.to_string().contains("certificate expired"), "{failure}");
}

/// Catches a peer without TLS that is reported as a bad certificate or hangs.
#[tokio::test]
async fn a_peer_that_does_not_speak_tls_fails_the_handshake() {
    let (listener, url) = listen_tls().await;
    let dialer = dialer(&url, Identity::for_name("127.0.0.1").roots());
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    };
    let (outcome, _stream) = tokio::join!(get(&dialer, &url), serve);
    match outcome.unwrap_err() {
        DialError::Tls { source: TlsFailure::Handshake(_), .. } => {}
        other => panic!("{other:?}"),
    }
}

/// Catches an `http` URL that needs certificates: roots are only read for `https`.
#[tokio::test]
async fn a_plain_request_needs_no_roots() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url, TlsRoots::from_store(RootCertStore::empty()));
    let (outcome, _stream) = tokio::join!(get(&dialer, &url), answer(&listener, OK));
    assert_eq!(outcome.unwrap().status(), 200);
}

/// Catches a dialer that insists on HTTP/2, or speaks it without agreement.
#[tokio::test]
async fn a_server_without_alpn_gets_http_1() {
    let (listener, url) = listen_tls().await;
    let identity = Identity::for_name("127.0.0.1");
    let dialer = dialer(&url, identity.roots());
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = identity.acceptor(&[]).accept(stream).await.unwrap();
        let head = read_head(&mut stream).await;
        stream.write_all(OK.as_bytes()).await.unwrap();
        (stream, head)
    };
    let (outcome, (_stream, head)) = tokio::join!(get(&dialer, &url), serve);
    assert_eq!(read(outcome.unwrap().into_body()).await.0, b"ok");
    assert!(head.starts_with("GET / HTTP/1.1\r\n"), "{head}");
}

/// Catches HTTP/2 that is not offered, and streams that each open a connection.
#[tokio::test]
async fn http_2_is_chosen_by_alpn_and_shares_one_connection() {
    let (listener, url) = listen_tls().await;
    let identity = Identity::for_name("127.0.0.1");
    let dialer = dialer(&url, identity.roots());
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = identity.acceptor(&[b"h2"]).accept(stream).await.unwrap();
        let service = hyper::service::service_fn(|request: http::Request<_>| async move {
            let version = format!("{:?}", request.version());
            Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(version))))
        });
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await
    };
    let requests = async {
        let (bytes, end) = read(get(&dialer, &url).await.unwrap().into_body()).await;
        end.unwrap();
        assert_eq!(bytes, b"HTTP/2.0");
        let (one, other) = tokio::join!(get(&dialer, &url), get(&dialer, &url));
        assert_eq!(
            (one.unwrap().status(), other.unwrap().status()),
            (200.try_into().unwrap(), 200.try_into().unwrap())
        );
    };
    tokio::select! {
        () = requests => {}
        ended = serve => panic!("the server ended first: {ended:?}"),
    }
    assert_eq!(dialer.stats().connections_opened, 1);
}

/// Catches a dropped body whose HTTP/2 stream goes on: the server must stop producing it.
#[tokio::test]
async fn dropping_a_body_resets_its_http_2_stream() {
    let (listener, url) = listen_tls().await;
    let identity = Identity::for_name("127.0.0.1");
    let dialer = dialer(&url, identity.roots());
    let (dropped, gone) = tokio::sync::oneshot::channel::<Infallible>();
    let dropped = std::sync::Mutex::new(Some(dropped));
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = identity.acceptor(&[b"h2"]).accept(stream).await.unwrap();
        let service = hyper::service::service_fn(|_| {
            // The body ends never; its sender side is dropped with it.
            let held = dropped.lock().unwrap().take();
            async move {
                let body = futures::stream::unfold((held, true), |(held, first)| async move {
                    if !first {
                        std::future::pending::<()>().await;
                    }
                    Some((
                        Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"ok"))),
                        (held, false),
                    ))
                });
                Ok::<_, Infallible>(http::Response::new(StreamBody::new(body)))
            }
        });
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await
    };
    let cancel = async {
        let mut body = get(&dialer, &url).await.unwrap().into_body();
        soon(body.frame()).await.unwrap().unwrap();
        drop(body);
        soon(gone).await.unwrap_err();
    };
    tokio::select! {
        () = cancel => {}
        ended = serve => panic!("the server ended first: {ended:?}"),
    }
}
