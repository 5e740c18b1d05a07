//! Why TLS failed, in words that name the cause.

use std::io;
use std::sync::Arc;

use rustls::CertificateError;

/// A failure of the TLS handshake or of its preparation.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFailure {
    /// There is no certificate to trust, so no server can be verified.
    #[error(
        "no trusted root certificates found; install the system's CA certificates \
         or name a PEM file in SSL_CERT_FILE{}",
        detail.as_ref().map_or_else(String::new, |detail| format!(" ({detail})"))
    )]
    NoRoots {
        /// What the first failing source of certificates said.
        detail: Option<String>,
    },
    /// TLS could not be set up on this side.
    #[error("TLS cannot be configured")]
    Setup(#[source] rustls::Error),
    /// The host cannot be the name of a certificate.
    #[error("`{0}` cannot be verified as a server name")]
    ServerName(String),
    /// The certificate of the server was not accepted.
    #[error("certificate rejected: {}", reason(.0))]
    Certificate(CertificateError),
    /// The server ended the handshake.
    #[error("the server sent the alert {0:?}")]
    Alert(rustls::AlertDescription),
    /// The handshake failed otherwise; often the peer does not speak TLS at all.
    #[error("the handshake failed: {0}")]
    Handshake(Arc<io::Error>),
}

impl From<io::Error> for TlsFailure {
    fn from(error: io::Error) -> Self {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match cause {
            Some(rustls::Error::InvalidCertificate(rejected)) => {
                Self::Certificate(rejected.clone())
            }
            Some(rustls::Error::AlertReceived(alert)) => Self::Alert(*alert),
            _ => Self::Handshake(Arc::new(error)),
        }
    }
}

/// The plain words for the usual reasons; rustls prints the names of its variants for most.
fn reason(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => "certificate expired".into(),
        E::NotValidYet | E::NotValidYetContext { .. } => "certificate not valid yet".into(),
        E::Revoked => "certificate revoked".into(),
        E::UnknownIssuer => "unknown issuer (its authority is not among the trusted roots)".into(),
        E::BadSignature => "bad signature".into(),
        E::NotValidForName => "certificate not valid for this name".into(),
        E::BadEncoding => "malformed certificate".into(),
        other => other.to_string(),
    }
}
