//! Bytes across the boundary of a sandbox, with backpressure in both directions.
//!
//! A channel of a few chunks stands between a guest's stream and a task outside:
//! a side that does not read stops the other. Chunks are bounded in size, so the
//! channel is bounded in bytes.

use crate::sandbox::limits::CHUNK_BYTES;
use bytes::{Buf as _, Bytes};
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, Source, StreamConsumer, StreamProducer, StreamResult};

/// Gives a guest what a task sends. The stream ends when the task drops its end.
pub(crate) struct Inlet {
    chunks: mpsc::Receiver<Bytes>,
}

impl Inlet {
    pub(crate) const fn new(chunks: mpsc::Receiver<Bytes>) -> Self {
        Self { chunks }
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match ready!(self.chunks.poll_recv(cx)) {
                Some(chunk) if chunk.is_empty() => {}
                other => return Poll::Ready(other),
            }
        }
    }
}

impl<D: 'static> StreamProducer<D> for Inlet {
    type Item = u8;
    type Buffer = Bytes;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, u8, Bytes>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let capacity = destination.remaining(&mut store).and_then(NonZeroUsize::new);
        let mut chunk = match self.poll_chunk(cx) {
            Poll::Ready(Some(chunk)) => chunk,
            Poll::Ready(None) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        };
        // A reader without room asks for readiness: the chunk waits for it.
        let Some(capacity) = capacity else {
            destination.set_buffer(chunk);
            return Poll::Ready(Ok(StreamResult::Completed));
        };
        let length = chunk.len().min(capacity.get());
        let head = chunk.split_to(length);
        if chunk.has_remaining() {
            destination.set_buffer(chunk);
        }
        let mut direct = destination.as_direct(store, length);
        if let Some(room) = direct.remaining().get_mut(..length) {
            room.copy_from_slice(&head);
        }
        direct.mark_written(length);
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Gives a task what a guest writes. The channel ends when the guest drops its
/// end; the guest's stream ends when the task drops its end.
pub(crate) struct Outlet {
    chunks: PollSender<Bytes>,
    /// Dropped with the outlet, which is how others learn of its end.
    _end: oneshot::Sender<Infallible>,
}

/// The end of an [`Outlet`].
pub(crate) struct OutletEnd(oneshot::Receiver<Infallible>);

impl Outlet {
    pub(crate) fn new(chunks: mpsc::Sender<Bytes>) -> (Self, OutletEnd) {
        let (end, ended) = oneshot::channel();
        (Self { chunks: PollSender::new(chunks), _end: end }, OutletEnd(ended))
    }
}

impl OutletEnd {
    /// Waits until the guest has closed its stream, or nobody takes its bytes.
    pub(crate) async fn reached(self) {
        // Nothing is ever sent: the sender goes away.
        let _ = self.0.await;
    }
}

impl<D> StreamConsumer<D> for Outlet {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'_, D>,
        source: Source<'_, u8>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        // Room first: what has been taken from a guest cannot be given back.
        match self.chunks.poll_reserve(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_closed)) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        }
        let mut source = source.as_direct(store);
        let written = source.remaining();
        let length = written.len().min(CHUNK_BYTES);
        let chunk = Bytes::copy_from_slice(written.get(..length).unwrap_or_default());
        if self.chunks.send_item(chunk).is_err() {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        source.mark_read(length);
        Poll::Ready(Ok(StreamResult::Completed))
    }
}
