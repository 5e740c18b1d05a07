//! Between the types of `wit/` and those of the protocol.

use crate::bindings::sandbar::http::types as wit;
use sandbar_protocol::http::{self as wire, REQUEST_METHOD};
use std::time::Duration;

pub(crate) fn request(request: wire::HttpRequest) -> wit::Request {
    wit::Request {
        method: request.method,
        url: request.url,
        fields: request
            .fields
            .into_iter()
            .map(|field| wit::Field { name: field.name, value: field.value })
            .collect(),
        body: request.body,
        redirects: match request.redirects {
            wire::RedirectPolicy::Follow => wit::RedirectPolicy::Follow,
            wire::RedirectPolicy::Stop => wit::RedirectPolicy::Stop,
        },
        timeouts: wit::Timeouts {
            connect: request.timeouts.connect.map(nanoseconds),
            first_byte: request.timeouts.first_byte.map(nanoseconds),
            idle: request.timeouts.idle.map(nanoseconds),
            // Kept here: see `exchange`.
            total: None,
        },
    }
}

/// Saturates: 584 years are as good as for ever.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn head(response: wit::Response) -> wire::Head {
    wire::Head {
        status: response.status,
        fields: response
            .fields
            .into_iter()
            .map(|field| wire::Field { name: field.name, value: field.value })
            .collect(),
        url: Some(response.url),
    }
}

pub(crate) fn error(code: wit::ErrorCode) -> wire::ErrorCode {
    use wire::ErrorCode as Wire;
    use wit::ErrorCode as Wit;
    match code {
        Wit::Denied(denial) => Wire::Denied { reason: denial.reason, rule: denial.rule },
        Wit::InvalidRequest(reason) => Wire::InvalidRequest { reason: stock_words(reason) },
        Wit::Dns(reason) => Wire::Dns { reason },
        Wit::ConnectionRefused => Wire::ConnectionRefused,
        Wit::ConnectionFailed(reason) => Wire::ConnectionFailed { reason },
        Wit::ConnectTimeout => Wire::ConnectTimeout,
        Wit::Tls(reason) => Wire::Tls { reason },
        Wit::FirstByteTimeout => Wire::FirstByteTimeout,
        Wit::IdleTimeout => Wire::IdleTimeout,
        Wit::TotalTimeout => Wire::TotalTimeout,
        Wit::Protocol(reason) => Wire::Protocol { reason },
        Wit::IncompleteBody => Wire::IncompleteBody,
        Wit::LimitExceeded(limit) => Wire::LimitExceeded { name: limit.name, value: limit.value },
        Wit::Redirect(reason) => Wire::Redirect { reason },
        Wit::Sequence(error) => {
            Wire::Sequence { expected: error.expected, received: error.received }
        }
        Wit::Disconnected(reason) => Wire::Disconnected { reason },
        Wit::Cancelled => Wire::Cancelled,
        Wit::Peer(error) => Wire::Peer { code: error.code, message: error.message },
        Wit::Other(reason) => Wire::Other { reason },
    }
}

/// The words that stock clients know begin with the method. A relay's executor
/// has said it already.
fn stock_words(reason: String) -> String {
    match reason.starts_with(REQUEST_METHOD) {
        true => reason,
        false => format!("{REQUEST_METHOD} {reason}"),
    }
}
