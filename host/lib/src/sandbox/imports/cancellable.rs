//! A response body that its guest can give up.
//!
//! A guest that reads a body drops its stream. One that has handed the stream to
//! the host cannot; it says through the result of `consume-body` that it will
//! not process the response any further.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use wasmtime_wasi_http::{Error, WasiBody};

/// How a guest's processing of a response ends.
pub(crate) type Processed = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// See the module.
pub(crate) struct Cancellable {
    /// None once it was given up: dropping it ends the exchange.
    body: Option<WasiBody>,
    /// None once the guest has said that all is well.
    processed: Option<Processed>,
}

impl Cancellable {
    pub(crate) const fn new(body: WasiBody, processed: Processed) -> Self {
        Self { body: Some(body), processed: Some(processed) }
    }

    fn poll_given_up(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let Some(processed) = &mut self.processed else { return Poll::Pending };
        match std::task::ready!(processed.as_mut().poll(cx)) {
            Ok(()) => {
                self.processed = None;
                Poll::Pending
            }
            Err(error) => {
                self.body = None;
                Poll::Ready(error)
            }
        }
    }
}

impl Body for Cancellable {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        match Pin::new(body).poll_frame(cx) {
            // What has arrived is delivered before anything else is told.
            Poll::Pending => self.poll_given_up(cx).map(|error| Some(Err(error))),
            ready => ready,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
