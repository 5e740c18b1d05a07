//! HTTP exchanges inside of a store.

use crate::sandbox::bindings::{Fetching, http};
use crate::sandbox::job::Operation;
use crate::sandbox::pipe::{CHUNKS, Outlet};
use crate::sandbox::state::State;
use crate::sandbox::worker::Life;
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use wasmtime::component::Accessor;

/// An exchange whose response has begun.
pub(crate) struct Answered {
    pub(crate) head: http::Response,
    pub(crate) body: mpsc::Receiver<Bytes>,
    pub(crate) outcome: oneshot::Receiver<Result<http::BodySummary, http::ErrorCode>>,
}

/// `exchanges.send`.
pub(crate) struct Send {
    pub(crate) id: u64,
    pub(crate) request: http::Request,
}

impl Operation<Fetching> for Send {
    type Output = Result<Answered, http::ErrorCode>;

    async fn run(
        self,
        accessor: &Accessor<State>,
        context: &Fetching,
    ) -> wasmtime::Result<Self::Output> {
        let exchanges = context.sandbar_http_exchanges();
        let sent = exchanges.call_send(accessor, self.id, self.request).await?;
        let (head, stream, future) = match sent {
            Ok(sent) => sent,
            Err(error) => return Ok(Err(error)),
        };
        let (chunks, body) = mpsc::channel(CHUNKS);
        let (ended, outcome) = oneshot::channel();
        accessor.with(|mut access| {
            let (outlet, _end) = Outlet::new(chunks);
            stream.pipe(&mut access, outlet)?;
            future.pipe_cb(&mut access, move |_, summary| {
                // Whoever wanted the body may have given up.
                let _ = ended.send(summary);
                Ok(())
            })
        })?;
        Ok(Ok(Answered { head, body, outcome }))
    }
}

/// A sandbox for exchanges has no beginning and no end of its own.
pub(crate) struct FetchLife(pub(crate) Fetching);

impl Life for FetchLife {
    type Context = Fetching;
    type End = ();

    async fn begin(self, _: &Accessor<State>) -> wasmtime::Result<Option<(Fetching, ())>> {
        Ok(Some((self.0, ())))
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
