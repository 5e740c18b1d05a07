//! Executors: who performs HTTP exchanges, here or elsewhere.
//!
//! | what | where |
//! |---|---|
//! | the choice of executor | [`Target`] |
//! | one exchange after another, unaware of MCP | [`Executor`] |
//! | the byte pipe to an executor, and what makes one | [`Pipe`], [`Connect`] |
//! | being an executor for others | [`Sandbar::serve`](crate::Sandbar::serve), [`Listener`] |

pub use crate::channel::{CommandClient, Connect, Pipe, Target, WebSocketClient};
pub use crate::serve::{ListenError, ListenOptions, Listener, ServeOptions};

use crate::error::Error;
use crate::limits::EXCHANGES;
use crate::sandbox::bindings::Fetching;
use crate::sandbox::exchange::{Answered, Ended, FetchLife, send};
use crate::sandbox::worker::{Worker, job};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use sandbar_exchange::{BodyCount, ErrorCode, Failure, Field, Phase, RedirectPolicy, Request};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// A request for an executor to perform (RFC 9110 section 9).
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Any token, sent as it is.
    pub method: String,
    /// An absolute `http` or `https` URL.
    pub url: String,
    /// Fields to send, in order.
    pub fields: Vec<(String, Vec<u8>)>,
    /// The content.
    pub body: Option<Vec<u8>>,
    /// Whether redirects are followed.
    pub follow_redirects: bool,
    /// For the connection, TLS included. The executor's default if none.
    pub connect_timeout: Option<Duration>,
    /// For the first byte, and between two. The executor's default if none.
    pub idle_timeout: Option<Duration>,
    /// For the whole exchange. There is none by default.
    pub total_timeout: Option<Duration>,
}

impl HttpRequest {
    /// A GET of `url`.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET".to_owned(),
            url: url.into(),
            fields: Vec::new(),
            body: None,
            follow_redirects: true,
            connect_timeout: None,
            idle_timeout: None,
            total_timeout: None,
        }
    }

    fn into_request(self) -> Request {
        let request = Request {
            fields: self.fields.into_iter().map(|(name, value)| Field { name, value }).collect(),
            body: self.body,
            redirects: match self.follow_redirects {
                true => RedirectPolicy::Follow,
                false => RedirectPolicy::Stop,
            },
            ..Request::new(self.method, self.url)
        };
        request
            .within(Phase::Connect, self.connect_timeout)
            .within(Phase::FirstByte, self.idle_timeout)
            .within(Phase::Idle, self.idle_timeout)
            .within(Phase::Total, self.total_timeout)
    }
}

/// A response with its body.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Fields as they arrived; names in lower case.
    pub fields: Vec<(String, Vec<u8>)>,
    /// Where it came from: the URL of the last hop.
    pub url: String,
    /// The whole body.
    pub body: Bytes,
}

/// A response whose body is on its way.
#[derive(Debug)]
pub struct Streamed {
    /// The status code.
    pub status: u16,
    /// Fields as they arrived; names in lower case.
    pub fields: Vec<(String, Vec<u8>)>,
    /// Where it came from: the URL of the last hop.
    pub url: String,
    /// The body.
    pub body: Body,
}

/// Performs HTTP exchanges through one executor, all in one sandbox.
///
/// A clone is cheap and talks to the same sandbox, and to the same connection
/// where the executor is remote.
#[derive(Clone)]
pub struct Executor(Arc<Inner>);

struct Inner {
    worker: Worker<Fetching>,
    exchanges: Arc<Semaphore>,
    last: AtomicU64,
}

impl Executor {
    pub(crate) fn new(worker: Worker<Fetching>) -> Self {
        Self(Arc::new(Inner {
            worker,
            exchanges: Arc::new(Semaphore::new(EXCHANGES)),
            last: AtomicU64::new(0),
        }))
    }

    /// Performs an exchange and returns when the head of the response is there.
    ///
    /// Ids are the executor's own: whatever the caller asks for, no two exchanges
    /// share one. Dropping the future, or the body, cancels the exchange at the
    /// executor.
    ///
    /// # Errors
    ///
    /// [`Error::Http`] for everything that befalls the exchange before its head;
    /// [`Error::Sandbox`] when the sandbox fails.
    pub async fn request_stream(&self, request: HttpRequest) -> Result<Streamed, Error> {
        self.send(request.into_request()).await
    }

