//! What both ends of the delta protocol need inside of a component: waiting for
//! one another, and lines of JSON-RPC over byte streams.

mod lines;
mod signal;

pub use lines::{Ended, read_lines, write_lines};
pub use signal::Signal;
