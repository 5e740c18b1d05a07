//! A body as numbered deltas: the sending end, the receiving end, the credit between them, and the
//! pace where there is none.
//!
//! Deltas of a stream count from 1 without a gap. The last one is terminal and says whether the
//! body is complete. Only a clean terminal delta makes a clean end.

mod byte_queue;
mod receiver;
mod sender;
mod token_bucket;

pub use receiver::{Incoming, Read, Receiver, Violation};
pub use sender::{Outgoing, Sender};
pub use token_bucket::TokenBucket;
