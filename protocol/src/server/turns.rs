use alloc::collections::{BTreeSet, VecDeque};
use core::time::Duration;

use super::CallId;
use super::call::Stream;
use crate::delta::TokenBucket;
use crate::limits::{PACED_BODY_BURST_BYTES, PACED_BYTE_INTERVAL};

/// Which stream sends a delta next.
///
/// Streams take turns of one delta. Where credit was not negotiated, nothing tells how fast the
/// client reads, so a stream whose turn comes too early waits aside for its time while the others
/// go on. A stream stands in one queue at most, hence all of them are bounded by the table of
/// calls.
#[derive(Debug)]
pub(super) struct Turns {
    /// Streams that may send, as far as is known, in order.
    queue: VecDeque<CallId>,
    /// Streams that have sent too many deltas, by when they may send another.
    awaiting_delta: BTreeSet<(Duration, CallId)>,
    /// Streams whose connection has sent too many bytes, in order.
    awaiting_bytes: VecDeque<CallId>,
    /// Body bytes that the paced streams of the connection may send together.
    bytes: TokenBucket,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            awaiting_delta: BTreeSet::new(),
            awaiting_bytes: VecDeque::new(),
            bytes: TokenBucket::new(PACED_BODY_BURST_BYTES, PACED_BYTE_INTERVAL),
        }
    }
}

impl Turns {
    /// Queues a stream for its next turn; it must not stand in a queue already.
    pub(super) fn push(&mut self, call: CallId) {
        self.queue.push_back(call);
    }

    /// The stream whose turn it is. It stands in no queue any more.
    pub(super) fn next(&mut self, now: Duration) -> Option<CallId> {
        self.queue_those_due(now);
        // They have had their turn, and waited for the others' bytes since.
        if self.bytes.ready_at() <= now
            && let Some(call) = self.awaiting_bytes.pop_front()
        {
            return Some(call);
        }
        self.queue.pop_front()
    }

    fn queue_those_due(&mut self, now: Duration) {
        while let Some(&(due, call)) = self.awaiting_delta.first()
            && due <= now
        {
            self.awaiting_delta.pop_first();
            self.queue.push_back(call);
        }
    }

    /// Whether a stream whose turn it is may send a delta now. If not, it waits for its time.
    pub(super) fn admit(&mut self, call: CallId, stream: &Stream, now: Duration) -> bool {
        let Some(deltas) = &stream.deltas else {
            return true;
        };
        let delta_at = deltas.ready_at().max(now);
        // The end of a stream carries no bytes.
        if stream.sender.queued() > 0 && self.bytes.ready_at() > delta_at {
            self.awaiting_bytes.push_back(call);
            return false;
        }
        if delta_at > now {
            self.awaiting_delta.insert((delta_at, call));
            return false;
        }
        true
    }

    /// A stream sends a delta with so many body bytes.
    pub(super) fn spend(&mut self, stream: &mut Stream, now: Duration, bytes: usize) {
        if let Some(deltas) = &mut stream.deltas {
            deltas.take(now, 1);
            self.bytes.take(now, u32::try_from(bytes).unwrap_or(u32::MAX));
        }
    }

    /// Gives a stream that waits for its time its turn now.
    pub(super) fn hurry(&mut self, call: CallId) {
        let waiting = self.waiting();
        self.awaiting_delta.retain(|&(_, other)| other != call);
        self.awaiting_bytes.retain(|&other| other != call);
        if self.waiting() < waiting {
            self.queue.push_back(call);
        }
    }

    fn waiting(&self) -> usize {
        self.awaiting_delta.len() + self.awaiting_bytes.len()
    }

    /// When the first of the streams that wait for their time has its turn.
    pub(super) fn next_at(&self) -> Option<Duration> {
        let delta_at = self.awaiting_delta.first().map(|&(due, _)| due);
        let bytes_at = (!self.awaiting_bytes.is_empty()).then(|| self.bytes.ready_at());
        delta_at.into_iter().chain(bytes_at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a stream that stands in the queue once more whenever its client cancels it: nothing
    /// else bounds the queue.
    #[test]
    fn a_stream_that_waits_for_no_time_is_not_queued_again() {
        let mut turns = Turns::default();
        turns.push(CallId(1));
        turns.hurry(CallId(1));
        assert_eq!(turns.next(Duration::ZERO), Some(CallId(1)));
        assert_eq!(turns.next(Duration::ZERO), None);
    }
}
