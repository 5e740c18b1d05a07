//! Immediate acknowledgement of what was read, on Linux.
//!
//! A server that leaves Nagle's algorithm on and writes head and body separately holds the body
//! back until the head is acknowledged, and Linux delays that for about 40 ms once it considers a
//! connection interactive. `TCP_QUICKACK` asks for the acknowledgement at once, but the kernel
//! drops the option on its own, so it is set again after each read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A TCP stream that acknowledges what it reads without delay.
#[derive(Debug)]
pub(super) struct QuickAck(TcpStream);

impl QuickAck {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// Asks for the acknowledgement. A failure costs time and nothing else, and the read that
    /// it follows has succeeded, so it is not reported.
    #[cfg(target_os = "linux")]
    fn acknowledge(&self) {
        let _ = socket2::SockRef::from(&self.0).set_tcp_quickack(true);
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
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        let received = buf.filled().len() > before;
        // A full buffer means that more is waiting: the read that drains the socket will do.
        if received && buf.remaining() > 0 {
            self.acknowledge();
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
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
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

    /// Catches the option being set once only: the kernel takes it back on its own, as this test
    /// does by hand.
    #[tokio::test]
    async fn a_read_that_drains_the_socket_sets_the_option_again() {
        let (mut near, mut far) = pair().await;
        socket2::SockRef::from(&near.0).set_tcp_quickack(false).unwrap();
        far.write_all(b"head").await.unwrap();
        let mut buffer = [0; 64];
        assert_eq!(near.read(&mut buffer).await.unwrap(), 4);
        assert!(socket2::SockRef::from(&near.0).tcp_quickack().unwrap());
    }

    /// Catches a system call per read while data keeps coming.
    #[tokio::test]
    async fn a_read_that_fills_its_buffer_leaves_the_option_alone() {
        let (mut near, mut far) = pair().await;
        socket2::SockRef::from(&near.0).set_tcp_quickack(false).unwrap();
        far.write_all(b"head").await.unwrap();
        let mut buffer = [0; 4];
        near.read_exact(&mut buffer).await.unwrap();
        assert!(!socket2::SockRef::from(&near.0).tcp_quickack().unwrap());
    }
}
