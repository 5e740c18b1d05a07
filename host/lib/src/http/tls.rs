//! TLS with the trust of this machine.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::link::{ByteStream, HttpVersion};
use super::tls_failure::TlsFailure;
use sandbar_policy::Target;

/// The certificates to trust, shared by every dialer that was given a clone.
///
/// The system's are read when the first `https` URL is dialled: that takes milliseconds, which
/// a plain `http` URL need not pay for, and it can fail, which it need not know about.
#[derive(Clone, Debug)]
pub struct TlsRoots(Arc<Roots>);

#[derive(Debug)]
enum Roots {
    System(OnceCell<Result<Arc<ClientConfig>, TlsFailure>>),
    Given(Result<Arc<ClientConfig>, TlsFailure>),
}

/// What is offered by ALPN. A proxy is spoken to in HTTP/1.1 alone: CONNECT over HTTP/2 is
/// another protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    Http2OrHttp1,
    Http1,
}

impl TlsRoots {
    /// The trust store of the system, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name instead.
    pub fn system() -> Self {
        Self(Arc::new(Roots::System(OnceCell::new())))
    }

    /// Exactly these certificates.
    pub fn from_store(roots: RootCertStore) -> Self {
        Self(Arc::new(Roots::Given(configure(roots))))
    }

    async fn config(&self) -> Result<Arc<ClientConfig>, TlsFailure> {
        match &*self.0 {
            Roots::Given(config) => config.clone(),
            Roots::System(cell) => cell.get_or_init(load_system).await.clone(),
        }
    }

    /// TLS for a connection that is upgraded from HTTP/1.1 to something else.
    pub(crate) async fn connect(
        &self,
        stream: tokio::net::TcpStream,
        target: &Target,
    ) -> Result<TlsStream<tokio::net::TcpStream>, TlsFailure> {
        let (stream, _version) = self.handshake(stream, target, Offer::Http1).await?;
        Ok(stream)
    }

    /// Performs the handshake and verifies the certificate for the host of `target`.
    pub(super) async fn handshake<S: ByteStream>(
        &self,
        stream: S,
        target: &Target,
        offer: Offer,
    ) -> Result<(TlsStream<S>, HttpVersion), TlsFailure> {
        let name = server_name(target)?;
        let mut config = self.config().await?;
        if offer == Offer::Http1 {
            let mut http1 = ClientConfig::clone(&config);
            http1.alpn_protocols = vec![b"http/1.1".to_vec()];
            config = Arc::new(http1);
        }
        let stream = TlsConnector::from(config).connect(name, stream).await?;
        let version = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => HttpVersion::Http2,
            _ => HttpVersion::Http1,
        };
        Ok((stream, version))
    }
}

/// Reading files blocks, so it happens on a thread that may.
async fn load_system() -> Result<Arc<ClientConfig>, TlsFailure> {
    let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs)
        .await
        .map_err(|error| TlsFailure::NoRoots { detail: Some(error.to_string()) })?;
    let detail = found.errors.first().map(ToString::to_string);
    configure(trust(found.certs, detail)?)
}

/// The store of these certificates; `detail` says why there may be none.
fn trust(
    certificates: Vec<CertificateDer<'static>>,
    detail: Option<String>,
) -> Result<RootCertStore, TlsFailure> {
    let mut roots = RootCertStore::empty();
    // Trust stores contain certificates that rustls does not understand; the others do.
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(TlsFailure::NoRoots { detail });
    }
    Ok(roots)
}

fn configure(roots: RootCertStore) -> Result<Arc<ClientConfig>, TlsFailure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsFailure::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn server_name(target: &Target) -> Result<ServerName<'static>, TlsFailure> {
    match target.host() {
        url::Host::Domain(name) => {
            ServerName::try_from(name.clone()).map_err(|_| TlsFailure::ServerName(name.clone()))
        }
        url::Host::Ipv4(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
        url::Host::Ipv6(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Catches an empty or unreadable trust store that shows as "unknown issuer" at every server.
    #[test]
    fn a_machine_without_certificates_is_told_where_they_are_looked_for() {
        let junk = CertificateDer::from(b"junk".to_vec());
        for certificates in [vec![], vec![junk]] {
            let detail = Some("no such file".to_owned());
            let text = trust(certificates, detail).map(|_| ()).unwrap_err().to_string();
            assert!(text.contains("SSL_CERT_FILE") && text.contains("no such file"), "{text}");
        }
    }
}
