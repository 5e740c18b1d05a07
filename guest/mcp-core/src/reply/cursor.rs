//! Where a broken legacy stream is resumed (2025-11-25, "Resumability and Redelivery").

use core::time::Duration;

use crate::limits::{
    DEFAULT_RETRY, EVENT_ID_BYTES, MAX_RETRY, MIN_RETRY, UNPRODUCTIVE_RESUMPTIONS,
};
use crate::sse::Decoder;

/// The place in a stream, across all the connections that carried it.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    event_id: Option<String>,
    retry: Option<Duration>,
    unproductive: u32,
}

impl Cursor {
    /// Moves on to where a connection got.
    pub(crate) fn advance(&mut self, stream: &Decoder) {
        self.retry = stream.retry().or(self.retry);
        let Some(id) = stream.last_event_id() else {
            return;
        };
        if self.event_id.as_deref() != Some(id) {
            self.unproductive = 0;
        }
        // An empty id is a reset: the stream is not resumable from here.
        self.event_id = is_resumable(id).then(|| id.to_owned());
    }

    /// The id to send as `Last-Event-ID`.
    pub(crate) fn event_id(&self) -> Option<&str> {
        self.event_id.as_deref()
    }

    /// How long to wait before the next try, if there is one.
    pub(crate) fn next_try(&mut self) -> Option<Duration> {
        if self.event_id.is_none() || self.unproductive >= UNPRODUCTIVE_RESUMPTIONS {
            return None;
        }
        self.unproductive += 1;
        Some(self.pause())
    }

    /// How long the server wants to be left alone before a try.
    pub(crate) fn pause(&self) -> Duration {
        self.retry.unwrap_or(DEFAULT_RETRY).clamp(MIN_RETRY, MAX_RETRY)
    }
}

/// Whether an id can be the value of a field.
fn is_resumable(id: &str) -> bool {
    (1..=EVENT_ID_BYTES).contains(&id.len())
        && id.bytes().all(|byte| byte == b'\t' || byte >= 0x20 && byte != 0x7F)
}
