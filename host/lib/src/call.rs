//! Requests, and calls in flight.

use crate::budget::Budget;
use crate::error::Error;
use crate::limits::FIRST_REPEAT;
use crate::operation::Operation;
use crate::sandbox::bindings::mcp;
use crate::sandbox::handler::Notification;
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::queue::{self, QueueLimits, queue};
use crate::sandbox::session::{McpLife, McpSession, Outcome};
use crate::sandbox::worker::{Worker, job};
use futures::Stream;
use futures::future::BoxFuture;
use sandbar_exchange::nanoseconds;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// The sandbox of a session as its calls see it. They keep it: it ends with the last of them, and
/// the last clone of their session.
pub(crate) struct Calls {
    worker: Worker<McpSession>,
    queued: QueueLimits,
    grace: Duration,
    places: Arc<Semaphore>,
    last: AtomicU64,
}

impl Calls {
    /// The calls of a sandbox; what waits for their readers counts for `budget`.
    pub(crate) fn new(worker: Worker<McpSession>, limits: &SandboxLimits, budget: Budget) -> Self {
        let places = limits.calls_in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            worker,
            queued: QueueLimits {
                notifications: limits.queued_notifications.max(1),
                bytes: limits.queued_notification_bytes,
                budget,
            },
            grace: limits.grace,
            places: Arc::new(Semaphore::new(places)),
            last: AtomicU64::new(0),
        }
    }

    /// Ends all of them, and the session. A sandbox that does not respond is ended.
    pub(crate) async fn close(&self) {
        self.worker.close();
        if tokio::time::timeout(self.grace * 2, self.worker.ending()).await.is_err() {
            self.worker.kill();
        }
    }

    /// Waits for the end of the sandbox, and says why it came.
    pub(crate) async fn ended(&self) -> Error {
        self.worker.ending().await.into()
    }

    /// Waits for a place among the calls in flight.
    async fn admit(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.places).acquire_owned().await.map_err(|_closed| Error::Closed)
    }

    fn next(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed)
    }
}

/// A request that has not been sent.
///
/// Awaiting it sends it and waits for the answer. [`Request::start`] sends it
/// and returns the [`Call`], for those who want what arrives before the answer.
#[must_use = "a request does nothing until it is awaited or started"]
pub struct Request<T> {
    calls: Arc<Calls>,
    operation: Box<dyn Operation<T>>,
    timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    progress: bool,
    meta: Option<String>,
    fresh: bool,
}

impl<T: Send + 'static> Request<T> {
    pub(crate) fn new(calls: &Arc<Calls>, operation: impl Operation<T> + 'static) -> Self {
        Self {
            calls: Arc::clone(calls),
            operation: Box::new(operation),
            timeout: None,
            idle_timeout: None,
            progress: false,
            meta: None,
            fresh: false,
        }
    }

    /// Gives the call up when it has not been answered after this long, however
    /// lively the server is. There is no such deadline by default: see
    /// [`idle_timeout`](Self::idle_timeout) for one that liveliness extends.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The longest silence to accept, instead of the session's.
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Asks the server although it said of an answer to the same from before that it still holds
    /// (2026-07-28, "Caching"): such an answer is used otherwise, within the session that it was given
    /// to, until the server says that something has changed, and for an hour at most.
    pub const fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Adds members to `_meta`, as the text of a JSON object: trace context (`traceparent`), for
    /// instance. Those that the protocol writes itself take precedence.
    pub fn meta(mut self, json: impl Into<String>) -> Self {
        self.meta = Some(json.into());
        self
    }

    /// Asks for the result as JSON text, exactly as the server wrote it: with the members that the
    /// typed form does not have, and where the typed form could not be made.
    pub fn raw(self) -> Request<String> {
        let Self { calls, operation, timeout, idle_timeout, progress, meta, fresh } = self;
        let operation = Box::new(operation.untyped());
        Request { calls, operation, timeout, idle_timeout, progress, meta, fresh }
    }

    /// Asks the server to report progress.
    pub const fn with_progress(mut self) -> Self {
        self.progress = true;
        self
    }

    /// Sends the request, as soon as the session has a place for it.
    ///
    /// What the server sends before the answer waits in the [`Call`] for its
    /// reader, and makes the server wait when it is too much.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] when the session is.
    pub async fn start(self) -> Result<Call<T>, Error> {
        let (listener, notifications) = queue(self.calls.queued.clone());
        let call = self.send(Some(listener)).await?;
        Ok(Call { notifications: Some(notifications), ..call })
    }

    async fn send(self, listener: Option<queue::Sender>) -> Result<Call<T>, Error> {
        let Self { calls, operation, timeout, idle_timeout, progress, meta, fresh } = self;
        let permit = calls.admit().await?;
        let id = calls.next();
        let idle_timeout = idle_timeout.map(nanoseconds);
        let options = mcp::CallOptions { id, progress, idle_timeout, meta, fresh };
        let (job, outcome) = job::<McpLife, _, _>(permit, id, move |accessor, context| {
            Box::pin(async move {
                if let Some(listener) = listener {
                    context.listen(accessor, id, listener).await?;
                }
                operation.call(accessor, context, options).await
            })
        });
        calls.worker.run(job);
        let deadline =
            timeout.map(|after| Deadline { after, passes: Box::pin(tokio::time::sleep(after)) });
        let in_flight = InFlight { calls, id, outcome: Some(outcome) };
        Ok(Call { in_flight, notifications: None, deadline, ending: None })
    }
}

