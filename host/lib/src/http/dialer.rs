//! The dialer: judge, send, watch the deadlines.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use http::header::{CONNECTION, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::capture_connection;

use super::authorize::{self, Authorize};
use super::body::{RequestBody, ResponseBody};
use super::connector::Ground;
use super::deadline::{Deadlines, Passed, Timeouts, before_head};
use super::endpoint::Endpoints;
use super::error::DialError;
use super::hyper_error;
use super::interim::Interim;
use super::limits::DialLimits;
use super::pools::{Pool, Pools, Shared};
use super::proxy::Proxies;
use super::request;
use super::response;
use super::stats::{Counters, DialStats};
use super::terms::{Terms, bounded};
use super::tls::TlsRoots;
use sandbar_policy::{Asked, Denial, Permit, Policy, Target};

/// Sends HTTP requests under one policy, over pools of connections of its own.
///
/// A clone is cheap and shares both. Idle connections are closed when the last clone is dropped.
#[derive(Clone)]
pub struct Dialer {
    pools: Pools,
    ground: Arc<Ground>,
    pub(super) endpoints: Endpoints,
    authorize: Option<Arc<dyn Authorize>>,
}

impl Dialer {
    /// A dialer with no connections. Nothing is resolved, read or dialled yet.
    pub fn new(policy: Policy, tls: TlsRoots, limits: DialLimits, proxies: Proxies) -> Self {
        let counters = Arc::new(Counters::default());
        let ground = Arc::new(Ground::new(policy, tls, proxies, limits, counters));
        let endpoints = Endpoints::default();
        Self { pools: Pools::default(), ground, endpoints, authorize: None }
    }

    /// The same dialer, with credentials for what it is asked to send.
    pub(crate) fn authorized(&self, authorize: Arc<dyn Authorize>) -> Self {
        Self { authorize: Some(authorize), ..self.clone() }
    }

    /// Sends a request and returns as soon as the head of the response is there; redirects are
    /// returned as they are.
    ///
    /// A request that found its pooled connection closed is sent again on another, if nothing of
    /// it had been written. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// Everything that [`DialError`] lists. What fails later, while the body is read, comes out
    /// of the body.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, and dropping the body ends the exchange: an
    /// HTTP/1.1 connection is closed, an HTTP/2 stream is reset.
    pub async fn send(
        &self,
        request: Request<RequestBody>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, DialError> {
        let mut request = request;
        let target = request::prepare(&mut request).map_err(DialError::from).inspect_err(log)?;
        self.send_to(&target, request, timeouts).await
    }

    /// What this dialer has done so far.
    pub fn stats(&self) -> DialStats {
        self.ground.counters().snapshot()
    }

    /// Judges a request that can be sent to `target`, and sends it: the one road of all requests.
    pub(super) async fn send_to(
        &self,
        target: &Target,
        request: Request<RequestBody>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, DialError> {
        let sent = match &self.authorize {
            Some(authorize) if !authorize::is_authorized(&request) => {
                // Boxed: it would make the future of every other exchange larger.
                Box::pin(self.with_credentials(&**authorize, target, request, timeouts)).await
            }
            _ => self.judged(target, request, timeouts).await,
        };
        sent.inspect_err(log)
    }

    /// Adds what the request is authorized with, and sends it once more where that was refused and there
    /// is something else to try.
    async fn with_credentials(
        &self,
        authorize: &dyn Authorize,
        target: &Target,
        mut request: Request<RequestBody>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, DialError> {
        self.judge(target, request.method(), request.uri())?;
        let again = authorize::again(&request);
        let fields = authorize.fields(request.method(), request.uri()).await;
        request.headers_mut().extend(fields.clone());
        let response = self.judged(target, request, timeouts).await?;
        let Some(mut again) = again else { return Ok(response) };
        if !authorize.answered(&fields, response.status(), response.headers()).await {
            return Ok(response);
        }
        // Its place among those that a rule allows at a time is for the next one.
        drop(response);
        let fields = authorize.fields(again.method(), again.uri()).await;
        again.headers_mut().extend(fields);
        self.judged(target, again, timeouts).await
    }

    async fn judged(
        &self,
        target: &Target,
        request: Request<RequestBody>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, DialError> {
        let permit = self.judge(target, request.method(), request.uri())?;
        let Shared { pool, limits, places } = self.pools.of(&permit, &self.ground);
        let terms = Terms::begin(&limits, &places)?;
        let mut request = match limits.request_bytes {
            Some(_) => {
                let (head, body) = request.into_parts();
                Request::from_parts(head, bounded(body, &limits)?)
            }
            None => request,
        };
        tracing::trace!(origin = %target, method = %request.method(), "a request is sent");
        self.authorize_forwarding(&mut request, target);
        if let Some(wait) = self.ground.first_reuse().wait() {
            tokio::time::sleep(wait).await;
        }
        if self.ground.single_use().applies_to(target, Instant::now()) {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }

        let deadlines = Deadlines::new(timeouts, self.ground.limits());
        let method = request.method().clone();
        let head = terms.before_body(self.head(&pool, request, target, &deadlines)).await?;
        let (head, body) = head.into_parts();
        self.ground.first_reuse().answered();
        response::check(&head, &method, self.ground.limits())?;
        if method != Method::HEAD {
            terms.announced(body.size_hint().exact())?;
        }
        let linger = self.ground.limits().linger;
        let body = ResponseBody::new(body, head.version, deadlines.idle, linger).on(terms);
        Ok(Response::from_parts(head, body))
    }

    /// What allows a request, and the address of its host where that is one: behind a proxy nothing else
    /// would judge it.
    fn judge(&self, target: &Target, method: &Method, uri: &Uri) -> Result<Permit, Denial> {
        let policy = self.ground.policy();
        let permit = policy.judge(&Asked::new(target, method.as_str(), uri.path()))?;
        if let Some(address) = target.address() {
            policy.judge_address(target, &permit, address)?;
        }
        Ok(permit)
    }

    /// Judges that what was asked for at one place is asked for at another.
    pub(super) fn judge_redirect(&self, from: &Asked<'_>, to: &Target) -> Result<(), DialError> {
        let judged = self.ground.policy().judge_redirect(from, to).map_err(DialError::from);
        judged.inspect_err(log)
    }

    async fn head(
        &self,
        pool: &Pool,
        mut request: Request<RequestBody>,
        target: &Target,
        deadlines: &Deadlines,
    ) -> Result<Response<Incoming>, DialError> {
        let connection = capture_connection(&mut request);
        self.ground.counters().request_sent();
        let interim = Interim::of(&mut request);
        let final_head = async {
            match before_head(pool.request(request), connection, deadlines).await {
                Ok(head) => {
                    head.map_err(|error| hyper_error::before_head(error, self.ground.limits()))
                }
                Err(Passed::Connect) => Err(self.ground.connect_timeout(target, deadlines.connect)),
                Err(Passed::FirstByte) => {
                    Err(DialError::FirstByteTimeout { after: deadlines.first_byte })
                }
            }
        };
        interim.before(final_head).await
    }

    /// A forwarded request authenticates itself to the proxy; a tunnel does when it is opened.
    fn authorize_forwarding(&self, request: &mut Request<RequestBody>, target: &Target) {
        let proxies = self.ground.proxies();
        if let Some(credentials) = proxies.authorization(target, request.uri()) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, credentials);
        }
    }
}

fn log(error: &DialError) {
    tracing::debug!(error = error as &dyn std::error::Error, "request failed");
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer")
            .field("policy", self.ground.policy())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
