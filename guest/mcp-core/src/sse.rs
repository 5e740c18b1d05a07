//! A decoder of `text/event-stream` (WHATWG HTML section 9.2), over bytes.
//!
//! Bytes may be split anywhere: inside a character, a field name, or between the CR and the LF of
//! a line end. The data of an event is copied once, from the chunk into the event, however long
//! its line is: only the beginning of a line whose field is not known yet is kept aside.
//!
//! Limits: the data of an event, and any other line, are at most the limit given to
//! [`Decoder::new`], in bytes. Comments are skipped without being kept.

use core::time::Duration;
use std::string::FromUtf8Error;

/// One dispatched event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; empty where there was none, which means `message`.
    pub kind: String,
    /// The `data` lines, joined by LF. Empty in a priming event. An error carries bytes that are not
    /// UTF-8: whether that matters depends on who wants to read the event.
    pub data: Result<String, FromUtf8Error>,
}

/// An event or a line is larger than the limit: the stream cannot be decoded any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of {seen} bytes or more exceeds the limit of {limit}")]
pub struct TooLarge {
    /// The limit in bytes.
    pub limit: usize,
    /// How much had arrived.
    pub seen: usize,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const DATA_PREFIX: &[u8] = b"data:";

/// Where in a line the next byte falls.
#[derive(Clone, Copy, Debug)]
enum Position {
    /// At its beginning, or in a part of it that is kept in `partial`.
    Undecided,
    /// In the value of a `data` field.
    Data,
    /// In a comment.
    Comment,
}

/// The decoder's state between chunks.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// How many bytes of a byte order mark the stream began with, until that is decided.
    mark: Option<usize>,
    /// Whether the last byte was a CR, so that a LF right after it belongs to the same line end.
    after_cr: bool,
    position: Position,
    partial: Vec<u8>,
    data: Option<Vec<u8>>,
    kind: String,
    pending_id: Option<String>,
    last_event_id: Option<String>,
    retry: Option<Duration>,
}

