//! Whether a request is one that can be sent, before anything is judged or dialled.

use http::header::{HOST, HeaderMap, HeaderName};
use http::{Method, Request, Version};
use sandbar_exchange::hop::HOP_BY_HOP;

use sandbar_policy::{InvalidTarget, Target};

/// A mistake of the caller: the request cannot be sent, wherever it goes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// The URL names nothing that can be dialled.
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    /// CONNECT would open a tunnel to a place that no policy judges.
    #[error("the method CONNECT is not available")]
    ConnectMethod,
    /// A field that frames the message or concerns one hop is the dialer's to write
    /// (RFC 9110 section 7.6.1).
    #[error("the header field `{0}` is written by the dialer")]
    ForbiddenField(HeaderName),
}

/// Checks a request and brings it into the form that is sent: `host` follows from the URL alone,
/// so that no request can name another host than the one that was judged.
pub(super) fn prepare<B>(request: &mut Request<B>) -> Result<Target, InvalidRequest> {
    let target = Target::try_from(request.uri())?;
    if request.method() == Method::CONNECT {
        return Err(InvalidRequest::ConnectMethod);
    }
    refuse_hop_by_hop(request.headers())?;
    request.headers_mut().remove(HOST);
    // The connection decides the version; a request that insists on one could not be sent.
    *request.version_mut() = Version::HTTP_11;
    Ok(target)
}

/// wasmtime refuses most of these fields already; they are refused here too, so that no way to the
/// dialer depends on another layer's list.
fn refuse_hop_by_hop(fields: &HeaderMap) -> Result<(), InvalidRequest> {
    match HOP_BY_HOP.into_iter().find(|&name| fields.contains_key(name)) {
        Some(name) => Err(InvalidRequest::ForbiddenField(HeaderName::from_static(name))),
        None => Ok(()),
    }
}