impl<T: Send + 'static> IntoFuture for Request<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        // Nobody listens here: what no call listens to goes to the handler.
        Box::pin(async move { self.send(None).await?.await })
    }
}

impl<T> std::fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// A call in flight.
///
/// Read what arrives before the answer with [`notification`](Self::notification)
/// or [`notifications`](Self::notifications), then await the call. Awaiting it
/// at once is fine too: what arrives meanwhile is dropped.
///
/// Dropping it gives the call up, upstream too.
#[must_use = "dropping a call gives it up"]
pub struct Call<T: Send + 'static> {
    in_flight: InFlight<T>,
    /// None where nobody listens to this call.
    notifications: Option<queue::Receiver>,
    deadline: Option<Deadline>,
    /// Set once there will be no outcome: finds out why.
    ending: Option<BoxFuture<'static, Error>>,
}

struct Deadline {
    after: Duration,
    passes: Pin<Box<tokio::time::Sleep>>,
}

impl Deadline {
    /// How long the call had, if that is over.
    fn passed(&mut self, cx: &mut Context<'_>) -> Option<Duration> {
        self.passes.as_mut().poll(cx).is_ready().then_some(self.after)
    }
}

impl<T: Send + 'static> Call<T> {
    /// The next notification of the server; none once the answer is there, or
    /// the deadline has passed. Cancel safe.
    pub async fn notification(&mut self) -> Option<Notification> {
        std::future::poll_fn(|cx| self.poll_notification(cx)).await
    }

    /// The notifications of the server, up to the answer.
    pub fn notifications(&mut self) -> impl Stream<Item = Notification> + Send + '_ {
        futures::stream::poll_fn(|cx| self.poll_notification(cx))
    }

    fn poll_notification(&mut self, cx: &mut Context<'_>) -> Poll<Option<Notification>> {
        let Some(notifications) = &mut self.notifications else { return Poll::Ready(None) };
        let polled = notifications.poll_recv(cx);
        if polled.is_pending() && self.deadline_passed(cx).is_some() {
            return Poll::Ready(None);
        }
        polled
    }

    fn deadline_passed(&mut self, cx: &mut Context<'_>) -> Option<Duration> {
        self.deadline.as_mut()?.passed(cx)
    }

    /// There will be no outcome: the sandbox has ended, and knows why.
    fn poll_ending(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let calls = &self.in_flight.calls;
        let ending = self.ending.get_or_insert_with(|| {
            let calls = Arc::clone(calls);
            Box::pin(async move { calls.ended().await })
        });
        ending.as_mut().poll(cx)
    }
}

impl<T: Send + 'static> Future for Call<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(notifications) = &mut this.notifications {
            while let Poll::Ready(Some(_unread)) = notifications.poll_recv(cx) {}
        }
        match this.in_flight.poll_outcome(cx) {
            Poll::Ready(Some(outcome)) => Poll::Ready(outcome.map_err(Error::from)),
            Poll::Ready(None) => this.poll_ending(cx).map(Err),
            Poll::Pending => match this.deadline_passed(cx) {
                Some(after) => {
                    this.in_flight.give_up();
                    Poll::Ready(Err(Error::Timeout { after }))
                }
                None => Poll::Pending,
            },
        }
    }
}

impl<T: Send + 'static> std::fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("id", &self.in_flight.id).finish_non_exhaustive()
    }
}

/// The hold that a caller has on a call. Lets go of it when dropped before the
/// outcome is there.
struct InFlight<T: Send + 'static> {
    calls: Arc<Calls>,
    id: u64,
    /// None once it has come, or the call was given up.
    outcome: Option<oneshot::Receiver<Outcome<T>>>,
}

impl<T: Send + 'static> InFlight<T> {
    /// The outcome, or none where there will be none.
    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Option<Outcome<T>>> {
        let Some(outcome) = &mut self.outcome else { return Poll::Ready(None) };
        let polled = Pin::new(outcome).poll(cx).map(Result::ok);
        if polled.is_ready() {
            self.outcome = None;
        }
        polled
    }

    /// Has the guest give the call up, and ends the sandbox of a guest that does
    /// not: it is parked or spinning where no cancellation reaches it.
    fn give_up(&mut self) {
        let Some(outcome) = self.outcome.take() else { return };
        let (calls, id) = (Arc::clone(&self.calls), self.id);
        calls.worker.cancel(id);
        let watch = async move {
            let cancelled = cancelled(&calls.worker, id, outcome);
            if tokio::time::timeout(calls.grace, cancelled).await.is_err() {
                calls.worker.kill();
            }
        };
        // Without a runtime the worker is gone, and the call with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(watch);
        }
    }
}

/// Waits for the end of a call that was given up. A guest that is busy may take up the call after
/// its cancellation, which then meant nothing, so that is said again, ever more rarely.
async fn cancelled<T>(
    worker: &Worker<McpSession>,
    id: u64,
    mut outcome: oneshot::Receiver<Outcome<T>>,
) {
    let mut pause = FIRST_REPEAT;
    while tokio::time::timeout(pause, &mut outcome).await.is_err() {
        worker.cancel(id);
        pause = pause.saturating_mul(2);
    }
}

impl<T: Send + 'static> Drop for InFlight<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}
