use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use sandbar_exchange::{BodySummary, ErrorCode, Failure, SequenceError};

use super::byte_queue::ByteQueue;
use crate::http::{Base64Error, decode_base64, decoded_len};
use crate::limits::{CONNECTION_RECEIVE_BYTES, MAX_DELTA_BYTES};
use crate::stock;

/// Turns numbered deltas back into a body, and tells a complete body from every other end.
///
/// The first violation, terminal delta or disconnection ends the stream; what came before it in
/// order is still read, what comes after it is ignored.
#[derive(Debug)]
pub struct Receiver {
    queue: ByteQueue,
    expected: u64,
    /// Bytes that were read or are queued.
    bytes: u64,
    /// Deltas that carried them.
    deltas: u64,
    credit: Option<Credit>,
    end: Option<Result<(), Failure>>,
}

/// A delta that arrived, still encoded.
#[derive(Clone, Debug)]
pub struct Incoming<'a> {
    /// Its number.
    pub seq: u64,
    /// Bytes in base64. Dropped if `end` is a failure.
    pub base64: &'a str,
    /// The outcome, if the delta is terminal.
    pub end: Option<Result<(), Failure>>,
}

/// What [`Receiver::read`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Bytes, at least one.
    Data(Vec<u8>),
    /// Nothing yet.
    Pending,
    /// The end; it stays. A summary, which has both counts, means that every byte of the body was
    /// read.
    End(Result<BodySummary, Failure>),
}

/// How a sender broke the rules of a stream. Other streams are not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A gap, a repeat, or a number that was never due.
    Sequence(SequenceError),
    /// More than [`MAX_DELTA_BYTES`] in one delta.
    Oversize,
    /// The bytes are not base64.
    Base64(Base64Error),
    /// More bytes than were granted.
    Overrun {
        /// What was left of the grant, in bytes.
        credit: usize,
    },
    /// More bytes than a connection holds. Our own limit: without credit the sender could not
    /// know of it.
    Flood,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence(error) => f.write_str(&stock::say_end(&ErrorCode::Sequence(*error))),
            Self::Oversize => write!(f, "delta is longer than {MAX_DELTA_BYTES} bytes"),
            Self::Base64(error) => error.fmt(f),
            Self::Overrun { credit } => write!(f, "delta overran the credit of {credit} bytes"),
            Self::Flood => write!(f, "queued deltas exceed {CONNECTION_RECEIVE_BYTES} bytes"),
        }
    }
}

impl core::error::Error for Violation {}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        Self::sent(match violation {
            Violation::Sequence(error) => ErrorCode::Sequence(error),
            Violation::Oversize => ErrorCode::limit("delta-bytes", MAX_DELTA_BYTES),
            Violation::Flood => {
                ErrorCode::limit("connection-receive-bytes", CONNECTION_RECEIVE_BYTES)
            }
            Violation::Base64(_) | Violation::Overrun { .. } => {
                ErrorCode::Protocol(violation.to_string())
            }
        })
    }
}

impl Receiver {
    /// A receiver of a new stream. `window` is what the sender was granted at first, in bytes;
    /// `None` if it sends what it likes.
    pub fn new(window: Option<usize>) -> Self {
        Self {
            queue: ByteQueue::default(),
            expected: 1,
            bytes: 0,
            deltas: 0,
            credit: window.map(Credit::new),
            end: None,
        }
    }

    /// Bytes that wait to be read.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Whether the stream has ended; bytes may still wait to be read.
    pub fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Takes in a delta. `room` is how many more bytes the connection holds; a stream with
    /// credit has its own account. After the end it does nothing.
    ///
    /// # Errors
    ///
    /// [`Violation`], which has ended the stream.
    pub fn handle_delta(&mut self, delta: Incoming<'_>, room: usize) -> Result<(), Violation> {
        if self.is_ended() {
            return Ok(());
        }
        match self.accept(&delta, room) {
            Ok(bytes) => {
                self.record(bytes);
                self.end = delta.end;
                Ok(())
            }
            Err(violation) => {
                self.end = Some(Err(violation.clone().into()));
                Err(violation)
            }
        }
    }

    /// Ends the stream because the connection is gone. After another end it does nothing.
    pub fn handle_disconnect(&mut self, reason: &str) {
        if !self.is_ended() {
            self.end = Some(Err(Failure::sent(ErrorCode::Disconnected(reason.into()))));
        }
    }

    /// Up to `max` bytes in order, then the end. A `max` of zero asks whether there are any, and
    /// gets [`Read::Pending`] if so.
    pub fn read(&mut self, max: usize) -> Read {
        if !self.queue.is_empty() {
            let bytes = self.queue.take(max);
            if let Some(credit) = &mut self.credit {
                credit.read += bytes.len();
            }
            return match bytes.is_empty() {
                true => Read::Pending,
                false => Read::Data(bytes),
            };
        }
        match &self.end {
            None => Read::Pending,
            Some(Ok(())) => {
                Read::End(Ok(BodySummary { bytes: Some(self.bytes), deltas: Some(self.deltas) }))
            }
            Some(Err(failure)) => Read::End(Err(failure.clone())),
        }
    }

    /// Whether enough was read since the last grant that another one is worth a message.
    pub fn wants_grant(&self) -> bool {
        let credit = self.credit.as_ref().filter(|_| !self.is_ended());
        credit.is_some_and(|credit| credit.read > 0 && credit.read >= credit.window / 2)
    }

    /// Grants what was read since the last grant, and returns how many bytes that is.
    pub fn grant(&mut self) -> usize {
        let Some(credit) = &mut self.credit else {
            return 0;
        };
        credit.left += credit.read;
        core::mem::take(&mut credit.read)
    }

    /// Checks a delta and returns its bytes.
    fn accept(&self, delta: &Incoming<'_>, room: usize) -> Result<Vec<u8>, Violation> {
        if delta.seq != self.expected {
            let (expected, received) = (self.expected, delta.seq);
            return Err(Violation::Sequence(SequenceError { expected, received }));
        }
        if matches!(delta.end, Some(Err(_))) {
            return Ok(Vec::new());
        }
        let len = decoded_len(delta.base64);
        if len > MAX_DELTA_BYTES {
            return Err(Violation::Oversize);
        }
        match &self.credit {
            Some(Credit { left, .. }) if len > *left => {
                return Err(Violation::Overrun { credit: *left });
            }
            None if len > room => return Err(Violation::Flood),
            _ => {}
        }
        decode_base64(delta.base64).map_err(Violation::Base64)
    }

    fn record(&mut self, bytes: Vec<u8>) {
        self.expected = self.expected.saturating_add(1);
        if bytes.is_empty() {
            return;
        }
        self.bytes += bytes.len() as u64;
        self.deltas += 1;
        if let Some(credit) = &mut self.credit {
            credit.left = credit.left.saturating_sub(bytes.len());
        }
        self.queue.push(bytes);
    }
}

/// The account of a sender.
#[derive(Debug)]
struct Credit {
    /// Most that the sender may hold.
    window: usize,
    /// What the sender may still send.
    left: usize,
    /// What was read and not granted again.
    read: usize,
}

impl Credit {
    fn new(window: usize) -> Self {
        Self { window, left: window, read: 0 }
    }
}
