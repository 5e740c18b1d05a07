//! What gives a request up, in either direction (2025-11-25, "Cancellation").

/// The notification that gives the request with this id up; `id` is JSON text.
pub(crate) fn of(id: &str, reason: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id},"reason":"{reason}"}}}}"#
    )
}

/// Why a server's question is withdrawn.
pub(crate) const ITS_REQUEST: &str = "the request that it belongs to was given up";
/// Why a server's question is withdrawn.
pub(crate) const ITS_SESSION: &str = "the session that it belongs to is gone";
/// Why an agent's request is given up at the end.
pub(crate) const ITS_AGENT: &str = "the client is gone";
