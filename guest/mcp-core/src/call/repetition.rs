//! When a request is sent again.
//!
//! Twice is once too often for whatever changes something. So a request is repeated where it cannot
//! have been processed, or where that makes no difference; and once, because a server that fails
//! twice in a row will do so again.

use core::time::Duration;

use crate::limits::RETRY_AFTER_AT_MOST;
use crate::reply::Refusal;
use sandbar_exchange::{ErrorCode, Failure, Processed};

/// The repetitions of one request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repetitions {
    /// It was sent again on a new connection.
    reconnected: bool,
    /// It was sent again after the server had asked for patience.
    waited: bool,
}

impl Repetitions {
    /// Whether to send a request again whose connection was lost: servers close connections without
    /// a word, and a client that keeps them for later meets that first (RFC 9110 section 9.2.2).
    pub(super) fn after_loss(&mut self, method: &str, failure: &Failure) -> bool {
        is_loss(method, failure) && !core::mem::replace(&mut self.reconnected, true)
    }

    /// How long to wait before a request is sent again that the server refused for now. One that was
    /// refused with 429 was not processed; a 503 may come from something in between.
    pub(super) fn after_refusal(&mut self, method: &str, refusal: &Refusal) -> Option<Duration> {
        let allowed = match refusal.status() {
            429 => true,
            503 => changes_nothing(method),
            _ => false,
        };
        let wait = refusal.retry_after().filter(|wait| allowed && *wait <= RETRY_AFTER_AT_MOST)?;
        (!core::mem::replace(&mut self.waited, true)).then_some(wait)
    }
}

/// Whether a failure is that of a connection on which the request may be repeated.
pub(super) fn is_loss(method: &str, failure: &Failure) -> bool {
    match failure.code {
        ErrorCode::ConnectionFailed(_) => {
            failure.processed == Processed::Never || changes_nothing(method)
        }
        ErrorCode::IncompleteBody => changes_nothing(method),
        _ => false,
    }
}

/// Whether a message has no effect, or the same effect when it comes twice. `initialize` begins a
/// session that nobody uses, which servers forget.
pub(super) fn changes_nothing(method: &str) -> bool {
    matches!(
        method,
        "initialize"
            | "server/discover"
            | "ping"
            | "tasks/get"
            | "tasks/result"
            | "tasks/cancel"
            | "tools/list"
            | "resources/list"
            | "resources/templates/list"
            | "resources/read"
            | "prompts/list"
            | "prompts/get"
            | "completion/complete"
            | "notifications/initialized"
            | "notifications/cancelled"
    )
}
