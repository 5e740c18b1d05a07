//! What the guest is told: the one place where our errors become `wasi:http` error codes.
//!
//! Most codes carry no text, so a code is chosen for its meaning, and the full error is logged.
//! TLS is the exception: its only code with a text is that of an alert, and the alert is what
//! ends the handshake whichever side raises it, so all TLS failures use it to say why.

use std::io::ErrorKind;

use wasmtime_wasi_http::Error;

use super::error::{DialError, SharedError, with_cause};
use super::hyper_error::cause;
use super::limits::DialLimit;
use super::request::InvalidRequest;
use super::tls_failure::TlsFailure;

/// How a denial begins. `http-request-denied` has no room for its reason, which is what tells a user
/// what to do; `guest/local` knows these words.
const DENIED: &str = "denied by policy: ";

impl From<DialError> for Error {
    fn from(error: DialError) -> Self {
        match error {
            DialError::Denied(denial) => Self::InternalError(Some(format!("{DENIED}{denial}"))),
            DialError::InvalidRequest(invalid) => invalid_request(&invalid),
            DialError::RequestBody { source } => request_body(&source),
            DialError::LimitExceeded(limit) => limit_exceeded(limit),
            DialError::Dns { source, .. } => {
                Self::DnsError { rcode: Some(source.to_string()), info_code: None }
            }
            DialError::ConnectionRefused { .. } => Self::ConnectionRefused,
            DialError::Connect { source, .. } => connect(source.kind()),
            DialError::ConnectTimeout { .. } => Self::ConnectionTimeout,
            DialError::Proxy(failure) => Self::InternalError(Some(with_cause(&failure))),
            DialError::Tls { source, .. } => tls(&source),
            DialError::ConnectionClosed { .. } => Self::ConnectionTerminated,
            DialError::FirstByteTimeout { .. } => Self::HttpResponseTimeout,
            DialError::IdleTimeout { .. } => Self::ConnectionReadTimeout,
            DialError::ResponseIncomplete { .. } => Self::HttpResponseIncomplete,
            DialError::Protocol { .. } => Self::HttpProtocolError,
        }
    }
}

fn invalid_request(invalid: &InvalidRequest) -> Error {
    match invalid {
        InvalidRequest::Target(_) => Error::HttpRequestUriInvalid,
        InvalidRequest::ConnectMethod => Error::HttpRequestMethodInvalid,
        InvalidRequest::ForbiddenField(_) => Error::HttpProtocolError,
    }
}

/// wasmtime counts the body against its `content-length` and reports through the body; that code
/// goes back to the guest as it was.
fn request_body(source: &SharedError) -> Error {
    match cause::<Error>(&**source) {
        Some(Error::HttpRequestBodySize(bytes)) => Error::HttpRequestBodySize(*bytes),
        _ => Error::InternalError(Some(format!("the body of the request failed: {source}"))),
    }
}

fn limit_exceeded(limit: DialLimit) -> Error {
    match limit {
        DialLimit::ResponseHead { bytes, .. } => Error::HttpResponseHeaderSectionSize(Some(bytes)),
        DialLimit::ConnectionsPerHost { .. } => Error::ConnectionLimitReached,
    }
}

fn connect(kind: ErrorKind) -> Error {
    match kind {
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Error::DestinationIpUnroutable
        }
        ErrorKind::TimedOut => Error::ConnectionTimeout,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Error::ConnectionTerminated,
        _ => Error::DestinationUnavailable,
    }
}

fn tls(failure: &TlsFailure) -> Error {
    let alert_id = match failure {
        TlsFailure::Alert(alert) => Some(u8::from(*alert)),
        _ => None,
    };
    Error::TlsAlertReceived { alert_id, alert_message: Some(with_cause(failure)) }
}
