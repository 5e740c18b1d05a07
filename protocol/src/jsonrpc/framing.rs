use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

/// Cuts a byte stream into lines, one JSON-RPC message each. Blank lines are skipped.
///
/// Holds at most one unfinished line, never more than the limit. A carriage return before the
/// newline is left to the JSON parser, which takes it for white space.
///
/// ```
/// use sandbar_protocol::jsonrpc::LineDecoder;
///
/// let mut decoder = LineDecoder::new(1024);
/// let mut input: &[u8] = b"{\"id\":1}\n\n{\"id\"";
/// assert_eq!(decoder.next_line(&mut input).unwrap().unwrap(), &b"{\"id\":1}"[..]);
/// assert!(decoder.next_line(&mut input).unwrap().is_none());
/// let mut input: &[u8] = b":2}\n";
/// assert_eq!(decoder.next_line(&mut input).unwrap().unwrap(), &b"{\"id\":2}"[..]);
/// ```
#[derive(Debug)]
pub struct LineDecoder {
    unfinished: Vec<u8>,
    limit: usize,
}

/// A line is longer than the limit. The peer's fault, and the end of the connection: where the
/// next message starts is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTooLong {
    /// The limit, in bytes without the newline.
    pub limit: usize,
}

impl fmt::Display for LineTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line is longer than {} bytes", self.limit)
    }
}

impl core::error::Error for LineTooLong {}

impl LineDecoder {
    /// A decoder that refuses lines of more than `limit` bytes, newline not counted.
    pub fn new(limit: usize) -> Self {
        Self { unfinished: Vec::new(), limit }
    }

    /// Takes bytes from the front of `input` up to the end of the next line that is not blank,
    /// and returns that line without its newline. `None` means that `input` is used up.
    ///
    /// A line that lies within `input` is borrowed from it.
    ///
    /// # Errors
    ///
    /// [`LineTooLong`]; the decoder must not be used after it.
    pub fn next_line<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<Cow<'a, [u8]>>, LineTooLong> {
        while let Some(newline) = memchr::memchr(b'\n', input) {
            let (head, rest) = input.split_at(newline);
            *input = rest.get(1..).unwrap_or_default();
            self.check(head.len())?;
            if let Some(line) = self.complete(head) {
                return Ok(Some(line));
            }
        }
        self.check(input.len())?;
        self.unfinished.extend_from_slice(input);
        *input = &[];
        Ok(None)
    }

    /// The last line, where the stream ended without a newline after it.
    pub fn finish(self) -> Option<Vec<u8>> {
        (!is_blank(&self.unfinished)).then_some(self.unfinished)
    }

    fn check(&self, more: usize) -> Result<(), LineTooLong> {
        if self.unfinished.len().saturating_add(more) > self.limit {
            return Err(LineTooLong { limit: self.limit });
        }
        Ok(())
    }

    fn complete<'a>(&mut self, head: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if self.unfinished.is_empty() {
            return (!is_blank(head)).then_some(Cow::Borrowed(head));
        }
        let mut line = core::mem::take(&mut self.unfinished);
        line.extend_from_slice(head);
        (!is_blank(&line)).then_some(Cow::Owned(line))
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}
