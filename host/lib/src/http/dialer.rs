//! The dialer: judge, send, watch the deadlines.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use http::header::{CONNECTION, PROXY_AUTHORIZATION};
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::body::{RequestBody, ResponseBody};
use super::connector::Connector;
use super::deadline::{Deadlines, Passed, Timeouts, before_head};
use super::endpoint::Endpoints;
use super::error::DialError;
use super::hyper_error;
use super::limits::{
    DialLimits, HTTP2_CONNECTION_WINDOW, HTTP2_FRAME, HTTP2_HEAD_MARGIN, HTTP2_STREAM_WINDOW,
};
use super::policy::Policy;
use super::proxy::Proxies;
use super::request;
use super::response;
use super::stats::{Counters, DialStats};
use super::target::Target;
use super::tls::TlsRoots;

/// Sends HTTP requests under one policy, over one pool of connections.
///
/// A clone is cheap and shares both. Idle connections are closed when the last clone is dropped.
#[derive(Clone)]
pub struct Dialer {
    client: Client<Connector, RequestBody>,
    connector: Connector,
    pub(super) endpoints: Endpoints,
}

impl Dialer {
    /// A dialer with an empty pool. Nothing is resolved, read or dialled yet.
    pub fn new(policy: Policy, tls: TlsRoots, limits: DialLimits, proxies: Proxies) -> Self {
        let counters = Arc::new(Counters::default());
        let connector = Connector::new(policy, tls, proxies, limits, counters);
        Self { client: client(&connector), connector, endpoints: Endpoints::default() }
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
        self.connector.counters().snapshot()
    }

    /// Judges a request that can be sent to `target`, and sends it: the one road of all requests.
    pub(super) async fn send_to(
        &self,
        target: &Target,
        request: Request<RequestBody>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, DialError> {
        self.judged(target, request, timeouts).await.inspect_err(log)
    }

    async fn judged(
        &self,
        target: &Target,
        mut request: Request<RequestBody>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, DialError> {
        self.connector.policy().judge(target)?;
        self.authorize_forwarding(&mut request, target);
        if self.connector.single_use().applies_to(target, Instant::now()) {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }

        let deadlines = Deadlines::new(timeouts, self.connector.limits());
        let method = request.method().clone();
        let (head, body) = self.head(request, target, &deadlines).await?.into_parts();
        response::check(&head, &method, self.connector.limits())?;
        let linger = self.connector.limits().linger;
        let body = ResponseBody::new(body, head.version, deadlines.idle, linger);
        Ok(Response::from_parts(head, body))
    }

    async fn head(
        &self,
        mut request: Request<RequestBody>,
        target: &Target,
        deadlines: &Deadlines,
    ) -> Result<Response<Incoming>, DialError> {
        let connection = capture_connection(&mut request);
        self.connector.counters().request_sent();
        match before_head(self.client.request(request), connection, deadlines).await {
            Ok(head) => {
                head.map_err(|error| hyper_error::before_head(error, self.connector.limits()))
            }
            Err(Passed::Connect) => Err(self.connector.connect_timeout(target, deadlines.connect)),
            Err(Passed::FirstByte) => {
                Err(DialError::FirstByteTimeout { after: deadlines.first_byte })
            }
        }
    }

    /// A forwarded request authenticates itself to the proxy; a tunnel does when it is opened.
    fn authorize_forwarding(&self, request: &mut Request<RequestBody>, target: &Target) {
        let proxies = self.connector.proxies();
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
            .field("policy", self.connector.policy())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

fn client(connector: &Connector) -> Client<Connector, RequestBody> {
    let limits = connector.limits();
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(limits.idle_connection)
        .pool_max_idle_per_host(limits.idle_connections_per_host.into())
        .http1_max_buf_size(limits.read_buffer())
        .http1_max_headers(limits.response_fields.into())
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http2_initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .http2_initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .http2_max_frame_size(HTTP2_FRAME)
        .http2_max_header_list_size(limits.response_head.saturating_mul(HTTP2_HEAD_MARGIN))
        .http2_keep_alive_interval(limits.http2_ping)
        .http2_keep_alive_timeout(limits.http2_pong)
        .build(connector.clone())
}
