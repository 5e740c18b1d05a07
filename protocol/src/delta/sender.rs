use alloc::vec::Vec;

use sandbar_exchange::Failure;

use super::byte_queue::ByteQueue;
use crate::limits::{DELTA_BYTES, SEND_BUFFER_BYTES};

/// Turns the chunks of a body into numbered deltas.
///
/// Chunks that wait are merged and split, so that a delta carries [`DELTA_BYTES`] at most and a
/// burst of small chunks becomes few deltas. With credit, no more bytes leave than were granted;
/// the terminal delta needs none.
#[derive(Debug)]
pub struct Sender {
    queue: ByteQueue,
    next_seq: u64,
    /// Bytes that may still be sent; `None` where credit was not negotiated.
    credit: Option<u64>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Open,
    /// The outcome follows the queued bytes.
    Ending(Result<(), Failure>),
    /// The terminal delta has been taken.
    Ended,
}

/// A delta to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// Bytes, at least one.
    Data {
        /// Its number.
        seq: u64,
        /// At most [`DELTA_BYTES`].
        bytes: Vec<u8>,
    },
    /// The last delta.
    End {
        /// Its number.
        seq: u64,
        /// Whether the body is complete.
        outcome: Result<(), Failure>,
    },
}

impl Sender {
    /// A sender of a new stream. `credit` is what the receiver granted at first, in bytes, or
    /// `None` if it does not grant at all.
    pub fn new(credit: Option<u64>) -> Self {
        Self { queue: ByteQueue::default(), next_seq: 1, credit, phase: Phase::Open }
    }

    /// Bytes that are queued.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Bytes that may be pushed now: what fits the buffer of [`SEND_BUFFER_BYTES`] and, with
    /// credit, what can be sent without another grant. Hence queued bytes never wait for the
    /// receiver, and a slow one keeps nothing of what the streams of a connection share.
    pub fn room(&self) -> usize {
        if !self.is_open() {
            return 0;
        }
        let allowed = match self.credit {
            Some(credit) => usize::try_from(credit).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        SEND_BUFFER_BYTES.min(allowed).saturating_sub(self.queue.len())
    }

    /// Queues bytes. More than [`Self::room`] are taken too, and wait. After the end they are
    /// dropped.
    pub fn push(&mut self, bytes: Vec<u8>) {
        if self.is_open() {
            self.queue.push(bytes);
        }
    }

    /// Ends the stream after what is queued. Only the first end counts.
    pub fn finish(&mut self, outcome: Result<(), Failure>) {
        if self.is_open() {
            self.phase = Phase::Ending(outcome);
        }
    }

    /// Ends the stream now: what is queued is dropped, and an end that waits is replaced.
    pub fn abort(&mut self, failure: Failure) {
        if !matches!(self.phase, Phase::Ended) {
            self.queue.clear();
            self.phase = Phase::Ending(Err(failure));
        }
    }

    /// Adds to the credit. Without credit it does nothing.
    pub fn grant(&mut self, bytes: u64) {
        self.credit = self.credit.map(|credit| credit.saturating_add(bytes));
    }

    /// Whether [`Self::poll_delta`] would return a delta.
    pub fn is_ready(&self) -> bool {
        match (self.queue.is_empty(), &self.phase) {
            (false, _) => self.credit != Some(0),
            (true, phase) => matches!(phase, Phase::Ending(_)),
        }
    }

    /// Whether bytes may still follow.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// The next delta that may be sent.
    pub fn poll_delta(&mut self) -> Option<Outgoing> {
        if !self.is_ready() {
            return None;
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        if self.queue.is_empty() {
            return match core::mem::replace(&mut self.phase, Phase::Ended) {
                Phase::Ending(outcome) => Some(Outgoing::End { seq, outcome }),
                Phase::Open | Phase::Ended => None,
            };
        }
        let bytes = self.queue.take(self.next_len());
        if let Some(credit) = &mut self.credit {
            *credit -= bytes.len() as u64;
        }
        Some(Outgoing::Data { seq, bytes })
    }

    fn next_len(&self) -> usize {
        match self.credit {
            Some(credit) => DELTA_BYTES.min(usize::try_from(credit).unwrap_or(usize::MAX)),
            None => DELTA_BYTES,
        }
    }
}
