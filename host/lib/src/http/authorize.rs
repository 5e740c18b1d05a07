//! Credentials that are added at the dial, so that whoever asks for an exchange never sees them.

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, StatusCode, Uri};

use super::body::RequestBody;

/// Knows what to authorize a request with.
///
/// It is asked at each hop, so that a redirect takes nothing along that is not for where it leads.
pub(crate) trait Authorize: Send + Sync + 'static {
    /// The fields for a request to this URL; none where nothing is held for it.
    fn fields<'a>(&'a self, method: &'a Method, uri: &'a Uri) -> BoxFuture<'a, HeaderMap>;

    /// Looks at an answer to a request with these fields, and says whether another try with new ones is
    /// worth it. It is asked once.
    fn answered<'a>(
        &'a self,
        sent: &'a HeaderMap,
        status: StatusCode,
        answer: &'a HeaderMap,
    ) -> BoxFuture<'a, bool>;
}

/// Whether a request has credentials of whoever asks for it, which are not meddled with.
pub(super) fn is_authorized(request: &Request<RequestBody>) -> bool {
    request.headers().contains_key(AUTHORIZATION)
}

/// The same request once more, where all of it is at hand.
pub(super) fn again(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let RequestBody::Whole(body) = request.body() else { return None };
    let mut again = Request::new(RequestBody::Whole(body.clone()));
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.version_mut() = request.version();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}
