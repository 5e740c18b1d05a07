//! One hop of an exchange: a request that has been checked, to one URL.

use crate::bindings::exports::sandbar::http::client::{ErrorCode, Request};
use crate::bindings::sandbar::http::types::Field;
use crate::redirect::{self, Counter, RedirectError};
use url::Url;

/// A request on its way to one URL.
#[derive(Debug)]
pub struct Hop {
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) fields: Vec<Field>,
    /// Kept after it has been sent, because 307 and 308 send it again.
    pub(crate) body: Option<Vec<u8>>,
}

impl Hop {
    /// The hop that the caller asked for.
    ///
    /// # Errors
    ///
    /// `ErrorCode::InvalidRequest` for a URL that is not absolute, not `http`
    /// or `https`, or carries user information.
    pub fn first(request: Request) -> Result<Self, ErrorCode> {
        let url = Url::parse(&request.url)
            .map_err(|error| ErrorCode::InvalidRequest(format!("url is invalid: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            let scheme = url.scheme();
            return Err(ErrorCode::InvalidRequest(format!(
                "only supports http and https URLs, got {scheme}"
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ErrorCode::InvalidRequest(
                "the URL carries user information; send an `authorization` field instead".into(),
            ));
        }
        Ok(Self { method: request.method, url, fields: request.fields, body: request.body })
    }

    /// The hop that a redirect leads to; none when `status` is no redirect.
    ///
    /// # Errors
    ///
    /// `ErrorCode::Redirect` when the target cannot be requested, or the
    /// exchange has had its redirects.
    pub fn redirected(
        &mut self,
        status: u16,
        location: &[u8],
        hops: &mut Counter,
    ) -> Result<Option<Self>, ErrorCode> {
        if !redirect::is_redirect(status) {
            return Ok(None);
        }
        hops.count().map_err(refused)?;
        let to = redirect::target(&self.url, location).map_err(refused)?;
        let get = redirect::becomes_get(status, &self.method);
        let mut fields = std::mem::take(&mut self.fields);
        fields.retain(|field| {
            redirect::may_carry(&field.name, &self.url, &to)
                && !(get && redirect::describes_content(&field.name))
        });
        let (method, body) = if get {
            ("GET".to_owned(), None)
        } else {
            (std::mem::take(&mut self.method), self.body.take())
        };
        Ok(Some(Self { method, url: to, fields, body }))
    }

    /// The path and query to send: the request target in origin form (RFC 9112
    /// section 3.2.1), so that nothing in it can name another host.
    pub(crate) fn path_with_query(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// Host and port to dial.
    pub(crate) fn authority(&self) -> &str {
        &self.url[url::Position::BeforeHost..url::Position::AfterPort]
    }
}

fn refused(error: RedirectError) -> ErrorCode {
    ErrorCode::Redirect(error.to_string())
}
