//! Between the types of `wit/` and those of the protocol.

use crate::bindings::exports::sandbar::http::client::{ErrorCode, Request, Response};
use crate::bindings::sandbar::http::types as wit;
use sandbar_protocol::http as wire;
use std::time::Duration;

pub(crate) use sandbar_protocol::client::RequestError;

pub(crate) fn request(request: Request) -> wire::HttpRequest {
    let timeouts = request.timeouts;
    wire::HttpRequest {
        method: request.method,
        url: request.url,
        fields: request
            .fields
            .into_iter()
            .map(|field| wire::Field { name: field.name, value: field.value })
            .collect(),
        body: request.body,
        redirects: match request.redirects {
            wit::RedirectPolicy::Follow => wire::RedirectPolicy::Follow,
            wit::RedirectPolicy::Stop => wire::RedirectPolicy::Stop,
        },
        timeouts: wire::Timeouts {
            connect: timeouts.connect.map(Duration::from_nanos),
            first_byte: timeouts.first_byte.map(Duration::from_nanos),
            idle: timeouts.idle.map(Duration::from_nanos),
            total: timeouts.total.map(Duration::from_nanos),
        },
    }
}

/// The head of a response. An executor that does not say where it came from
/// followed no redirect that it tells of: `url` is where it was sent.
pub(crate) fn response(head: wire::Head, url: String) -> Response {
    Response {
        status: head.status,
        fields: head
            .fields
            .into_iter()
            .map(|field| wit::Field { name: field.name, value: field.value })
            .collect(),
        url: head.url.unwrap_or(url),
    }
}

pub(crate) fn request_error(error: RequestError) -> ErrorCode {
    match error {
        RequestError::Closed => {
            ErrorCode::Disconnected("the connection to the executor was lost".into())
        }
        RequestError::Invalid(invalid) => ErrorCode::InvalidRequest(invalid.to_string()),
        other => ErrorCode::Other(Some(other.to_string())),
    }
}

pub(crate) fn error(error: wire::ErrorCode) -> ErrorCode {
    use ErrorCode as Wit;
    use wire::ErrorCode as Wire;
    match error {
        Wire::Denied { reason, rule } => Wit::Denied(wit::Denial { reason, rule }),
        Wire::InvalidRequest { reason } => Wit::InvalidRequest(reason),
        Wire::Dns { reason } => Wit::Dns(reason),
        Wire::ConnectionRefused => Wit::ConnectionRefused,
        Wire::ConnectionFailed { reason } => Wit::ConnectionFailed(reason),
        Wire::ConnectTimeout => Wit::ConnectTimeout,
        Wire::Tls { reason } => Wit::Tls(reason),
        Wire::FirstByteTimeout => Wit::FirstByteTimeout,
        Wire::IdleTimeout => Wit::IdleTimeout,
        Wire::TotalTimeout => Wit::TotalTimeout,
        Wire::Protocol { reason } => Wit::Protocol(reason),
        Wire::IncompleteBody => Wit::IncompleteBody,
        Wire::LimitExceeded { name, value } => Wit::LimitExceeded(wit::Limit { name, value }),
        Wire::Redirect { reason } => Wit::Redirect(reason),
        Wire::Sequence { expected, received } => {
            Wit::Sequence(wit::SequenceError { expected, received })
        }
        Wire::Disconnected { reason } => Wit::Disconnected(reason),
        Wire::Cancelled => Wit::Cancelled,
        Wire::Peer { code, message } => Wit::Peer(wit::RpcError { code, message }),
        Wire::Other { reason } => Wit::Other(reason),
        // The protocol may learn new cases before the contract does.
        other => Wit::Other(Some(other.to_string())),
    }
}
