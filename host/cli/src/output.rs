//! Standard output: results, and nothing else.

use crate::failure::Failure;
use crate::json::JsonText;
use crate::terminal::visible_text;
use std::io::{self, IsTerminal as _, Write as _};

/// Writes a text of the server, with a line break at its end. A file or a pipe gets every
/// character, a terminal none that it would obey.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    if io::stdout().is_terminal() { write(&visible_text(text)) } else { write(text) }
}

/// Writes JSON on one line.
pub(crate) fn json(json: &str) -> Result<(), Failure> {
    write(&JsonText::one_line(json))
}

fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let line_break: &[u8] = if text.ends_with('\n') { b"" } else { b"\n" };
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.write_all(line_break))
        .and_then(|()| stdout.flush())
        .map_err(Failure::Output)
}
