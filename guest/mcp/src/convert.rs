//! Between the types of `wit/` and those of the core.

use crate::bindings::sandbar::mcp::types as wit;
use sandbar_exchange::{Deadline, Phase};
use sandbar_mcp_core as core;

/// The part of the options that the core wants.
pub(crate) fn config(options: wit::SessionOptions) -> core::SessionConfig {
    let idle_timeout = Deadline::of(Phase::Idle, &options.deadlines);
    core::SessionConfig {
        url: options.url,
        fields: options.fields,
        client_info: options.client_info,
        capabilities: options.capabilities,
        era: options.era.map(|era| match era {
            wit::Era::Modern => core::Era::Modern,
            wit::Era::Legacy => core::Era::Legacy,
        }),
        max_message_bytes: options.max_message_bytes,
        idle_timeout,
        listens: options.listens,
        log_level: options.log_level.map(|level| match level {
            wit::LogLevel::Debug => core::LogLevel::Debug,
            wit::LogLevel::Info => core::LogLevel::Info,
            wit::LogLevel::Notice => core::LogLevel::Notice,
            wit::LogLevel::Warning => core::LogLevel::Warning,
            wit::LogLevel::Error => core::LogLevel::Error,
            wit::LogLevel::Critical => core::LogLevel::Critical,
            wit::LogLevel::Alert => core::LogLevel::Alert,
            wit::LogLevel::Emergency => core::LogLevel::Emergency,
        }),
    }
}

/// The same for messages of another client.
pub(crate) fn relay_config(options: wit::UpstreamOptions) -> core::RelayConfig {
    core::RelayConfig {
        idle_timeout: Deadline::of(Phase::Idle, &options.deadlines),
        url: options.url,
        fields: options.fields,
        max_message_bytes: options.max_message_bytes,
    }
}

pub(crate) fn description(known: core::ServerDescription) -> wit::ServerDescription {
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
        change: notification.change.map(|change| match change {
            core::Change::Tools => wit::Change::Tools,
            core::Change::Prompts => wit::Change::Prompts,
            core::Change::Resources => wit::Change::Resources,
            core::Change::Resource(uri) => wit::Change::Resource(uri),
            core::Change::Missed => wit::Change::Missed,
            core::Change::Unheard => wit::Change::Unheard,
        }),
    }
}

pub(crate) fn rpc_error_from_wit(error: wit::RpcError) -> core::RpcError {
    core::RpcError { code: error.code, message: error.message, data: error.data }
}

pub(crate) fn error(error: core::Error) -> wit::Error {
    use core::Error;
    match error {
        Error::Http(failure) => wit::Error::Http(failure),
        Error::Status(status) => wit::Error::Status(wit::StatusError {
            request: status.request,
            redirected_to: status.redirected_to,
            retry_after: status
                .retry_after
                .map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)),
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
        Error::Misuse(what) => wit::Error::Internal(what.to_owned()),
    }
}
