//! Signs of life of a peer: bytes, not messages. A large message may be on its way for longer than a peer
//! may be silent, and one that takes nothing of what it asked for is as good as gone.

use futures::future::{Either, select};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection of which bytes are counted.
#[derive(Debug)]
pub(crate) struct Live<S> {
    inner: S,
    moved: Moved,
}

/// How many bytes have come and gone. Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moved(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    read: AtomicU64,
    written: AtomicU64,
}

impl<S> Live<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, moved: Moved::default() }
    }

    pub(crate) fn moved(&self) -> Moved {
        self.moved.clone()
    }
}

impl Moved {
    /// Waits for something that reads; none where no byte came for so long.
    pub(crate) async fn while_read<F: Future>(
        &self,
        silence: Duration,
        future: F,
    ) -> Option<F::Output> {
        watch(&self.0.read, || tokio::time::sleep(silence), future).await
    }

    /// Waits for something that writes; none where no byte went for so long.
    pub(crate) async fn while_written<F: Future>(
        &self,
        silence: Duration,
        future: F,
    ) -> Option<F::Output> {
        watch(&self.0.written, || tokio::time::sleep(silence), future).await
    }
}

/// Waits for a future for as long as the count goes on between one time and the next.
async fn watch<F, T>(count: &AtomicU64, mut time: impl FnMut() -> T, future: F) -> Option<F::Output>
where
    F: Future,
    T: Future<Output = ()>,
{
    let mut future = pin!(future);
    loop {
        let before = count.load(Ordering::Relaxed);
        let passed = pin!(time());
        match select(future.as_mut(), passed).await {
            Either::Left((output, _)) => return Some(output),
            Either::Right(_) if count.load(Ordering::Relaxed) == before => return None,
            Either::Right(_) => {}
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Live<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        let read = buffer.filled().len().saturating_sub(before);
        self.moved.0.read.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Live<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.moved.0.written.fetch_add(u64::try_from(written).unwrap_or(0), Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::sync::Mutex;

    /// Catches a slow sender that is cut because its message takes longer than a silence may, and a silent
    /// one that is waited for.
    #[tokio::test]
    async fn bytes_are_a_sign_of_life_and_silence_is_none() {
        let (near, far) = duplex(64);
        let far = Arc::new(Mutex::new(far));
        let mut near = Live::new(near);
        let moved = near.moved();
        let mut message = [0; 10];
        // A byte each time, and none in between.
        let mut times = 0;
        let read = watch(
            &moved.0.read,
            || {
                times += 1;
                let far = Arc::clone(&far);
                async move {
                    far.lock().await.write_all(b"x").await.unwrap();
                    yield_often().await;
                }
            },
            near.read_exact(&mut message),
        );
        assert!(read.await.is_some_and(|read| read.is_ok()));
        assert!(times >= 10, "{times}");
        let silent = watch(&moved.0.read, yield_often, near.read_exact(&mut message)).await;
        assert!(silent.is_none());
    }

    /// Catches a reader that takes nothing and holds for ever what it asked for, and a slow one that is
    /// cut.
    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (near, far) = duplex(16);
        let far = Arc::new(Mutex::new(far));
        let mut near = Live::new(near);
        let moved = near.moved();
        let written = watch(
            &moved.0.written,
            || {
                let far = Arc::clone(&far);
                async move {
                    far.lock().await.read_exact(&mut [0; 8]).await.unwrap();
                    yield_often().await;
                }
            },
            near.write_all(&[0; 80]),
        );
        assert!(written.await.is_some_and(|written| written.is_ok()));
        let stalled = watch(&moved.0.written, yield_often, near.write_all(&[0; 80])).await;
        assert!(stalled.is_none());
    }

    /// Long enough for the other side to have its turn.
    async fn yield_often() {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }
}
