//! What both ends of the delta protocol need inside of a component: waiting for
//! one another, and lines of JSON-RPC over byte streams.

mod lines;
mod signal;

pub use lines::{Ended, LineReader, LineWriter};
pub use signal::Signal;
