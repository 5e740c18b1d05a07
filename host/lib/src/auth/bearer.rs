//! The token of a session, added at the dial and renewed in time.

use super::credential::{Credential, now};
use super::credentials::{Credentials, get};
use super::limits::RETRY_RENEWAL;
use super::refresh::refresh;
use super::road::Road;
use crate::http::Authorize;
use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Mutex;
use url::Url;

/// The sign-in that the requests of a session are authorized with.
pub(crate) struct Bearer(Arc<Inner>);

struct Inner {
    road: Arc<Road>,
    credentials: Arc<dyn Credentials>,
    /// Held while it is renewed, so that one of many requests does it.
    current: Mutex<Current>,
}

struct Current {
    credential: Credential,
    /// No other is asked for before, since the last could not be had.
    not_before: Option<Instant>,
}

impl Bearer {
    pub(crate) fn new(
        road: Arc<Road>,
        credentials: Arc<dyn Credentials>,
        credential: Credential,
    ) -> Self {
        let current = Mutex::new(Current { credential, not_before: None });
        Self(Arc::new(Inner { road, credentials, current }))
    }
}

impl Inner {
    /// What a request to this URL is authorized with, if nothing is to be done for it.
    async fn at_hand(&self, url: &Url) -> Option<HeaderMap> {
        let current = self.current.lock().await;
        if !current.credential.covers(url) {
            return Some(HeaderMap::new());
        }
        let is_at_hand = current.credential.tokens.is_some() && !is_due(&current);
        is_at_hand.then(|| fields(&current.credential))
    }

    async fn renewed_if_due(&self) -> HeaderMap {
        let mut current = self.current.lock().await;
        if current.credential.tokens.is_none() {
            // Somebody may have signed in again.
            let stored = get(&*self.credentials, &current.credential.key()).await;
            if let Some(stored) = stored.ok().flatten() {
                current.credential = stored;
            }
        }
        if is_due(&current) {
            self.renew(&mut current).await;
        }
        fields(&current.credential)
    }

    /// Whether there are other fields than these, which were refused.
    async fn renewed_after(&self, refused: &HeaderMap) -> bool {
        let mut current = self.current.lock().await;
        // Another request has renewed them meanwhile, otherwise.
        if fields(&current.credential) == *refused && may_renew(&current) {
            self.renew(&mut current).await;
        }
        let renewed = fields(&current.credential);
        !renewed.is_empty() && renewed != *refused
    }

    /// Takes over what another process has renewed, or renews it. What fails for the time being leaves
    /// everything as it is.
    async fn renew(&self, current: &mut Current) {
        let Current { credential, not_before } = current;
        match refresh(&self.road, &*self.credentials, credential).await {
            Ok(Some(renewed)) => *credential = renewed,
            Ok(None) => credential.tokens = None,
            Err(error) => {
                *not_before = Instant::now().checked_add(RETRY_RENEWAL);
                tracing::warn!(error = &error as &dyn std::error::Error, "no new token");
            }
        }
    }
}

impl Authorize for Bearer {
    fn fields<'a>(&'a self, _method: &'a Method, uri: &'a Uri) -> BoxFuture<'a, HeaderMap> {
        Box::pin(async move {
            let Ok(url) = Url::parse(&uri.to_string()) else { return HeaderMap::new() };
            if let Some(fields) = self.0.at_hand(&url).await {
                return fields;
            }
            // To its end, however long whoever asks waits: a token that was renewed and not kept is lost.
            let inner = Arc::clone(&self.0);
            let renewed = tokio::spawn(async move { inner.renewed_if_due().await });
            renewed.await.unwrap_or_default()
        })
    }

    fn answered<'a>(
        &'a self,
        sent: &'a HeaderMap,
        status: StatusCode,
        _answer: &'a HeaderMap,
    ) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            if status != StatusCode::UNAUTHORIZED || sent.is_empty() {
                return false;
            }
            let (inner, refused) = (Arc::clone(&self.0), sent.clone());
            let renewed = tokio::spawn(async move { inner.renewed_after(&refused).await });
            renewed.await.unwrap_or(false)
        })
    }
}

/// Whether the token ends soon, and another can be had.
fn is_due(current: &Current) -> bool {
    let tokens = current.credential.tokens.as_ref();
    tokens.is_some_and(|tokens| tokens.refresh.is_some() && tokens.is_due(now()))
        && may_renew(current)
}

fn may_renew(current: &Current) -> bool {
    current.not_before.is_none_or(|from| Instant::now() >= from)
}

fn fields(credential: &Credential) -> HeaderMap {
    let mut fields = HeaderMap::new();
    if let Some(tokens) = &credential.tokens
        && let Ok(mut value) = HeaderValue::try_from(format!("Bearer {}", tokens.access.reveal()))
    {
        value.set_sensitive(true);
        fields.insert(AUTHORIZATION, value);
    }
    fields
}
