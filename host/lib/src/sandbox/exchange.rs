//! HTTP exchanges inside of a store.

use crate::channel::CHUNKS;
use crate::sandbox::bindings::{Fetching, exchanges};
use crate::sandbox::pipe::Outlet;
use crate::sandbox::state::State;
use crate::sandbox::worker::Life;
use bytes::Bytes;
use sandbar_exchange::{BodySummary, Failure, Request, Response};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::{mpsc, oneshot};
use wasmtime::StoreContextMut;
use wasmtime::component::{Accessor, FutureConsumer, Source};

/// An exchange whose response has begun.
pub(crate) struct Answered {
    pub(crate) head: Response,
    pub(crate) body: mpsc::Receiver<Bytes>,
    pub(crate) outcome: oneshot::Receiver<Ended>,
}

/// `exchanges.send`.
pub(crate) async fn send(
    accessor: &Accessor<State>,
    context: &Fetching,
    id: u64,
    request: Request,
) -> wasmtime::Result<Result<Answered, Failure>> {
    let exchanges = context.sandbar_http_exchanges();
    let answered = match exchanges.call_send(accessor, id, request).await? {
        Ok(answered) => answered,
        Err(failure) => return Ok(Err(failure)),
    };
    let exchanges::Answered { response: head, beginning, remainder } = answered;
    let (chunks, body) = mpsc::channel(CHUNKS);
    let (ended, outcome) = oneshot::channel();
    let bytes = u64::try_from(beginning.len()).ok();
    if !beginning.is_empty() {
        // The channel is new, and has room for it.
        let _ = chunks.try_send(Bytes::from(beginning));
    }
    match remainder {
        Some(exchanges::Remainder { bytes, outcome }) => accessor.with(|mut access| {
            let (outlet, _end) = Outlet::new(chunks);
            bytes.pipe(&mut access, outlet)?;
            outcome.pipe(&mut access, Tell(Some(ended)))
        })?,
        None => drop(ended.send(Ok(BodySummary { bytes, deltas: None }))),
    }
    Ok(Ok(Answered { head, body, outcome }))
}

/// Tells how a body ended.
struct Tell(Option<oneshot::Sender<Ended>>);

pub(crate) type Ended = Result<BodySummary, Failure>;

impl<D> FutureConsumer<D> for Tell {
    type Item = Ended;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<'_, D>,
        mut source: Source<'_, Ended>,
        _finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut ended = None;
        source.read(store, &mut ended)?;
        if let (Some(ended), Some(sender)) = (ended, self.0.take()) {
            // Whoever wanted the body may have given up.
            let _ = sender.send(ended);
        }
        Poll::Ready(Ok(()))
    }
}

/// A sandbox for exchanges has no beginning and no end of its own.
pub(crate) struct FetchLife(pub(crate) Fetching);

impl Life for FetchLife {
    type Context = Fetching;
    type Attendance = ();

    async fn begin(self, _: &Accessor<State>) -> wasmtime::Result<Option<(Fetching, ())>> {
        Ok(Some((self.0, ())))
    }

    async fn attend((): &mut (), _: &Accessor<State>, _: &Fetching) -> wasmtime::Result<()> {
        std::future::pending().await
    }

    async fn cancel(
        accessor: &Accessor<State>,
        context: &Fetching,
        call: u64,
    ) -> wasmtime::Result<()> {
        context.sandbar_http_exchanges().call_release(accessor, call).await
    }

    async fn end((): (), _: &Accessor<State>, _: &Fetching) -> wasmtime::Result<()> {
        Ok(())
    }
}
