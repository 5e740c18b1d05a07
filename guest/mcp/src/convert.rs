//! Between the types of `wit/` and those of the core.

use crate::bindings::sandbar::http::types as http;
use crate::bindings::sandbar::mcp::types as wit;
use sandbar_mcp_core as core;
use std::time::Duration;

pub(crate) fn duration(nanoseconds: u64) -> Duration {
    Duration::from_nanos(nanoseconds)
}

/// Saturates: 584 years are as good as for ever.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) const fn call_id(call: u64) -> core::CallId {
    core::CallId(call)
}

pub(crate) fn field_to_wit(field: core::Field) -> http::Field {
    http::Field { name: field.name, value: field.value }
}

pub(crate) fn field_from_wit(field: http::Field) -> core::Field {
    core::Field { name: field.name, value: field.value }
}

/// The part of the options that the core wants.
pub(crate) fn config(options: wit::SessionOptions) -> core::SessionConfig {
    core::SessionConfig {
        fields: options.fields.into_iter().map(field_from_wit).collect(),
        client_info: core::Implementation {
            name: options.client_info.name,
            version: options.client_info.version,
            title: options.client_info.title,
        },
        capabilities: options.capabilities,
        era: options.era.map(|era| match era {
            wit::Era::Modern => core::Era::Modern,
            wit::Era::Legacy => core::Era::Legacy,
        }),
        max_message_bytes: options.max_message_bytes,
        idle_timeout: options.idle_timeout.map(duration),
    }
}

/// A session is exported only once it is open, and then it has a description;
/// the empty one is for a state that does not occur.
pub(crate) fn description(description: Option<&core::ServerDescription>) -> wit::ServerDescription {
    let Some(known) = description.cloned() else {
        return wit::ServerDescription {
            era: wit::Era::Modern,
            protocol_version: String::new(),
            supported_versions: Vec::new(),
            server_info: None,
            capabilities: "{}".to_owned(),
            instructions: None,
        };
    };
    wit::ServerDescription {
        era: match known.era {
            core::Era::Modern => wit::Era::Modern,
            core::Era::Legacy => wit::Era::Legacy,
        },
        protocol_version: known.protocol_version,
        supported_versions: known.supported_versions,
        server_info: known.server_info.map(|info| wit::Implementation {
            name: info.name,
            version: info.version,
            title: info.title,
        }),
        capabilities: known.capabilities,
        instructions: known.instructions,
    }
}

pub(crate) fn notification(notification: core::Notification) -> wit::Notification {
    wit::Notification {
        call: notification.call.map(|call| call.0),
        method: notification.method,
        params: notification.params,
        progress: notification.progress.map(|progress| wit::Progress {
            progress: progress.progress,
            total: progress.total,
            message: progress.message,
        }),
    }
}

pub(crate) fn server_request(
    request: core::ServerRequest,
) -> (core::RequestId, wit::ServerRequest) {
    let asked = wit::ServerRequest {
        call: request.call.map(|call| call.0),
        method: request.method,
        params: request.params,
    };
    (request.id, asked)
}

pub(crate) fn rpc_error_from_wit(error: wit::RpcError) -> core::RpcError {
    core::RpcError { code: error.code, message: error.message, data: error.data }
}

