//! What the guest is told.

use std::sync::Arc;

use wasmtime_wasi_http::Error;

use super::super::{DialError, InvalidRequest, InvalidTarget, TlsFailure};
use super::server::{dialer, get};

/// Catches a denial that looks like a network failure, which a guest would retry, and one whose
/// reason is lost at the boundary.
#[tokio::test]
async fn a_denial_is_told_with_its_reason() {
    let error = get(&dialer("http://127.0.0.1:1/"), "http://127.0.0.1:2/").await.unwrap_err();
    match Error::from(error) {
        Error::InternalError(Some(text)) => {
            // The words that `guest/local` knows a denial by.
            assert!(text.starts_with("denied by policy: "), "{text}");
            assert!(text.contains("http://127.0.0.1:2"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

/// Catches TLS failures whose reason is lost at the boundary.
#[test]
fn a_tls_failure_says_why() {
    let error = DialError::Tls {
        authority: "h:443".into(),
        source: TlsFailure::Certificate(rustls::CertificateError::Expired),
    };
    match Error::from(error) {
        Error::TlsAlertReceived { alert_message: Some(text), .. } => {
            assert!(text.contains("certificate expired"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

/// Catches a `content-length` that wasmtime found wrong and that comes back as something else.
#[test]
fn a_body_size_error_of_the_guest_goes_back_as_it_was() {
    let error = DialError::RequestBody { source: Arc::new(Error::HttpRequestBodySize(Some(5))) };
    assert!(matches!(Error::from(error), Error::HttpRequestBodySize(Some(5))));
}

/// Catches a mistake of the caller that is reported as a fault of the server.
#[test]
fn invalid_requests_name_the_part_that_is_invalid() {
    let target = InvalidRequest::Target(InvalidTarget::UserInformation);
    assert!(matches!(Error::from(DialError::from(target)), Error::HttpRequestUriInvalid));
    let method = InvalidRequest::ConnectMethod;
    assert!(matches!(Error::from(DialError::from(method)), Error::HttpRequestMethodInvalid));
}
