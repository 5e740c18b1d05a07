//! JSON-RPC messages as lines over byte streams.

use sandbar_protocol::jsonrpc::LineDecoder;
use sandbar_protocol::limits::MAX_MESSAGE_BYTES;
use wit_bindgen::{StreamReader, StreamResult, StreamWriter};

/// Bytes asked for with each read: a line with the largest delta that is sent fits, and needs not be
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

/// Reads lines to the end of the stream. `handle` takes each; `ready` is awaited
/// before each read, which is where the reader is held up.
pub async fn read_lines(
    stream: &mut StreamReader<u8>,
    mut handle: impl FnMut(&[u8]),
    mut ready: impl AsyncFnMut(),
) -> Ended {
    let mut decoder = LineDecoder::new(MAX_MESSAGE_BYTES);
    let mut buffer = Vec::with_capacity(READ_BYTES);
    loop {
        ready().await;
        buffer.clear();
        let (result, filled) = stream.read(buffer).await;
        let mut input = filled.as_slice();
        loop {
            match decoder.next_line(&mut input) {
                Ok(Some(line)) => handle(&line),
                Ok(None) => break,
                Err(_too_long) => return Ended::LineTooLong,
            }
        }
        if filled.is_empty() && !matches!(result, StreamResult::Complete(_)) {
            return Ended::Closed;
        }
        buffer = filled;
    }
}

/// Writes what `next` yields, each text as a line, for as long as it yields some
/// at once. Returns false when nobody reads any more.
pub async fn write_lines(
    stream: &mut StreamWriter<u8>,
    mut next: impl FnMut() -> Option<String>,
) -> bool {
    let mut batch = Vec::new();
    while let Some(line) = next() {
        batch.extend_from_slice(line.as_bytes());
        batch.push(b'\n');
        if batch.len() >= WRITE_BYTES
            && !stream.write_all(std::mem::take(&mut batch)).await.is_empty()
        {
            return false;
        }
    }
    batch.is_empty() || stream.write_all(batch).await.is_empty()
}
