//! What whoever asked is told: the one place where our errors become those of the executor interface.

use std::io::ErrorKind;

use sandbar_exchange::ErrorCode;

use super::error::{DialError, with_cause};
use super::limits::DialLimit;

impl DialError {
    /// The way in which the exchange failed, as `sandbar:http` has it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(denial) => ErrorCode::Denied(denial.to_string()),
            Self::InvalidRequest(invalid) => ErrorCode::InvalidRequest(invalid.to_string()),
            Self::RequestBody { source } => {
                ErrorCode::Other(format!("the body of the request failed: {source}"))
            }
            Self::LimitExceeded(limit) => limit_exceeded(*limit),
            Self::Dns { source, .. } => ErrorCode::Dns(source.to_string()),
            Self::ConnectionRefused { .. } => ErrorCode::ConnectionRefused,
            Self::Connect { source, .. } => connect(source),
            Self::ConnectTimeout { .. } => ErrorCode::ConnectTimeout,
            Self::Proxy(failure) => ErrorCode::ConnectionFailed(with_cause(failure)),
            Self::Tls { source, .. } => ErrorCode::Tls(with_cause(source)),
            Self::ClosedBeforeRequest
            | Self::NotTaken { .. }
            | Self::ConnectionClosed { .. }
            | Self::Unresponsive { .. } => ErrorCode::ConnectionFailed(self.to_string()),
            Self::FirstByteTimeout { .. } => ErrorCode::FirstByteTimeout,
            Self::IdleTimeout { .. } => ErrorCode::IdleTimeout,
            Self::TotalTimeout { .. } => ErrorCode::TotalTimeout,
            Self::ResponseIncomplete { .. } => ErrorCode::IncompleteBody,
            Self::InvalidResponse(invalid) => ErrorCode::Protocol(invalid.to_string()),
            Self::Protocol { .. } => {
                ErrorCode::Protocol("what it sent is not http, or its framing is broken".to_owned())
            }
        }
    }

    /// Whether the server cannot have acted on the request: there was no connection to send it on, or
    /// it was gone, or the server says so.
    pub fn is_unsent(&self) -> bool {
        match self {
            Self::Denied(_)
            | Self::InvalidRequest(_)
            | Self::LimitExceeded(
                DialLimit::ConnectionsPerHost { .. }
                | DialLimit::Rule { setting: "concurrent" | "request_bytes", .. },
            )
            | Self::Dns { .. }
            | Self::ConnectionRefused { .. }
            | Self::Connect { .. }
            | Self::ConnectTimeout { .. }
            | Self::ClosedBeforeRequest
            | Self::NotTaken { .. }
            | Self::Proxy(_)
            | Self::Tls { .. } => true,
            Self::LimitExceeded(DialLimit::ResponseHead { .. } | DialLimit::Rule { .. })
            | Self::RequestBody { .. }
            | Self::ConnectionClosed { .. }
            | Self::Unresponsive { .. }
            | Self::FirstByteTimeout { .. }
            | Self::IdleTimeout { .. }
            | Self::TotalTimeout { .. }
            | Self::ResponseIncomplete { .. }
            | Self::InvalidResponse(_)
            | Self::Protocol { .. } => false,
        }
    }
}

fn limit_exceeded(limit: DialLimit) -> ErrorCode {
    let (setting, value) = match limit {
        DialLimit::ResponseHead { bytes, .. } => ("response_head", u64::from(bytes)),
        DialLimit::Rule { setting, value } => (setting, value),
        DialLimit::ConnectionsPerHost { connections } => {
            ("connections_per_host", u64::from(connections))
        }
    };
    ErrorCode::LimitExceeded(sandbar_exchange::Limit {
        setting: setting.to_owned(),
        value: Some(value),
    })
}

fn connect(error: &std::io::Error) -> ErrorCode {
    match error.kind() {
        ErrorKind::TimedOut => ErrorCode::ConnectTimeout,
        _ => ErrorCode::ConnectionFailed(error.to_string()),
    }
}
