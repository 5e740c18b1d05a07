//! Immediate acknowledgement of what was read, on Linux, where somebody waits for it.
//!
//! A server that leaves Nagle's algorithm on and writes head and body separately holds the body
//! back until the head is acknowledged, and Linux delays that by 40 ms or more once it considers a
//! connection interactive. `TCP_QUICKACK` asks for the acknowledgement at once. It is a packet of
//! its own, which costs more than the read that it follows, so only a connection on which that
//! delay has been seen asks for it; and the kernel drops the option by itself, so that one asks
//! after each read.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A pause between two pieces of a response that looks like a delayed acknowledgement: the least
/// delay of Linux is 40 ms (`TCP_DELACK_MIN`), on the grid of its timer. One that has another
/// reason costs this connection a packet for each read.
const PAUSE: Duration = Duration::from_millis(35);

/// Whether somebody waits for acknowledgements, as far as that can be told.
#[derive(Debug, Default)]
struct Pauses {
    /// When something was read that nothing written since has acknowledged.
    unacknowledged: Option<Instant>,
    seen: bool,
}

impl Pauses {
    /// Takes note of a read.
    fn read(&mut self, now: Instant) {
        let before = self.unacknowledged.replace(now);
        self.seen |= before.is_some_and(|before| now.saturating_duration_since(before) >= PAUSE);
    }

    /// Takes note of a write, which carries the acknowledgement of all that was read.
    fn write(&mut self) {
        self.unacknowledged = None;
    }
}

/// A TCP stream that acknowledges what it reads without delay, once a delay has been seen.
#[derive(Debug)]
pub(super) struct QuickAck {
    stream: TcpStream,
    pauses: Pauses,
}

impl QuickAck {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, pauses: Pauses::default() }
    }

    /// Whether the peer has closed its side, and everything that it sent before was read.
    pub(super) fn peer_has_left(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        match socket2::SockRef::from(&self.stream).peek(&mut byte) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    /// Asks for the acknowledgement. A failure costs time and nothing else, and the read that
    /// it follows has succeeded, so it is not reported.
    #[cfg(target_os = "linux")]
    fn acknowledge(&self) {
        let _ = socket2::SockRef::from(&self.stream).set_tcp_quickack(true);
    }

    #[cfg(not(target_os = "linux"))]
    fn acknowledge(&self) {}
}

impl AsyncRead for QuickAck {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.pauses.read(Instant::now());
            // A full buffer means that more is waiting: the read that drains the socket will do.
            if self.pauses.seen && buf.remaining() > 0 {
                self.acknowledge();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for QuickAck {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pauses.write();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pauses.write();
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

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (QuickAck, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        (QuickAck::new(near.unwrap()), far.unwrap().0)
    }

    /// Whether a read sets the option again: the kernel takes it back on its own, as this does by
    /// hand.
    async fn acknowledges(near: &mut QuickAck, far: &mut TcpStream, room: &mut [u8]) -> bool {
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

    /// Catches the time that a server takes for its answer being taken for a delay of ours (what
    /// was read before the request went with it), and a pause that is forgotten.
    #[test]
    fn a_pause_counts_between_two_pieces_of_a_response_and_for_good() {
        let start = Instant::now();
        let mut pauses = Pauses::default();
        pauses.read(start);
        pauses.write();
        pauses.read(start + PAUSE * 10);
        assert!(!pauses.seen, "the server took its time");
        pauses.read(start + PAUSE * 11 - Duration::from_millis(1));
        assert!(!pauses.seen, "no acknowledgement comes that late");
        pauses.read(start + PAUSE * 12);
        pauses.write();
        assert!(pauses.seen);
    }
}
