//! A dialled TCP connection with what it occupies: its slot, and its place in the counters.
//!
//! Servers close idle connections without a word, and the pool learns of it a moment later. So before
//! a request is written on a connection that was used before, the socket is asked whether its peer
//! has left: then nothing of the request is written, and it is safe to send it on another.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::quickack::QuickAck;
use super::slots::Slot;
use super::stats::Counters;

/// A connected socket. Dropping it frees its slot.
#[derive(Debug)]
pub(super) struct Socket {
    stream: QuickAck,
    counters: Arc<Counters>,
    /// Whether something was read since the last write.
    has_read: bool,
    _slot: Slot,
}

/// The peer had closed the connection before a byte of the request was written on it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the server had closed the connection")]
pub(super) struct ClosedBefore;

impl Socket {
    pub(super) fn new(stream: TcpStream, slot: Slot, counters: Arc<Counters>) -> Self {
        counters.connection_opened();
        Self { stream: QuickAck::new(stream), counters, has_read: false, _slot: slot }
    }

    /// Fails if these bytes begin a request and nobody is there to read it.
    fn check_peer(&mut self, bytes: &[u8]) -> io::Result<()> {
        let may_have_left = std::mem::replace(&mut self.has_read, false);
        if may_have_left && begins_request(bytes) && self.stream.peer_has_left() {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, ClosedBefore));
        }
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let received = buf.filled().len().saturating_sub(before);
        self.counters.bytes_received(received);
        self.has_read = true;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check_peer(bytes)?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check_peer(slices.first().map_or(&[], |slice| slice))?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Whether bytes begin with the request line of HTTP/1.1 (RFC 9112 section 3), so that they are no
/// later part of a request.
fn begins_request(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    line.ends_with(b" HTTP/1.1") && line.first().is_some_and(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::begins_request;

    /// Catches a part of an upload that passes for a request of which nothing was sent.
    #[test]
    fn a_request_is_known_by_its_first_line() {
        assert!(begins_request(b"POST /mcp HTTP/1.1\r\nhost: a\r\n\r\n{}"));
        assert!(begins_request(b"GET http://a/ HTTP/1.1\r\n"));
        for other in
            [&b"{\"jsonrpc\":\"2.0\"}"[..], b"POST the letter\r\n", b"", b"PRI * HTTP/2.0\r\n"]
        {
            assert!(!begins_request(other), "{other:?}");
        }
    }
}
