//! The `sandbar:http/client` import: the host is the executor.
//!
//! An exchange whose response has begun is shared by three: the stream that its bytes leave on, the
//! future that tells how it ended, and the hold of the guest. Whoever of them gives it up ends it at
//! once, whatever state it is in; the others then learn of it.

use crate::http::Dialer;
use crate::sandbox::bindings::client::{self, Answered, Remainder};
use crate::sandbox::imports::Imports;
use crate::sandbox::performer::{Incoming, Perform};
use crate::sandbox::state::State;
use bytes::{Buf as _, Bytes};
use sandbar_exchange::{BEGINNING_BYTES, BodySummary, ErrorCode, Failure, Request};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Accessor, Destination, FutureReader, Resource, StreamProducer, StreamReader, StreamResult,
};

/// How a body ended.
type Ended = Result<BodySummary, Failure>;

/// The `exchange` resource: the guest's hold on an exchange. Dropping it ends the exchange.
#[expect(unreachable_pub, reason = "generated code re-exports it")]
pub struct Hold(Exchange);

impl client::Host for &mut State {}

impl client::HostExchange for &mut State {}

impl client::HostExchangeWithStore<State> for Imports {
    async fn drop(accessor: &Accessor<State, Self>, hold: Resource<Hold>) -> wasmtime::Result<()> {
        let Hold(exchange) = accessor.with(|mut access| access.get().table_mut().delete(hold))?;
        exchange.give_up();
        Ok(())
    }
}

impl client::HostWithStore<State> for Imports {
    async fn send(
        accessor: &Accessor<State, Self>,
        request: Request,
    ) -> wasmtime::Result<Result<Answered, Failure>> {
        let (dialer, performer): (Option<Dialer>, Option<Arc<dyn Perform>>) =
            accessor.with(|mut access| {
                let state = access.get();
                (state.dialer().cloned(), state.performer().cloned())
            });
        let performed = match (dialer, performer) {
            (Some(dialer), _) => {
                let answered = dialer.exchange(request).await;
                answered.map(|(response, body)| (response, Incoming::Dialed(body)))
            }
            (None, Some(performer)) => performer.perform(request).await,
            // A component with a channel dials nothing.
            (None, None) => {
                let reason = "this sandbox has no HTTP of its own".to_owned();
                Err(Failure::unsent(ErrorCode::Denied(reason)))
            }
        };
        let (response, body) = match performed {
            Ok(answered) => answered,
            Err(failure) => return Ok(Err(failure)),
        };
        let mut stage = Stage::Open(Open::new(body));
        let beginning = stage.beginning().await;
        if let Stage::Ended(Ok(_summary)) = stage {
            return Ok(Ok(Answered { response, beginning, remainder: None }));
        }
        let exchange = Exchange(Arc::new(Mutex::new(stage)));
        let remainder = accessor.with(|mut access| -> wasmtime::Result<Remainder> {
            let hold = access.get().table_mut().push(Hold(exchange.clone()))?;
            let outcome = FutureReader::new(&mut access, Outcome(exchange.clone()))?;
            let bytes = StreamReader::new(&mut access, Bytewise(exchange))?;
            Ok(Remainder { exchange: hold, bytes, outcome })
        })?;
        Ok(Ok(Answered { response, beginning, remainder: Some(remainder) }))
    }
}

/// An exchange whose response has begun. Clones share it.
#[derive(Clone)]
struct Exchange(Arc<Mutex<Stage>>);

/// How far its body is.
enum Stage {
    /// Bytes may come.
    Open(Open),
    /// It is over.
    Ended(Ended),
}

/// A body of which bytes may come.
struct Open {
    body: Incoming,
    gathered: Gathered,
    /// Who waits for bytes.
    reader: Option<Waker>,
    /// Who waits for the end.
    listener: Option<Waker>,
}

