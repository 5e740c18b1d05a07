//! Bodies: that of a request, whole or as somebody streams it, and that of a response, frames as
//! they arrive, under the idle deadline.
//!
//! Nothing is buffered here: hyper reads from the socket when a frame is asked for, and its read
//! buffer bounds a frame (see `DialLimits::response_head`). Dropping the body ends the exchange,
//! unless its end is about to arrive (see `linger.rs`): an HTTP/1.1 connection is closed, an
//! HTTP/2 stream is reset.

use super::limits::EMPTY_FRAMES_PER_POLL;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, future, stream};
use http::Version;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, BodyStream, StreamBody};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::error::DialError;
use super::hyper_error;
use super::linger::linger;
use super::terms::Terms;

/// The body of a request.
pub enum RequestBody {
    /// Known in whole; none of it is left once it is taken.
    Whole(Option<Bytes>),
    /// On its way from somebody who may fail.
    Streamed(Streamed),
}

type Streamed = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

impl RequestBody {
    /// A body of unknown length, as soon as it is known whether there is any: what has none is sent
    /// without framing, which servers may take for content.
    pub(crate) async fn begun(mut body: Streamed) -> Self {
        match body.frame().await {
            None => Self::Whole(None),
            Some(first) => {
                let frames = stream::once(future::ready(first)).chain(BodyStream::new(body));
                Self::Streamed(StreamBody::new(frames).boxed_unsync())
            }
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streamed(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Streamed(body) => body.size_hint(),
        }
    }
}

impl std::fmt::Debug for RequestBody {
    /// Without its content, which may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestBody(..)")
    }
}

/// The body of a response.
pub struct ResponseBody {
    /// None once it has ended or failed.
    incoming: Option<Incoming>,
    version: Version,
    idle: IdleDeadline,
    linger: Duration,
    /// Boxed: few rules have any.
    terms: Option<Box<Terms>>,
}

impl ResponseBody {
    /// `version` is that of the response, which says how its end is known.
    pub(super) fn new(
        incoming: Incoming,
        version: Version,
        idle: Duration,
        linger: Duration,
    ) -> Self {
        Self {
            incoming: Some(incoming),
            version,
            idle: IdleDeadline::new(idle),
            linger,
            terms: None,
        }
    }

    /// The same on the terms of a rule.
    pub(super) fn on(mut self, terms: Terms) -> Self {
        self.terms = terms.matter().then(|| Box::new(terms));
        self
    }

    fn poll_progress(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, DialError>>> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        if let Some(terms) = &mut self.terms
            && let Poll::Ready(error) = terms.poll_passed(cx)
        {
            return Poll::Ready(Some(Err(error)));
        }
        for _ in 0..EMPTY_FRAMES_PER_POLL {
            match Pin::new(&mut *incoming).poll_frame(cx) {
                // An empty frame is no progress: a peer could send them for ever.
                Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(Bytes::is_empty) => {}
                Poll::Ready(Some(Ok(frame))) => {
                    self.idle.progressed();
                    let bytes = frame.data_ref().map_or(0, Bytes::len);
                    if let Some(Err(error)) = self.terms.as_mut().map(|terms| terms.received(bytes))
                    {
                        return Poll::Ready(Some(Err(error)));
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
                // What a server does to a stream after its last byte cuts nothing off.
                Poll::Ready(Some(Err(_)) | None) if has_all(incoming) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => {
                    let announced = incoming.size_hint().exact().is_some();
                    return Poll::Ready(Some(Err(hyper_error::in_body(error, announced))));
                }
                Poll::Ready(None) => return Poll::Ready(self.unproved_end().err().map(Err)),
                Poll::Pending => {
                    let error = ready!(self.idle.poll_passed(cx));
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The end of a body of which hyper proves nothing. In HTTP/1.1 it has seen the end that the framing
    /// announced. In HTTP/2 it takes a reset with NO_ERROR for one, at whatever byte the stream is.
    fn unproved_end(&self) -> Result<(), DialError> {
        if self.version == Version::HTTP_2 {
            let source = "the server reset the stream before its end";
            return Err(DialError::ResponseIncomplete { source: Arc::from(Box::from(source)) });
        }
        Ok(())
    }
}

/// Whether every byte has come that was announced, or the end of the stream.
fn has_all(incoming: &Incoming) -> bool {
    incoming.is_end_stream() || incoming.size_hint().exact() == Some(0)
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = DialError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, DialError>>> {
        let polled = self.poll_progress(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.incoming = None;
            self.terms = None;
        }
        if let Poll::Ready(Some(Err(error))) = &polled {
            tracing::debug!(error = error as &dyn std::error::Error, "response body failed");
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(incoming) = self.incoming.take().filter(|body| !body.is_end_stream()) {
            linger(incoming, self.linger);
        }
    }
}

/// The deadline of a wait. One timer serves all waits: it is only moved when it goes off early,
/// so a body that flows costs it a look at the clock per wait.
struct IdleDeadline {
    after: Duration,
    waiting_since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl IdleDeadline {
    fn new(after: Duration) -> Self {
        Self { after, waiting_since: None, timer: None }
    }

    fn progressed(&mut self) {
        self.waiting_since = None;
    }

    /// Ready once the reader has waited too long. A slow reader is not a silent peer: time in
    /// which nobody asks for a frame does not count.
    fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<DialError> {
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let Some(deadline) = since.checked_add(self.after) else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        loop {
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= deadline {
                return Poll::Ready(DialError::IdleTimeout { after: self.after });
            }
            timer.as_mut().reset(deadline);
        }
    }
}
