//! The executor interface of this host: an exchange, redirects included.
//!
//! A chain of hops by the rules of [`sandbar_exchange::hop`], each sent by [`Dialer::send`], which
//! judges it like any other request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body::Body as _;
use sandbar_exchange::hop::Hop;
use sandbar_exchange::{
    BodyCount, BodySummary, ErrorCode, Failure, Field, Phase, Request, Response, refusal,
};
use sandbar_policy::Asked;
use tokio::time::{Instant, Sleep, sleep_until};

use super::body::{RequestBody, ResponseBody};
use super::deadline::Timeouts;
use super::dialer::Dialer;
use super::endpoint::Address;

impl Dialer {
    /// Performs an exchange up to the head of its last hop.
    ///
    /// # Errors
    ///
    /// Every way in which an exchange can fail, with where it did.
    ///
    /// # Cancel safety
    ///
    /// As for [`Dialer::send`].
    pub async fn exchange(&self, request: Request) -> Result<(Response, ExchangeBody), Failure> {
        let total = request.deadline(Phase::Total).map(Total::new);
        let Some(total) = total else { return self.hops(request, None).await };
        let (deadline, authority) = (total.deadline, request.authority());
        // Boxed: it is rare, and would make the future of every exchange twice as large.
        let hops = Box::pin(self.hops(request, Some(total)));
        match tokio::time::timeout_at(deadline, hops).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(Failure { authority, ..Failure::sent(ErrorCode::TotalTimeout) }),
        }
    }

    async fn hops(
        &self,
        request: Request,
        total: Option<Total>,
    ) -> Result<(Response, ExchangeBody), Failure> {
        let timeouts = Timeouts::from(&request);
        let endpoint = self.endpoints.get(&request.url).map_err(Failure::unsent)?;
        let mut address = endpoint.address.clone();
        let mut hop = Hop::<Bytes>::to(endpoint.url.clone(), request).map_err(Failure::unsent)?;
        loop {
            let Address { uri, target } = address;
            // What a redirect makes of the hop, it no longer has.
            let (method, path) = (hop.method.clone(), uri.path().to_owned());
            let request = to_http(&hop, uri).map_err(|code| hop.failed(code, true))?;
            let response = match self.send_to(&target, request, timeouts).await {
                Ok(response) => response,
                Err(error) => return Err(hop.failed(error.code(), error.is_unsent())),
            };
            if let Some(location) = response.headers().get(header::LOCATION)
                && let Some(next) =
                    hop.redirected(response.status().as_u16(), location.as_bytes())?
            {
                address = Address::of(&next.url).map_err(|code| next.failed(code, true))?;
                let from = Asked::new(&target, &method, &path);
                self.judge_redirect(&from, &address.target)
                    .map_err(|error| next.failed(error.code(), true))?;
                hop = next;
                continue;
            }
            let to_head = hop.method == "HEAD";
            let (parts, body) = response.into_parts();
            let head = Response {
                status: parts.status.as_u16(),
                fields: fields(&parts.headers),
                url: hop.url.into(),
            };
            let count = BodyCount::of(&head, to_head);
            return Ok((head, ExchangeBody { body, count, total }));
        }
    }
}

fn to_http(hop: &Hop<Bytes>, uri: Uri) -> Result<http::Request<RequestBody>, ErrorCode> {
    let mut request = http::Request::new(RequestBody::Whole(hop.body.clone()));
    *request.method_mut() =
        Method::from_bytes(hop.method.as_bytes()).map_err(|_| refusal::method())?;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.reserve(hop.fields.len().saturating_add(2));
    for Field { name, value } in &hop.fields {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(ErrorCode::InvalidRequest("a header name or value is invalid".to_owned()));
        };
        headers.append(name, value);
    }
    // With its length declared, a body needs no chunked coding.
    if let Some(length) = hop.content_length() {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(request)
}

fn fields(headers: &HeaderMap) -> Vec<Field> {
    headers.iter().map(|(name, value)| Field::new(name.as_str(), value.as_bytes())).collect()
}

/// The deadline of a whole exchange.
struct Total {
    deadline: Instant,
    passes: Option<Pin<Box<Sleep>>>,
}

impl Total {
    fn new(after: Duration) -> Self {
        // A deadline that the clock does not reach is none; this is far enough.
        const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);
        let now = Instant::now();
        let deadline = now.checked_add(after.min(FAR)).unwrap_or(now);
        Self { deadline, passes: None }
    }

    fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        self.passes.get_or_insert_with(|| Box::pin(sleep_until(deadline))).as_mut().poll(cx)
    }
}

/// The body of an exchange. Dropping it ends the exchange.
pub struct ExchangeBody {
    body: ResponseBody,
    count: BodyCount,
    total: Option<Total>,
}

impl ExchangeBody {
    /// The next bytes, at least one; none at a clean end.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Failure>>> {
        loop {
            if let Some(total) = &mut self.total
                && total.poll_passed(cx).is_ready()
            {
                return Poll::Ready(Some(Err(self.count.failure(ErrorCode::TotalTimeout))));
            }
            return Poll::Ready(match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => {
                        self.count.add(data.len());
                        Some(Ok(data))
                    }
                    // Trailers, which nobody here asked for.
                    _ => continue,
                },
                Some(Err(error)) => Some(Err(self.count.failure(error.code()))),
                None => self.count.end(Ok(self.summary())).err().map(Err),
            });
        }
    }

    /// Whether the end is known to have come, so that nothing more need be polled for.
    pub(crate) fn is_at_end(&self) -> bool {
        self.body.is_end_stream() && self.count.is_whole()
    }

    /// What has come so far.
    pub(crate) fn summary(&self) -> BodySummary {
        BodySummary { bytes: Some(self.count.received()), deltas: None }
    }
}

impl std::fmt::Debug for ExchangeBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExchangeBody")
            .field("received", &self.count.received())
            .finish_non_exhaustive()
    }
}