/// What has come and not been taken.
#[derive(Default)]
struct Gathered {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    /// Whether the guest waits already, so that a turn more costs it nothing.
    waited: bool,
    /// Whether others had a turn since the last piece came.
    yielded: bool,
}

impl Exchange {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the exchange if it is not over. Dropping its body closes the connection, or resets the
    /// stream.
    fn give_up(&self) {
        let mut stage = self.stage();
        if !matches!(*stage, Stage::Ended(_)) {
            stage.end(Err(Failure::sent(ErrorCode::Cancelled)));
        }
    }
}

impl Open {
    fn new(body: Incoming) -> Self {
        Self { body, gathered: Gathered::default(), reader: None, listener: None }
    }

    /// Gathers what there is, up to `room` bytes and the piece that exceeds them; says how the body
    /// ended if nothing else is left of it.
    fn gather(&mut self, cx: &mut Context<'_>, room: usize) -> Option<Ended> {
        while self.gathered.bytes < room.max(1) {
            match self.body.poll_data(cx) {
                Poll::Ready(Some(Ok(piece))) => self.gathered.push(piece),
                Poll::Ready(Some(Err(failure))) => return Some(Err(failure)),
                Poll::Ready(None) => return Some(Ok(self.body.summary())),
                Poll::Pending => return None,
            }
            // What there is no room for must not be ended with what there is.
            if self.gathered.bytes <= room && self.body.is_at_end() {
                return Some(Ok(self.body.summary()));
            }
        }
        None
    }

    /// Whether a reader has to wait, for a first piece or for another.
    ///
    /// A server that writes many small pieces has them arrive one by one, each on a turn of the
    /// connection's task, and a turn of the guest costs ten times as much. So where the guest waits
    /// anyway, others get their turn once more after each piece.
    fn holds_back(&mut self, cx: &Context<'_>) -> bool {
        let Self { gathered, reader, .. } = self;
        if gathered.pieces.is_empty() {
            remember(reader, cx);
            gathered.waited = true;
            return true;
        }
        let once_more = gathered.waited && !gathered.yielded;
        if once_more {
            gathered.yielded = true;
            cx.waker().wake_by_ref();
        }
        once_more
    }
}

impl Stage {
    /// Gathers what comes with the head: what there is, and what others have for it on their turns,
    /// as long as each of those brings more. A small response is whole then, and a stream is not
    /// held up.
    async fn beginning(&mut self) -> Vec<u8> {
        let mut pieces = VecDeque::new();
        let mut known = None;
        while let Self::Open(open) = self {
            let ended = poll_fn(|cx| Poll::Ready(open.gather(cx, BEGINNING_BYTES))).await;
            let bytes = open.gathered.bytes;
            if ended.is_none() && bytes < BEGINNING_BYTES && known.replace(bytes) != Some(bytes) {
                // Unlike waking itself, it lets what has arrived at the sockets in.
                tokio::task::yield_now().await;
                continue;
            }
            pieces = open.gathered.take();
            if let Some(ended) = ended {
                self.end(ended);
            }
            break;
        }
        let room = pieces.iter().map(Bytes::len).sum::<usize>().min(BEGINNING_BYTES);
        let mut beginning = vec![0; room];
        fill(&mut pieces, &mut beginning);
        self.put_back(pieces);
        beginning
    }

    /// Ends it, and wakes whoever waits. The body is dropped here.
    fn end(&mut self, ended: Ended) {
        if let Self::Open(open) = std::mem::replace(self, Self::Ended(ended)) {
            [open.reader, open.listener].into_iter().flatten().for_each(Waker::wake);
        }
    }

