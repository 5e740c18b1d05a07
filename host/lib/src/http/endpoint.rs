//! Where an exchange begins: a URL in every form that sending to it takes.
//!
//! A session asks for the same URL with every message, so the last one is kept: parsing it anew, its
//! host by the rules of IDNA among the rest, costs as much as half of what else is done here.

use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use sandbar_exchange::ErrorCode;
use sandbar_exchange::hop::HttpUrl;
use sandbar_exchange::refusal;

use sandbar_policy::Target;

/// A URL that can be dialled.
#[derive(Debug)]
pub(super) struct Endpoint {
    text: String,
    pub(super) url: HttpUrl,
    pub(super) address: Address,
}

/// What is dialled for a URL, and asked for there.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) uri: Uri,
    pub(super) target: Target,
}

impl Address {
    /// Where a URL leads. It has no user information, and its host is normalised.
    pub(super) fn of(url: &url::Url) -> Result<Self, ErrorCode> {
        // Without the fragment, which is not sent.
        let sent = &url[..url::Position::AfterQuery];
        let uri = Uri::try_from(sent).map_err(refusal::url)?;
        let target = Target::try_from(url).map_err(refusal::url)?;
        Ok(Self { uri, target })
    }
}

/// The endpoint that was asked for last.
#[derive(Clone, Debug, Default)]
pub(super) struct Endpoints(Arc<Mutex<Option<Arc<Endpoint>>>>);

impl Endpoints {
    /// The endpoint of this URL.
    pub(super) fn get(&self, text: &str) -> Result<Arc<Endpoint>, ErrorCode> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.as_ref().filter(|known| known.text == text) {
            return Ok(Arc::clone(known));
        }
        let url = HttpUrl::parse(text)?;
        let address = Address::of(url.as_url())?;
        let endpoint = Arc::new(Endpoint { text: text.to_owned(), url, address });
        *last = Some(Arc::clone(&endpoint));
        Ok(endpoint)
    }
}
