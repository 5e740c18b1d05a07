//! A response with a failing status.

use core::time::Duration;

use crate::error::{Error, RpcError, StatusError};
use crate::http::Head as _;
use crate::jsonrpc::{Message, claims_to_be_json_rpc};
use crate::limits::PREVIEW_BYTES;
use crate::preview::preview;
use sandbar_exchange::Response;

/// A refusal: the status, and what the body says.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusError,
    rpc: Option<RpcError>,
    /// The message that the error is in.
    message: Option<String>,
}

impl Refusal {
    /// What the head says of it.
    pub(crate) fn of(head: &Response) -> Self {
        let www_authenticate = head
            .values("www-authenticate")
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect();
        let status = StatusError {
            request: String::new(),
            redirected_to: Some(head.url.clone()),
            retry_after: head.retry_after(),
            status: head.status,
            content_type: head.text("content-type").map(str::to_owned),
            preview: String::new(),
            www_authenticate,
        };
        Self { status, rpc: None, message: None }
    }

    /// The same, with what the body says.
    pub(crate) fn with_body(&self, body: &[u8]) -> Self {
        let mut status = self.status.clone();
        status.preview = preview(body, PREVIEW_BYTES);
        // The content type is not asked: servers send JSON-RPC errors as text, too. An error of
        // another kind, as OAuth has them, is left to the reader of the status.
        let rpc = core::str::from_utf8(body).ok().and_then(|text| match Message::parse(text) {
            Ok(Message::Failure { error, .. })
                if error.code != 0 || claims_to_be_json_rpc(text) =>
            {
                Some((error, text))
            }
            _ => None,
        });
        let message = rpc.as_ref().map(|(_, text)| (*text).to_owned());
        Self { status, rpc: rpc.map(|(error, _)| error), message }
    }

    /// The status code.
    pub(crate) const fn status(&self) -> u16 {
        self.status.status
    }

    /// The JSON-RPC error in the body.
    pub(crate) const fn rpc_error(&self) -> Option<&RpcError> {
        self.rpc.as_ref()
    }

    /// The message that this error is in, as the server wrote it.
    pub(crate) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The beginning of the body.
    pub(crate) fn preview(&self) -> &str {
        &self.status.preview
    }

    /// How long the server asks to wait.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        self.status.retry_after
    }

    /// Whether credentials are demanded (RFC 9110 section 11).
    pub(crate) fn is_challenge(&self) -> bool {
        matches!(self.status.status, 401 | 407) || self.has_challenge()
    }

    /// Whether it says which credentials are demanded.
    pub(crate) const fn has_challenge(&self) -> bool {
        !self.status.www_authenticate.is_empty()
    }

    /// What the caller of `request` is told: the JSON-RPC error where there is one, except that a
    /// demand for credentials must not get lost.
    pub(crate) fn into_error(self, request: &str, endpoint: &str) -> Error {
        let challenged = self.is_challenge();
        let mut status = self.status;
        request.clone_into(&mut status.request);
        status.redirected_to = status.redirected_to.filter(|url| leads_elsewhere(endpoint, url));
        match self.rpc {
            Some(error) if !challenged => Error::Rpc(error),
            _ => Error::Status(Box::new(status)),
        }
    }
}

/// Whether a response came from another URL than the one that was asked. Their spelling differs also
/// where nothing else does.
fn leads_elsewhere(asked: &str, answered: &str) -> bool {
    let plain = |url: &str| {
        let url = url.split('#').next().unwrap_or_default().trim_end_matches('/');
        url.to_ascii_lowercase().replace(":80/", "/").replace(":443/", "/")
    };
    !answered.is_empty() && plain(asked) != plain(answered)
}