    /// Gathers up to `room` bytes for a read: ready as soon as there are some, or there will be no
    /// more. What was gathered before the end is returned with it.
    fn poll_gather(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<VecDeque<Bytes>> {
        let Self::Open(open) = self else {
            return Poll::Ready(VecDeque::new());
        };
        let ended = open.gather(cx, room);
        if ended.is_none() && open.gathered.bytes < room.max(1) && open.holds_back(cx) {
            return Poll::Pending;
        }
        let pieces = open.gathered.take();
        if let Some(ended) = ended {
            self.end(ended);
        }
        Poll::Ready(pieces)
    }

    /// Keeps what there was no room for.
    fn put_back(&mut self, pieces: VecDeque<Bytes>) {
        if let Self::Open(open) = self {
            open.gathered.bytes = pieces.iter().map(Bytes::len).sum();
            open.gathered.pieces = pieces;
        }
    }

    /// Whether the end has come with the bytes that were taken last.
    fn settle(&mut self) -> bool {
        if let Self::Open(open) = self
            && open.gathered.pieces.is_empty()
            && open.body.is_at_end()
        {
            let summary = open.body.summary();
            self.end(Ok(summary));
        }
        matches!(self, Self::Ended(_))
    }
}

impl Gathered {
    fn push(&mut self, piece: Bytes) {
        self.bytes = self.bytes.saturating_add(piece.len());
        self.pieces.push_back(piece);
        self.yielded = false;
    }

    fn take(&mut self) -> VecDeque<Bytes> {
        self.waited = false;
        self.bytes = 0;
        std::mem::take(&mut self.pieces)
    }
}

fn remember(waker: &mut Option<Waker>, cx: &Context<'_>) {
    match waker {
        Some(known) => known.clone_from(cx.waker()),
        None => *waker = Some(cx.waker().clone()),
    }
}

/// The stream of an exchange's bytes. Nothing is read ahead of a guest that does not read.
struct Bytewise(Exchange);

impl<D: 'static> StreamProducer<D> for Bytewise {
    type Item = u8;
    type Buffer = Bytes;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, u8, Bytes>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let room = destination.remaining(&mut store);
        let mut stage = self.0.stage();
        let mut pieces = match stage.poll_gather(cx, room.unwrap_or(1)) {
            Poll::Ready(pieces) if pieces.is_empty() => {
                return Poll::Ready(Ok(StreamResult::Dropped));
            }
            Poll::Ready(pieces) => pieces,
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        };
        match room {
            // A host's own reader takes a piece as it is.
            None => destination.set_buffer(pieces.pop_front().unwrap_or_default()),
            // A guest that asks whether there is something: there is.
            Some(0) => {}
            Some(room) => {
                let mut direct = destination.as_direct(store, room);
                let filled = fill(&mut pieces, direct.remaining());
                direct.mark_written(filled);
            }
        }
        let all_taken = pieces.is_empty();
        stage.put_back(pieces);
        // The end often comes with the last bytes: told now, it need not be asked for.
        let ended = all_taken && stage.settle();
        Poll::Ready(Ok(if ended { StreamResult::Dropped } else { StreamResult::Completed }))
    }
}

/// Fills a guest's buffer with what there is, and says how far.
fn fill(pieces: &mut VecDeque<Bytes>, room: &mut [u8]) -> usize {
    let mut filled = 0;
    while let Some(piece) = pieces.front_mut() {
        let rest = room.get_mut(filled..).unwrap_or_default();
        let length = piece.len().min(rest.len());
        if let (Some(to), Some(from)) = (rest.get_mut(..length), piece.get(..length)) {
            to.copy_from_slice(from);
        }
        filled += length;
        piece.advance(length);
        if !piece.is_empty() {
            break;
        }
        pieces.pop_front();
    }
    filled
}

impl Drop for Bytewise {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// The future that tells how an exchange ended.
struct Outcome(Exchange);

impl Future for Outcome {
    type Output = wasmtime::Result<Ended>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self.0.stage() {
            Stage::Ended(ended) => Poll::Ready(Ok(ended.clone())),
            Stage::Open(open) => {
                remember(&mut open.listener, cx);
                Poll::Pending
            }
        }
    }
}
