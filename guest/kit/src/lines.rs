//! JSON-RPC messages as lines over byte streams.
//!
//! Both ends are cancel safe: a future of theirs that is dropped, as the task that runs it may be,
//! loses nothing, and another task can go on where it was.

use sandbar_protocol::jsonrpc::LineDecoder;
use sandbar_protocol::limits::MAX_MESSAGE_BYTES;
use std::pin::Pin;
use std::task::{Context, Poll};
use wit_bindgen::{StreamRead, StreamReader, StreamResult, StreamWrite, StreamWriter};

/// Bytes asked for with each read: a line with the largest delta that is sent fits, and need not be
/// put together from parts.
const READ_BYTES: usize = 128 * 1024;

/// Bytes after which lines are not gathered any more but written. A write costs
/// the same for a short line as for many, and a line waits for no other.
const WRITE_BYTES: usize = 64 * 1024;

/// Why no more lines come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The stream ended.
    Closed,
    /// A line is longer than any message.
    LineTooLong,
}

/// The end of a stream that lines are read from.
pub struct LineReader {
    stream: StreamReader<u8>,
    decoder: LineDecoder,
    /// What was read and not looked at yet; in between, the buffer of the next read.
    buffer: Vec<u8>,
}

impl LineReader {
    /// Reads from the beginning of a stream.
    pub fn new(stream: StreamReader<u8>) -> Self {
        Self { stream, decoder: LineDecoder::new(MAX_MESSAGE_BYTES), buffer: Vec::new() }
    }

    /// Reads lines to the end of the stream. `handle` takes each; `ready` is awaited
    /// before each read, which is where the reader is held up.
    pub async fn run(
        &mut self,
        mut handle: impl FnMut(&[u8]),
        mut ready: impl AsyncFnMut(),
    ) -> Ended {
        loop {
            let mut input = self.buffer.as_slice();
            loop {
                match self.decoder.next_line(&mut input) {
                    Ok(Some(line)) => handle(&line),
                    Ok(None) => break,
                    Err(_too_long) => return Ended::LineTooLong,
                }
            }
            self.buffer.clear();
            ready().await;
            self.buffer.reserve(READ_BYTES);
            let result = Reading::new(&mut self.stream, &mut self.buffer).await;
            if self.buffer.is_empty() && !matches!(result, StreamResult::Complete(_)) {
                return Ended::Closed;
            }
        }
    }
}

/// A read that keeps what had arrived when it is dropped.
struct Reading<'a> {
    /// None when it is over.
    read: Option<Pin<Box<StreamRead<'a, u8>>>>,
    buffer: &'a mut Vec<u8>,
}

impl<'a> Reading<'a> {
    fn new(stream: &'a mut StreamReader<u8>, buffer: &'a mut Vec<u8>) -> Self {
        let read = Box::pin(stream.read(std::mem::take(buffer)));
        Self { read: Some(read), buffer }
    }
}

impl Future for Reading<'_> {
    type Output = StreamResult;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<StreamResult> {
        let Some(read) = &mut self.read else { return Poll::Pending };
        let (result, filled) = std::task::ready!(read.as_mut().poll(cx));
        self.read = None;
        *self.buffer = filled;
        Poll::Ready(result)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some(mut read) = self.read.take() {
            (_, *self.buffer) = read.as_mut().cancel();
        }
    }
}

/// The end of a stream that lines are written to.
pub struct LineWriter {
    stream: StreamWriter<u8>,
    /// Lines that have been taken and not written.
    unsent: Vec<u8>,
}

impl LineWriter {
    /// Writes from the beginning of a stream.
    pub const fn new(stream: StreamWriter<u8>) -> Self {
        Self { stream, unsent: Vec::new() }
    }

    /// Writes what `next` yields, each text as a line, for as long as it yields some
    /// at once. Returns false when nobody reads any more.
    pub async fn run(&mut self, mut next: impl FnMut() -> Option<String>) -> bool {
        loop {
            while self.unsent.len() < WRITE_BYTES
                && let Some(line) = next()
            {
                self.unsent.extend_from_slice(line.as_bytes());
                self.unsent.push(b'\n');
            }
            if self.unsent.is_empty() {
                return true;
            }
            let result = Writing::new(&mut self.stream, &mut self.unsent).await;
            if !matches!(result, StreamResult::Complete(_)) {
                return false;
            }
        }
    }
}

/// A write that keeps what was not taken, also when it is dropped.
struct Writing<'a> {
    /// None when it is over.
    write: Option<Pin<Box<StreamWrite<'a, u8>>>>,
    unsent: &'a mut Vec<u8>,
}

impl<'a> Writing<'a> {
    fn new(stream: &'a mut StreamWriter<u8>, unsent: &'a mut Vec<u8>) -> Self {
        let write = Box::pin(stream.write(std::mem::take(unsent)));
        Self { write: Some(write), unsent }
    }
}

impl Future for Writing<'_> {
    type Output = StreamResult;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<StreamResult> {
        let Some(write) = &mut self.write else { return Poll::Pending };
        let (result, rest) = std::task::ready!(write.as_mut().poll(cx));
        self.write = None;
        *self.unsent = rest.into_vec();
        Poll::Ready(result)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Some(mut write) = self.write.take() {
            let (_, rest) = write.as_mut().cancel();
            *self.unsent = rest.into_vec();
        }
    }
}
