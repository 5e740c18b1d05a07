//! A body as numbered deltas: the sending end, the receiving end, and the credit between them.
//!
//! Deltas of a stream count from 1 without a gap. The last one is terminal and says whether the
//! body is complete. Only a clean terminal delta makes a clean end.

mod byte_queue;
mod receiver;
mod sender;

pub use receiver::{Incoming, Read, Receiver, Summary, Violation};
pub use sender::{Outgoing, Sender};
