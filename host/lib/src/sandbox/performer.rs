//! Exchanges of a sandbox that this host performs in another way than to dial.

use crate::http::ExchangeBody;
use bytes::Bytes;
use futures::future::BoxFuture;
use sandbar_exchange::{BodySummary, Failure, Request, Response};
use std::sync::Arc;
use std::task::{Context, Poll};

/// Performs exchanges for a sandbox.
pub(crate) trait Perform: Send + Sync + 'static {
    /// Performs one, up to the head of its response.
    fn perform(self: Arc<Self>, request: Request) -> BoxFuture<'static, Performed>;
}

/// A response that has begun, or why there is none.
pub(crate) type Performed = Result<(Response, Incoming), Failure>;

/// A body on its way into a sandbox. Dropping it ends the exchange.
pub(crate) enum Incoming {
    /// From a connection of this host.
    Dialed(ExchangeBody),
    /// From elsewhere.
    Relayed(Box<dyn Arriving>),
}

/// A body that comes from elsewhere.
pub(crate) trait Arriving: Send {
    /// The next bytes, at least one; none at a clean end.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>>;

    /// What has come so far.
    fn summary(&self) -> BodySummary;
}

impl Incoming {
    /// The next bytes, at least one; none at a clean end.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Failure>>> {
        match self {
            Self::Dialed(body) => body.poll_data(cx),
            Self::Relayed(body) => body.poll_data(cx),
        }
    }

    /// Whether the end is known to have come, so that nothing more need be polled for.
    pub(crate) fn is_at_end(&self) -> bool {
        match self {
            Self::Dialed(body) => body.is_at_end(),
            Self::Relayed(_) => false,
        }
    }

    /// What has come so far.
    pub(crate) fn summary(&self) -> BodySummary {
        match self {
            Self::Dialed(body) => body.summary(),
            Self::Relayed(body) => body.summary(),
        }
    }
}
