//! On which terms a rule of the policy allows an exchange: how much it may carry, for how long, beside how
//! many others.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::Body as _;
use http_body_util::{BodyExt as _, Limited};
use sandbar_policy::RuleLimits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

use super::body::RequestBody;
use super::error::DialError;
use super::limits::DialLimit;

/// The terms of one exchange, until its body has ended.
#[derive(Debug)]
pub(super) struct Terms {
    /// Bytes of the response that may still come, and how many there could be.
    left: Option<(u64, u64)>,
    /// When it is over, and how long it had.
    until: Option<(Instant, Duration)>,
    passes: Option<Pin<Box<Sleep>>>,
    place: Option<OwnedSemaphorePermit>,
}

/// The exchanges that a permit allows at a time.
#[derive(Clone, Debug)]
pub(super) struct Places(Option<Arc<Semaphore>>);

impl Places {
    /// As many as this, or any number.
    pub(super) fn new(concurrent: Option<u32>) -> Self {
        let places = concurrent.map(|places| usize::try_from(places).unwrap_or(usize::MAX));
        Self(places.map(|places| Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)))))
    }

    fn take(&self, concurrent: Option<u32>) -> Result<Option<OwnedSemaphorePermit>, DialError> {
        let Some(places) = &self.0 else { return Ok(None) };
        match Arc::clone(places).try_acquire_owned() {
            Ok(place) => Ok(Some(place)),
            Err(_) => Err(exceeded("concurrent", concurrent.unwrap_or_default().into())),
        }
    }
}

impl Terms {
    /// Begins an exchange on these terms.
    pub(super) fn begin(limits: &RuleLimits, places: &Places) -> Result<Self, DialError> {
        let until = |after: Duration| Instant::now().checked_add(after).map(|until| (until, after));
        Ok(Self {
            left: limits.response_bytes.map(|bytes| (bytes, bytes)),
            until: limits.total.and_then(until),
            passes: None,
            place: places.take(limits.concurrent)?,
        })
    }

    /// Whether they go on with the body.
    pub(super) const fn matter(&self) -> bool {
        self.left.is_some() || self.until.is_some() || self.place.is_some()
    }

    /// Waits for what comes before the body.
    pub(super) async fn before_body<T>(
        &self,
        head: impl Future<Output = Result<T, DialError>>,
    ) -> Result<T, DialError> {
        let Some((until, after)) = self.until else { return head.await };
        match tokio::time::timeout_at(until, head).await {
            Ok(head) => head,
            Err(_elapsed) => Err(DialError::TotalTimeout { after }),
        }
    }

    /// Whether a body that is announced to be so long may come.
    pub(super) fn announced(&self, bytes: Option<u64>) -> Result<(), DialError> {
        match (self.left, bytes) {
            (Some((left, limit)), Some(bytes)) if bytes > left => {
                Err(exceeded("response_bytes", limit))
            }
            _ => Ok(()),
        }
    }

    /// Counts bytes that have come.
    pub(super) fn received(&mut self, bytes: usize) -> Result<(), DialError> {
        let Some((left, limit)) = &mut self.left else { return Ok(()) };
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        *left = left.checked_sub(bytes).ok_or_else(|| exceeded("response_bytes", *limit))?;
        Ok(())
    }

    /// Ready once the exchange has had its time.
    pub(super) fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<DialError> {
        let Some((until, after)) = self.until else { return Poll::Pending };
        let passes = self.passes.get_or_insert_with(|| Box::pin(sleep_until(until)));
        passes.as_mut().poll(cx).map(|()| DialError::TotalTimeout { after })
    }
}

/// The content of a request, which must not have more bytes than its rule allows.
pub(super) fn bounded(body: RequestBody, limits: &RuleLimits) -> Result<RequestBody, DialError> {
    let Some(limit) = limits.request_bytes else { return Ok(body) };
    if body.size_hint().lower() > limit {
        return Err(exceeded("request_bytes", limit));
    }
    Ok(match body {
        RequestBody::Whole(bytes) => RequestBody::Whole(bytes),
        RequestBody::Streamed(body) => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            RequestBody::Streamed(Limited::new(body, limit).boxed_unsync())
        }
    })
}

fn exceeded(setting: &'static str, value: u64) -> DialError {
    DialError::LimitExceeded(DialLimit::Rule { setting, value })
}
