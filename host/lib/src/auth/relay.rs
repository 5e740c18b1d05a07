//! The exchanges of a session that has a sign-in and whose HTTP runs elsewhere: redirects and
//! credentials are this host's, hop by hop, and everything else the executor's.

use super::road::Road;
use crate::http::Authorize;
use crate::sandbox::performer::{Perform, Performed};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use sandbar_exchange::hop::Hop;
use sandbar_exchange::{
    Deadline, ErrorCode, Failure, Field, RedirectPolicy, Request, Response, refusal,
};
use std::sync::Arc;

/// Performs exchanges through an executor, with credentials.
pub(crate) struct Relay {
    pub(crate) road: Arc<Road>,
    pub(crate) authorize: Arc<dyn Authorize>,
}

impl Perform for Relay {
    fn perform(self: Arc<Self>, request: Request) -> BoxFuture<'static, Performed> {
        Box::pin(async move { self.hops(request).await })
    }
}

impl Relay {
    async fn hops(&self, request: Request) -> Performed {
        let deadlines = request.deadlines.clone();
        let mut hop = Hop::<Bytes>::first(request).map_err(Failure::unsent)?;
        loop {
            let (response, body) = self.hop(&hop, &deadlines).await?;
            let location = response.values("location").next().map(<[u8]>::to_vec);
            if let Some(location) = location
                && let Some(next) = hop.redirected(response.status, &location)?
            {
                hop = next;
                continue;
            }
            return Ok((response, body));
        }
    }

    /// Sends a hop with what it is authorized with, and once more where that was refused and there is
    /// something else to try.
    async fn hop(&self, hop: &Hop<Bytes>, deadlines: &[Deadline]) -> Performed {
        if hop.fields.iter().any(|field| field.name.eq_ignore_ascii_case("authorization")) {
            return self.road.perform(request(hop, deadlines, &HeaderMap::new())).await;
        }
        let method = Method::from_bytes(hop.method.as_bytes())
            .map_err(|_| hop.failed(refusal::method(), true))?;
        let uri = Uri::try_from(&hop.url[..url::Position::AfterQuery])
            .map_err(|error| hop.failed(refusal::url(error), true))?;
        let fields = self.authorize.fields(&method, &uri).await;
        let (response, body) = self.road.perform(request(hop, deadlines, &fields)).await?;
        let status = StatusCode::from_u16(response.status)
            .map_err(|_| hop.failed(ErrorCode::Protocol("the status is none".to_owned()), false))?;
        if !self.authorize.answered(&fields, status, &headers(&response)).await {
            return Ok((response, body));
        }
        drop(body);
        let fields = self.authorize.fields(&method, &uri).await;
        self.road.perform(request(hop, deadlines, &fields)).await
    }
}

/// The hop as an exchange of its own.
fn request(hop: &Hop<Bytes>, deadlines: &[Deadline], added: &HeaderMap) -> Request {
    let added = added.iter().map(|(name, value)| Field::new(name.as_str(), value.as_bytes()));
    Request {
        fields: hop.fields.iter().cloned().chain(added).collect(),
        body: hop.body.as_ref().map(|body| body.to_vec()),
        redirects: RedirectPolicy::Stop,
        deadlines: deadlines.to_vec(),
        ..Request::new(hop.method.clone(), hop.url.as_str())
    }
}

fn headers(response: &Response) -> HeaderMap {
    let pairs = response.fields.iter().filter_map(|field| {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(&field.value).ok()?))
    });
    pairs.collect()
}