pub(crate) fn error(error: core::Error) -> wit::Error {
    use core::Error;
    match error {
        Error::Http(failure) => wit::Error::Http(failure_to_wit(failure)),
        Error::Status(status) => wit::Error::Status(wit::StatusError {
            status: status.status,
            content_type: status.content_type,
            preview: status.preview,
            www_authenticate: status.www_authenticate,
        }),
        Error::Rpc(error) => wit::Error::Rpc(wit::RpcError {
            code: error.code,
            message: error.message,
            data: error.data,
        }),
        Error::InvalidMessage(text) => wit::Error::InvalidMessage(text),
        Error::NoAnswer => wit::Error::NoAnswer,
        Error::LimitExceeded(limit) => wit::Error::LimitExceeded(wit::MessageLimit {
            name: limit.name.to_owned(),
            limit: limit.limit,
            seen: limit.seen,
        }),
        Error::UnsupportedVersion(versions) => wit::Error::UnsupportedVersion(versions),
        Error::SessionLost => wit::Error::SessionLost,
        Error::InputRequired(result) => wit::Error::InputRequired(result),
        Error::Cancelled => wit::Error::Cancelled,
        Error::Closed => wit::Error::Closed,
        Error::InvalidParams(text) => wit::Error::InvalidParams(text),
        // The core may learn new cases before the contract does.
        other => wit::Error::InvalidMessage(other.to_string()),
    }
}

pub(crate) fn failure_from_wit(code: http::ErrorCode) -> core::HttpFailure {
    use core::HttpFailure as Failure;
    use http::ErrorCode as Code;
    match code {
        Code::Denied(denial) => Failure::Denied { reason: denial.reason, rule: denial.rule },
        Code::InvalidRequest(text) => Failure::InvalidRequest(text),
        Code::Dns(text) => Failure::Dns(text),
        Code::ConnectionRefused => Failure::ConnectionRefused,
        Code::ConnectionFailed(text) => Failure::ConnectionFailed(text),
        Code::ConnectTimeout => Failure::ConnectTimeout,
        Code::Tls(text) => Failure::Tls(text),
        Code::FirstByteTimeout => Failure::FirstByteTimeout,
        Code::IdleTimeout => Failure::IdleTimeout,
        Code::TotalTimeout => Failure::TotalTimeout,
        Code::Protocol(text) => Failure::Protocol(text),
        Code::IncompleteBody => Failure::IncompleteBody,
        Code::LimitExceeded(limit) => {
            Failure::LimitExceeded { name: limit.name, value: limit.value }
        }
        Code::Redirect(text) => Failure::Redirect(text),
        Code::Sequence(error) => {
            Failure::Sequence { expected: error.expected, received: error.received }
        }
        Code::Disconnected(text) => Failure::Disconnected(text),
        Code::Cancelled => Failure::Cancelled,
        Code::Peer(error) => Failure::Peer { code: error.code, message: error.message },
        Code::Other(text) => Failure::Other(text),
    }
}

fn failure_to_wit(failure: core::HttpFailure) -> http::ErrorCode {
    use core::HttpFailure as Failure;
    use http::ErrorCode as Code;
    match failure {
        Failure::Denied { reason, rule } => Code::Denied(http::Denial { reason, rule }),
        Failure::InvalidRequest(text) => Code::InvalidRequest(text),
        Failure::Dns(text) => Code::Dns(text),
        Failure::ConnectionRefused => Code::ConnectionRefused,
        Failure::ConnectionFailed(text) => Code::ConnectionFailed(text),
        Failure::ConnectTimeout => Code::ConnectTimeout,
        Failure::Tls(text) => Code::Tls(text),
        Failure::FirstByteTimeout => Code::FirstByteTimeout,
        Failure::IdleTimeout => Code::IdleTimeout,
        Failure::TotalTimeout => Code::TotalTimeout,
        Failure::Protocol(text) => Code::Protocol(text),
        Failure::IncompleteBody => Code::IncompleteBody,
        Failure::LimitExceeded { name, value } => Code::LimitExceeded(http::Limit { name, value }),
        Failure::Redirect(text) => Code::Redirect(text),
        Failure::Sequence { expected, received } => {
            Code::Sequence(http::SequenceError { expected, received })
        }
        Failure::Disconnected(text) => Code::Disconnected(text),
        Failure::Cancelled => Code::Cancelled,
        Failure::Peer { code, message } => Code::Peer(http::RpcError { code, message }),
        Failure::Other(text) => Code::Other(text),
        // The core may learn new cases before the contract does.
        other => Code::Other(Some(other.to_string())),
    }
}
