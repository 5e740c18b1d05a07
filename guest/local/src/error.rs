//! The one place where `wasi:http` error codes become those of `sandbar:http`.

use crate::bindings::wasi::http::types::ErrorCode as WasiError;
use sandbar_exchange::hop::Hop;
use sandbar_exchange::json::from_wasi_text;
use sandbar_exchange::{ErrorCode, Failure, Limit, Processed};

/// Why there is no response. A host of Sandbar says it all; of others the code is what there is.
pub(crate) fn before_head(error: WasiError, hop: &Hop<Vec<u8>>) -> Failure {
    match from_host(&error) {
        // It knows this hop alone, and not what became of those before.
        Some(told) => hop.failed(told.code, told.processed == Processed::Never),
        None => {
            let unsent = is_unsent(&error);
            hop.failed(code(error), unsent)
        }
    }
}

/// Why a body ended early.
pub(crate) fn in_body(error: WasiError, authority: String) -> Failure {
    match from_host(&error) {
        Some(told) => told,
        None => Failure::sent(code_in_body(error)).at(authority),
    }
}

fn from_host(error: &WasiError) -> Option<Failure> {
    match error {
        WasiError::InternalError(Some(text)) => from_wasi_text(text),
        _ => None,
    }
}

/// Whether a code of any host says that there was no connection to send the request on.
const fn is_unsent(error: &WasiError) -> bool {
    matches!(
        error,
        WasiError::HttpRequestDenied
            | WasiError::DestinationIpProhibited
            | WasiError::DestinationNotFound
            | WasiError::DestinationUnavailable
            | WasiError::DestinationIpUnroutable
            | WasiError::DnsTimeout
            | WasiError::DnsError(_)
            | WasiError::ConnectionRefused
            | WasiError::ConnectionTimeout
            | WasiError::ConnectionLimitReached
            | WasiError::TlsProtocolError
            | WasiError::TlsCertificateError
            | WasiError::TlsAlertReceived(_)
            | WasiError::HttpRequestMethodInvalid
            | WasiError::HttpRequestUriInvalid
    )
}

/// Behind a head that was HTTP only the framing of the body is left to break, most often because the
/// connection ends. Stock wasmtime has this one code for all of that.
fn code_in_body(error: WasiError) -> ErrorCode {
    match error {
        WasiError::HttpProtocolError => ErrorCode::IncompleteBody,
        other => code(other),
    }
}

/// Translates without losing what a user needs to know: names become cases,
/// details become text.
fn code(error: WasiError) -> ErrorCode {
    match error {
        WasiError::HttpRequestDenied | WasiError::DestinationIpProhibited => {
            ErrorCode::Denied("the policy of the host forbids it".into())
        }
        WasiError::DnsTimeout => ErrorCode::Dns("the resolver did not answer in time".into()),
        WasiError::DnsError(payload) => {
            ErrorCode::Dns(payload.rcode.unwrap_or_else(|| "the name did not resolve".into()))
        }
        WasiError::ConnectionRefused => ErrorCode::ConnectionRefused,
        WasiError::ConnectionTimeout => ErrorCode::ConnectTimeout,
        WasiError::HttpResponseTimeout => ErrorCode::FirstByteTimeout,
        WasiError::ConnectionReadTimeout | WasiError::ConnectionWriteTimeout => {
            ErrorCode::IdleTimeout
        }
        WasiError::HttpResponseIncomplete => ErrorCode::IncompleteBody,
        WasiError::InternalError(text) => {
            ErrorCode::Other(text.unwrap_or_else(|| "no reason was given".into()))
        }
        other => by_family(&other),
    }
}

fn by_family(error: &WasiError) -> ErrorCode {
    match error {
        WasiError::DestinationNotFound
        | WasiError::DestinationUnavailable
        | WasiError::DestinationIpUnroutable
        | WasiError::ConnectionTerminated => ErrorCode::ConnectionFailed(text(error)),
        WasiError::TlsProtocolError => ErrorCode::Tls("the handshake failed".into()),
        WasiError::TlsCertificateError => ErrorCode::Tls("the certificate is not trusted".into()),
        // The one TLS code with a text: a host uses it to say why.
        WasiError::TlsAlertReceived(alert) => ErrorCode::Tls(
            alert.alert_message.clone().unwrap_or_else(|| "an alert ended the handshake".into()),
        ),
        WasiError::ConnectionLimitReached => limit("connections-per-host", None),
        WasiError::HttpResponseHeaderSectionSize(size) => {
            limit("response-header-bytes", size.map(u64::from))
        }
        WasiError::HttpResponseBodySize(size) => limit("response-body-bytes", *size),
        WasiError::HttpRequestMethodInvalid
        | WasiError::HttpRequestUriInvalid
        | WasiError::HttpRequestUriTooLong
        | WasiError::HttpRequestBodySize(_)
        | WasiError::HttpRequestHeaderSectionSize(_)
        | WasiError::HttpRequestHeaderSize(_)
        | WasiError::HttpRequestLengthRequired => ErrorCode::InvalidRequest(text(error)),
        WasiError::HttpProtocolError
        | WasiError::HttpResponseTransferCoding(_)
        | WasiError::HttpResponseContentCoding(_)
        | WasiError::HttpResponseHeaderSize(_)
        | WasiError::HttpUpgradeFailed => ErrorCode::Protocol(text(error)),
        other => ErrorCode::Other(text(other)),
    }
}

fn limit(setting: &str, value: Option<u64>) -> ErrorCode {
    ErrorCode::LimitExceeded(Limit { setting: setting.into(), value })
}

/// What happened, in words: the generated names of the cases mean nothing to a user.
fn text(error: &WasiError) -> String {
    let words = match error {
        WasiError::DestinationNotFound => "there is no such host",
        WasiError::DestinationUnavailable => "the server cannot be reached",
        WasiError::DestinationIpUnroutable => "there is no route to the server",
        WasiError::ConnectionTerminated => "the server closed the connection before it answered",
        WasiError::HttpRequestMethodInvalid => "the method is not allowed",
        WasiError::HttpRequestUriInvalid => "the url cannot be requested",
        WasiError::HttpRequestUriTooLong => "the url is too long",
        WasiError::HttpRequestBodySize(_) => "the body has not the length that was declared",
        WasiError::HttpRequestHeaderSectionSize(_) | WasiError::HttpRequestHeaderSize(_) => {
            "the headers are too large"
        }
        WasiError::HttpRequestLengthRequired => "the length of the body must be declared",
        WasiError::HttpProtocolError => "what it sent is not http, or its framing is broken",
        WasiError::HttpResponseTransferCoding(_) => "its transfer coding is not supported",
        WasiError::HttpResponseContentCoding(_) => "its content coding is not supported",
        WasiError::HttpResponseHeaderSize(_) => "one of its headers is too large",
        WasiError::HttpUpgradeFailed => "it did not switch protocols",
        other => return other.to_string(),
    };
    words.to_owned()
}
