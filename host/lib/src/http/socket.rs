//! A dialled TCP connection with what it occupies: its slot, and its place in the counters.
//!
//! What it reads it acknowledges without delay where somebody waits for that, see `quickack.rs`.
//!
//! Servers close idle connections without a word, and the pool learns of it a moment later. So before
//! a request is written on a connection that was used before, the socket is asked whether its peer
//! has left: then nothing of the request is written, and it is safe to send it on another.
//!
//! A server may answer before it has read a request to its end, and close the connection. What it said
//! can be read then, though nothing can be written any more, and whoever is told that a write failed
//! looks no further. So what nobody will read is thrown away, and reading tells how it ends.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::keep_alive::SingleUse;
use super::quickack::{Pauses, acknowledge};
use super::slots::Slot;
use super::stats::Counters;
use sandbar_policy::Target;

/// A connected socket. Dropping it frees its slot.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    pauses: Pauses,
    /// Set once the peer has closed its side for good while something was written.
    deaf: Option<io::ErrorKind>,
    server: Server,
    counters: Arc<Counters>,
    _slot: Slot,
}

/// Whom a connection was made to, and what is remembered of that.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) target: Target,
    pub(super) single_use: Arc<SingleUse>,
}

/// The peer had closed the connection before a byte of the request was written on it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the server had closed the connection")]
pub(super) struct ClosedBefore;

impl Socket {
    pub(super) fn new(
        stream: TcpStream,
        slot: Slot,
        server: Server,
        counters: Arc<Counters>,
    ) -> Self {
        counters.connection_opened();
        Self { stream, pauses: Pauses::default(), deaf: None, server, counters, _slot: slot }
    }

    /// The peer has left, after it had said something at the given time if it had.
    fn ended(&self, last_read: Option<Instant>) {
        if let Some(last_read) = last_read {
            let Server { target, single_use } = &self.server;
            single_use.closed(target, last_read, Instant::now());
        }
    }

    /// Takes note of a write. Fails if it begins a request and nobody is there to read it.
    fn begin_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let last_read = self.pauses.write();
        let has_left = || self.deaf.is_some() || last_read.is_some() && self.peer_has_left();
        if begins_request(bytes) && has_left() {
            self.ended(last_read);
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, ClosedBefore));
        }
        Ok(())
    }

    /// What to say of a write of so many bytes that came to this.
    fn end_write(&mut self, outcome: io::Result<usize>, bytes: usize) -> io::Result<usize> {
        match outcome {
            Err(error) if is_deaf(error.kind()) => {
                self.deaf = Some(error.kind());
                Ok(bytes)
            }
            outcome => outcome,
        }
    }

    /// Whether the peer has closed its side, and everything that it sent before was read.
    fn peer_has_left(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        match socket2::SockRef::from(&self.stream).peek(&mut byte) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        let received = buf.filled().len().saturating_sub(before);
        if received == 0 && buf.remaining() > 0 {
            self.ended(self.pauses.last_read());
        }
        outcome?;
        // A write that fails takes the error with it, and leaves an end that looks clean.
        if let (0, Some(kind), true) = (received, self.deaf, buf.remaining() > 0) {
            return Poll::Ready(Err(kind.into()));
        }
        self.counters.bytes_received(received);
        self.pauses.read(Instant::now());
        // A full buffer means that more is waiting: the read that drains the socket will do.
        if self.pauses.seen && received > 0 && buf.remaining() > 0 {
            acknowledge(&self.stream);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.begin_write(bytes)?;
        if self.deaf.is_some() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        Poll::Ready(self.end_write(outcome, bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes = slices.iter().map(|slice| slice.len()).sum();
        self.begin_write(slices.first().map_or(&[], |slice| slice))?;
        if self.deaf.is_some() {
            return Poll::Ready(Ok(bytes));
        }
        let outcome = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices));
        Poll::Ready(self.end_write(outcome, bytes))
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

/// Whether a write failed so because the peer reads no more.
fn is_deaf(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
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

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod over_sockets {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::Semaphore;

    use super::*;

    /// Catches words that are lost because the peer left after them while something was written to it
    /// (requests 2422, hyper 2384), a reset that passes for a clean end because of a write, and another
    /// request that is thrown away like the rest of the first.
    #[tokio::test]
    async fn what_a_peer_said_before_it_left_is_read_whatever_was_written_to_it() {
        let (mut near, mut far) = pair().await;
        near.write_all(b"request").await.unwrap();
        far.readable().await.unwrap();
        far.write_all(b"answer").await.unwrap();
        // Unread bytes make a reset of this, which the writes below run into.
        drop(far);
        for _ in 0..3 {
            near.write_all(&vec![b'x'; 1024 * 1024]).await.unwrap();
        }
        let mut said = Vec::new();
        let error = near.read_to_end(&mut said).await.unwrap_err();
        assert_eq!(said, b"answer");
        assert!(is_deaf(error.kind()), "{error}");
        let error = near.read(&mut [0; 8]).await.unwrap_err();
        assert!(is_deaf(error.kind()), "{error}");
        let error = near.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap_err();
        assert!(error.get_ref().is_some_and(|inner| inner.is::<ClosedBefore>()), "{error}");
    }

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let slot = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let target = Target::try_from(&http::Uri::from_static("http://a/")).unwrap();
        let server = Server { target, single_use: Arc::default() };
        (Socket::new(near.unwrap(), slot, server, Arc::default()), far.unwrap().0)
    }

    /// Whether a read sets the option again: the kernel takes it back on its own, as this does by
    /// hand.
    async fn acknowledges(near: &mut Socket, far: &mut TcpStream, room: &mut [u8]) -> bool {
        socket2::SockRef::from(&near.stream).set_tcp_quickack(false).unwrap();
        far.write_all(b"head").await.unwrap();
        assert_eq!(near.read(room).await.unwrap(), 4);
        socket2::SockRef::from(&near.stream).tcp_quickack().unwrap()
    }

    /// Catches a packet for each read where nobody waits for it.
    #[tokio::test]
    async fn a_connection_without_pauses_leaves_the_acknowledgement_to_the_kernel() {
        let (mut near, mut far) = pair().await;
        assert!(!acknowledges(&mut near, &mut far, &mut [0; 64]).await);
    }

    /// Catches the option being set once only.
    #[tokio::test]
    async fn every_read_that_drains_the_socket_sets_the_option_once_a_pause_was_seen() {
        let (mut near, mut far) = pair().await;
        near.pauses.seen = true;
        assert!(acknowledges(&mut near, &mut far, &mut [0; 64]).await);
        assert!(acknowledges(&mut near, &mut far, &mut [0; 64]).await, "and again");
    }

    /// Catches a system call per read while data keeps coming.
    #[tokio::test]
    async fn a_read_that_fills_its_buffer_leaves_the_option_alone() {
        let (mut near, mut far) = pair().await;
        near.pauses.seen = true;
        assert!(!acknowledges(&mut near, &mut far, &mut [0; 4]).await);
    }
}
