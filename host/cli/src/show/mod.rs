//! What is shown: results on standard output, all else on standard error.
//!
//! What a server sent is shown on a terminal through `terminal.rs` alone.

mod bars;
mod stderr;
pub(crate) mod stdout;
mod terminal;

pub(crate) use bars::{DownloadBar, describe};
pub(crate) use stderr::Console;
pub(crate) use terminal::{TerminalDecoder, visible_json, visible_line, visible_text};
