//! Servers that no connection can be made with.

use super::scene::{GOOD, assert_fails, assert_names, builder, good_answer, sandbar, text};

use crate::support::{
    fault::{McpScript, Script},
    fault_server::FaultServer,
    patience::wait_for,
    tls_front::{Identity, TlsFront},
};
use rustls::RootCertStore;
use sandbar::http::TlsRoots;
use sandbar::{ConnectOptions, Error, HttpError, HttpFailure, Session};
use std::time::Duration;

async fn failure(opening: impl Future<Output = Result<Session, Error>>) -> Error {
    wait_for("the opening to fail", opening).await.map(|_| ()).unwrap_err()
}

/// Catches a refusal that is taken for any other failure, and one that the user is not told the
/// likely reason of.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_named() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = failure(sandbar().connect(&format!("http://{unused}/mcp"))).await;
    assert!(
        matches!(error, Error::Http(HttpFailure { code: HttpError::ConnectionRefused, .. })),
        "{error:?}"
    );
    assert_names(&error, &["refused"]);
}

/// Catches a session that dies with its connection, and a call that is silently made again though
/// it may have run.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_before_the_answer_is_named() {
    let is_lost = |error: &Error| {
        matches!(error, Error::Http(HttpFailure { code: HttpError::ConnectionFailed(_), .. }))
    };
    assert_fails(Script::new().close(), is_lost, &["closed the connection"]).await;
    assert_fails(Script::new().reset(), is_lost, &["closed the connection"]).await;
}

/// Catches a failure of the resolver that is taken for one of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_resolve_is_named() {
    let error = failure(sandbar().connect("http://sandbar-test.invalid/mcp")).await;
    assert!(matches!(error, Error::Http(HttpFailure { code: HttpError::Dns(_), .. })), "{error:?}");
    assert_names(&error, &["name", "not resolve"]);
}

/// Catches a connection that nobody limits: the peer accepts it, and never says a word of TLS.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_finishes_its_handshake_runs_into_the_connect_timeout() {
    let server = FaultServer::start_raw(|_| Script::new().hang()).await;
    let url = format!("https://{}/mcp", server.address());
    let options = ConnectOptions::new(url).connect_timeout(Duration::from_millis(100));
    let error = failure(sandbar().connect_with(options)).await;
    assert!(
        matches!(error, Error::Http(HttpFailure { code: HttpError::ConnectTimeout, .. })),
        "{error:?}"
    );
    assert_names(&error, &["connection", "too long"]);
    server.closed_early(0).await;
}

/// Opens a session through TLS, trusting these certificates, and makes a call.
async fn call_through(identity: &Identity, roots: RootCertStore) -> Result<String, Error> {
    let script = McpScript::modern().on("tools/call", Script::respond(good_answer()));
    let server = FaultServer::start_mcp(script).await;
    let front = TlsFront::start(identity, server.address()).await;
    let sandbar = builder().tls_roots(TlsRoots::from_store(roots)).build().unwrap();
    let session = wait_for("the opening", sandbar.connect(&front.url("/mcp"))).await?;
    text(session.call_tool("t", None)).await
}

/// Catches TLS that is never tried in one piece, and given roots that are ignored.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_below_a_given_root_is_trusted() {
    let identity = Identity::valid();
    assert_eq!(call_through(&identity, identity.as_root()).await.unwrap(), GOOD);
}

/// Catches a client that trusts anybody, and one that only says that TLS failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_is_refused_for_its_unknown_issuer() {
    let (stranger, trusted) = (Identity::valid(), Identity::valid());
    let error = call_through(&stranger, trusted.as_root()).await.unwrap_err();
    assert!(matches!(error, Error::Http(HttpFailure { code: HttpError::Tls(_), .. })), "{error:?}");
    assert_names(&error, &["TLS", "unknown issuer"]);
}

/// Catches validity that is not checked.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_refused_for_its_age() {
    let old = Identity::expired();
    let error = call_through(&old, old.as_root()).await.unwrap_err();
    assert!(matches!(error, Error::Http(HttpFailure { code: HttpError::Tls(_), .. })), "{error:?}");
    assert_names(&error, &["TLS", "expired"]);
}

/// Catches a plain answer to a TLS handshake that is taken for a bad certificate.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_fails_the_handshake() {
    let server = FaultServer::start_raw(|_| Script::new().send(b"HTTP/1.1 400 No\r\n\r\n")).await;
    let roots = TlsRoots::from_store(Identity::valid().as_root());
    let sandbar = builder().tls_roots(roots).build().unwrap();
    let error = failure(sandbar.connect(&format!("https://{}/mcp", server.address()))).await;
    assert!(matches!(error, Error::Http(HttpFailure { code: HttpError::Tls(_), .. })), "{error:?}");
    assert_names(&error, &["TLS", "handshake"]);
}