impl Decoder {
    /// A decoder at the beginning of a stream; `limit` is in bytes, see the module.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            mark: Some(0),
            after_cr: false,
            position: Position::Undecided,
            partial: Vec::new(),
            data: None,
            kind: String::new(),
            pending_id: None,
            last_event_id: None,
            retry: None,
        }
    }

    /// The id of the last event, for `Last-Event-ID`. Empty when the server reset it.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// How long the server wants a client to wait before it reconnects.
    #[must_use]
    pub const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Decodes the next bytes and hands every event they complete to `dispatch`, in order.
    ///
    /// # Errors
    ///
    /// [`TooLarge`], after the events before it were dispatched. The stream is of no further
    /// use then.
    pub fn feed(&mut self, bytes: &[u8], mut dispatch: impl FnMut(Event)) -> Result<(), TooLarge> {
        let mut rest = self.skip_mark(bytes);
        while !rest.is_empty() {
            if core::mem::take(&mut self.after_cr) && rest.first() == Some(&b'\n') {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                return self.line_part(rest);
            };
            let (line, tail) = rest.split_at(end);
            self.line_end(line, &mut dispatch)?;
            self.after_cr = tail.first() == Some(&b'\r');
            rest = tail.get(1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Drops a byte order mark at the beginning of the stream, even one in pieces.
    fn skip_mark<'a>(&mut self, mut bytes: &'a [u8]) -> &'a [u8] {
        while let Some(matched) = self.mark {
            let Some(byte) = bytes.first() else { break };
            if BYTE_ORDER_MARK.get(matched) == Some(byte) {
                bytes = bytes.get(1..).unwrap_or_default();
                self.mark = (matched + 1 < BYTE_ORDER_MARK.len()).then_some(matched + 1);
            } else {
                // Not a mark after all: what matched so far begins the first line.
                self.partial.extend_from_slice(BYTE_ORDER_MARK.get(..matched).unwrap_or_default());
                self.mark = None;
            }
        }
        bytes
    }

    /// Takes a piece of a line that goes on in the next chunk.
    fn line_part(&mut self, piece: &[u8]) -> Result<(), TooLarge> {
        match self.position {
            Position::Comment => Ok(()),
            Position::Data => self.append_data(piece),
            Position::Undecided if self.partial.is_empty() => self.begin_line(piece),
            // Long enough to have been judged before, and found to be neither data nor a comment.
            Position::Undecided if self.partial.len() > DATA_PREFIX.len() => {
                self.append_partial(piece)
            }
            Position::Undecided => {
                let line = self.take_partial(piece);
                self.begin_line(&line)
            }
        }
    }

    /// Decides what an unfinished line is, as soon as that can be told.
    fn begin_line(&mut self, line: &[u8]) -> Result<(), TooLarge> {
        if line.first() == Some(&b':') {
            self.position = Position::Comment;
            return Ok(());
        }
        // One byte beyond the colon is needed: a space there is not part of the value.
        match line.strip_prefix(DATA_PREFIX) {
            Some(value) if !value.is_empty() => {
                self.position = Position::Data;
                self.begin_data_line();
                self.append_data(strip_space(value))
            }
            _ => self.append_partial(line),
        }
    }

    fn line_end(&mut self, piece: &[u8], dispatch: &mut impl FnMut(Event)) -> Result<(), TooLarge> {
        match core::mem::replace(&mut self.position, Position::Undecided) {
            Position::Comment => Ok(()),
            Position::Data => self.append_data(piece),
            Position::Undecided if self.partial.is_empty() => self.line(piece, dispatch),
            Position::Undecided => {
                let line = self.take_partial(piece);
                self.line(&line, dispatch)
            }
        }
    }

    /// Interprets a whole line.
    fn line(&mut self, line: &[u8], dispatch: &mut impl FnMut(Event)) -> Result<(), TooLarge> {
        if line.is_empty() {
            return self.end_event(dispatch);
        }
        if line.first() == Some(&b':') {
            return Ok(());
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => {
                let (field, value) = line.split_at(colon);
                (field, strip_space(value.get(1..).unwrap_or_default()))
            }
            None => (line, &[][..]),
        };
        if field == b"data" {
            self.begin_data_line();
            return self.append_data(value);
        }
        if line.len() > self.limit {
            return Err(TooLarge { limit: self.limit, seen: line.len() });
        }
        match field {
            // A kind that is not UTF-8 is none that anybody knows, which it stays when repaired.
            b"event" => self.kind = String::from_utf8_lossy(value).into_owned(),
            // The specification ignores an id with a NUL. One that is not UTF-8 could not be given
            // back, and is ignored as well.
            b"id" if !value.contains(&0) => {
                self.pending_id =
                    String::from_utf8(value.to_vec()).ok().or_else(|| self.pending_id.take());
            }
            b"retry" => self.retry = milliseconds(value).or(self.retry),
            _ => {}
        }
        Ok(())
    }

    fn end_event(&mut self, dispatch: &mut impl FnMut(Event)) -> Result<(), TooLarge> {
        // An `id` counts only once its event is complete, and it also counts without data.
        if let Some(id) = self.pending_id.take() {
            self.last_event_id = Some(id);
        }
        let kind = core::mem::take(&mut self.kind);
        if let Some(data) = self.data.take() {
            dispatch(Event { kind, data: String::from_utf8(data) });
        }
        Ok(())
    }

    fn begin_data_line(&mut self) {
        match &mut self.data {
            Some(data) => data.push(b'\n'),
            None => self.data = Some(Vec::new()),
        }
    }

    fn append_data(&mut self, piece: &[u8]) -> Result<(), TooLarge> {
        let limit = self.limit;
        append(self.data.get_or_insert_default(), piece, limit)
    }

    /// The kept beginning of a line with its next piece. What the line turns out to be decides
    /// how the limit applies, so that the outcome does not depend on where chunks were cut.
    fn take_partial(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut line = core::mem::take(&mut self.partial);
        line.extend_from_slice(piece);
        line
    }

    fn append_partial(&mut self, piece: &[u8]) -> Result<(), TooLarge> {
        append(&mut self.partial, piece, self.limit)
    }
}

fn append(buffer: &mut Vec<u8>, piece: &[u8], limit: usize) -> Result<(), TooLarge> {
    let seen = buffer.len().saturating_add(piece.len());
    if seen > limit {
        return Err(TooLarge { limit, seen });
    }
    buffer.extend_from_slice(piece);
    Ok(())
}

fn strip_space(value: &[u8]) -> &[u8] {
    value.strip_prefix(b" ").unwrap_or(value)
}

/// A `retry` value: ASCII digits only, anything else is ignored.
fn milliseconds(value: &[u8]) -> Option<Duration> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = core::str::from_utf8(value).ok()?.parse().unwrap_or(u64::MAX);
    Some(Duration::from_millis(number))
}

#[cfg(test)]
mod tests;
