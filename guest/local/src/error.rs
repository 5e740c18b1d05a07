//! The one place where `wasi:http` error codes become those of `sandbar:http`.

use crate::bindings::exports::sandbar::http::client::ErrorCode;
use crate::bindings::sandbar::http::types::{Denial, Limit};
use crate::bindings::wasi::http::types::ErrorCode as WasiError;

/// Translates without losing what a user needs to know: names become cases,
/// details become text.
pub(crate) fn from_wasi(error: WasiError) -> ErrorCode {
    match error {
        WasiError::HttpRequestDenied | WasiError::DestinationIpProhibited => {
            ErrorCode::Denied(Denial {
                reason: "the policy of the host forbids it".into(),
                rule: None,
            })
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
        WasiError::InternalError(text) => internal(text),
        other => by_family(&other),
    }
}

/// What a host of Sandbar says of a denial begins with this: `http-request-denied` has no room for
/// the reason, which tells the user what to do.
const DENIED: &str = "denied by policy: ";

fn internal(text: Option<String>) -> ErrorCode {
    match text.as_deref().and_then(|text| text.strip_prefix(DENIED)) {
        Some(reason) => ErrorCode::Denied(Denial { reason: reason.to_owned(), rule: None }),
        None => ErrorCode::Other(text),
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
        other => ErrorCode::Other(Some(text(other))),
    }
}

fn limit(name: &str, value: Option<u64>) -> ErrorCode {
    ErrorCode::LimitExceeded(Limit { name: name.into(), value })
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