    /// The same, with a request as executors have it.
    pub(crate) async fn send(&self, request: Request) -> Result<Streamed, Error> {
        let permit =
            Arc::clone(&self.0.exchanges).acquire_owned().await.map_err(|_closed| Error::Closed)?;
        let id = self.0.last.fetch_add(1, Ordering::Relaxed);
        let hold = Hold { executor: self.clone(), id };
        let to_head = request.method == "HEAD";
        let (job, sent) = job::<FetchLife, _, _>(permit, id, move |accessor, exports| {
            Box::pin(send(accessor, exports, id, request))
        });
        self.0.worker.run(job);
        let answered = match sent.await {
            Ok(Ok(answered)) => answered,
            Ok(Err(failure)) => return Err(failure.into()),
            Err(_gone) => return Err(self.ended().await),
        };
        let Answered { head, body, outcome } = answered;
        let count = BodyCount::of(&head, to_head);
        Ok(Streamed {
            status: head.status,
            fields: head.fields.into_iter().map(|field| (field.name, field.value)).collect(),
            url: head.url,
            body: Body { chunks: body, outcome: Some(outcome), count, _hold: hold },
        })
    }

    /// Performs an exchange and returns its whole body, which may be `limit`
    /// bytes long.
    ///
    /// # Errors
    ///
    /// Those of [`Executor::request_stream`], those of a body, and
    /// [`ErrorCode::LimitExceeded`].
    pub async fn request(&self, request: HttpRequest, limit: usize) -> Result<Response, Error> {
        let Streamed { status, fields, url, mut body } = self.request_stream(request).await?;
        let mut whole = BytesMut::new();
        while let Some(chunk) = body.chunk().await {
            let chunk = chunk?;
            if whole.len().saturating_add(chunk.len()) > limit {
                let code = ErrorCode::limit("body-bytes", limit);
                return Err(body.count.failure(code).into());
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(Response { status, fields, url, body: whole.freeze() })
    }

    /// Why an exchange was dropped without an outcome.
    async fn ended(&self) -> Error {
        self.0.worker.ending().await.into()
    }
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

/// Releases an exchange when it is dropped.
struct Hold {
    executor: Executor,
    id: u64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.executor.0.worker.cancel(self.id);
    }
}

/// The body of a response, chunk by chunk.
///
/// The end of the chunks alone proves nothing: a body that ended early, or was
/// cut off, ends with an error. The executor is slowed down by a reader that is
/// slow. Dropping the body cancels the exchange.
pub struct Body {
    chunks: mpsc::Receiver<Bytes>,
    /// None once it has been told.
    outcome: Option<oneshot::Receiver<Ended>>,
    count: BodyCount,
    /// Cancels the exchange when this is dropped.
    _hold: Hold,
}

impl Body {
    /// The next chunk; none after a clean end. After an error there is nothing.
    /// Cancel safe.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, Error>> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Bytes received so far.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.count.received()
    }

    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(chunk) = std::task::ready!(self.chunks.poll_recv(cx)) {
            self.count.add(chunk.len());
            return Poll::Ready(Some(Ok(chunk)));
        }
        let Some(outcome) = &mut self.outcome else { return Poll::Ready(None) };
        let ended = std::task::ready!(Pin::new(outcome).poll(cx));
        self.outcome = None;
        Poll::Ready(self.end(ended.ok()))
    }

    /// What an outcome means: nothing more, or an error.
    fn end(&self, outcome: Option<Ended>) -> Option<Result<Bytes, Error>> {
        // Without one the sandbox is gone, and the way to the executor with it.
        let gone = || Failure::sent(ErrorCode::Disconnected("the sandbox ended".to_owned()));
        let ended = outcome.map_or_else(|| Err(gone()), |outcome| self.count.end(outcome));
        ended.err().map(|failure| Err(failure.into()))
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_chunk(cx)
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("received", &self.received()).finish_non_exhaustive()
    }
}
