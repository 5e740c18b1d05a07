//! One hop of an exchange: a request that has been checked, to one URL.
//!
//! Whoever dials uses these rules, the host and `local.wasm` alike: what is a request that can be
//! sent, what a redirect makes of it, and whether a server can have acted on it by then.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use url::Url;

use crate::message::authority;
use crate::redirect::{self, Counter, RedirectError};
use crate::{ErrorCode, Failure, Field, Processed, RedirectPolicy, Request, is_token, refusal};

/// A URL that can be requested: absolute, `http` or `https`, without user information.
#[derive(Clone, Debug)]
pub struct HttpUrl(Url);

impl HttpUrl {
    /// Checks a URL.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidRequest`] that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ErrorCode> {
        let url = Url::parse(text).map_err(refusal::url)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refusal::scheme(url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ErrorCode::InvalidRequest(
                "the URL carries user information; send an `authorization` field instead".into(),
            ));
        }
        Ok(Self(url))
    }

    /// The URL.
    #[must_use]
    pub const fn as_url(&self) -> &Url {
        &self.0
    }
}

/// A request on its way to one URL. `B` is how its content is kept.
#[derive(Clone, Debug)]
pub struct Hop<B> {
    /// A token.
    pub method: String,
    /// An absolute `http` or `https` URL without user information.
    pub url: Url,
    /// Fields that can be sent, none of which frames the message.
    pub fields: Vec<Field>,
    /// Kept after it has been sent, because 307 and 308 send it again.
    pub body: Option<B>,
    redirects: RedirectPolicy,
    followed: Counter,
    processed: Processed,
}

impl<B: From<Vec<u8>>> Hop<B> {
    /// The hop that the caller asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidRequest`] for a URL that is not absolute, not `http` or `https`, or
    /// carries user information; for a method that is no token, and for a field that is none or
    /// that frames the message.
    pub fn first(request: Request) -> Result<Self, ErrorCode> {
        Self::to(HttpUrl::parse(&request.url)?, request)
    }

    /// The same, where the URL of the request has been parsed before.
    ///
    /// # Errors
    ///
    /// As for [`Hop::first`], the URL apart.
    pub fn to(HttpUrl(url): HttpUrl, request: Request) -> Result<Self, ErrorCode> {
        if !is_token(&request.method) {
            return Err(refusal::method());
        }
        if request.method == "CONNECT" {
            // It would open a tunnel to a place that no policy judges.
            return Err(ErrorCode::InvalidRequest("the method CONNECT is not available".into()));
        }
        for field in &request.fields {
            check(field)?;
        }
        Ok(Self {
            method: request.method,
            url,
            fields: request.fields,
            body: request.body.map(B::from),
            redirects: request.redirects,
            followed: Counter::default(),
            processed: Processed::Never,
        })
    }
}

impl<B: AsRef<[u8]>> Hop<B> {
    /// The `content-length` to send: that of the content, and 0 where there is none and the method
    /// gives content a meaning (RFC 9110 section 8.6). None where nothing need be said.
    #[must_use]
    pub fn content_length(&self) -> Option<usize> {
        let length = self.body.as_ref().map_or(0, |body| body.as_ref().len());
        let wants_content = matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        (length > 0 || wants_content).then_some(length)
    }
}

impl<B> Hop<B> {
    /// The hop that a response leads to; none when it is no redirect, or is not to be followed.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Redirect`] when the target cannot be requested, or the exchange has had its
    /// redirects.
    pub fn redirected(&mut self, status: u16, location: &[u8]) -> Result<Option<Self>, Failure> {
        if self.redirects == RedirectPolicy::Stop || !redirect::is_redirect(status) {
            return Ok(None);
        }
        let mut followed = self.followed;
        let counted = followed.count();
        let to = counted.and_then(|()| redirect::target(&self.url, location));
        let to = to.map_err(|error| self.refused(status, &error))?;
        let get = redirect::becomes_get(status, &self.method);
        let mut fields = core::mem::take(&mut self.fields);
        fields.retain(|field| {
            redirect::may_carry(&field.name, &self.url, &to)
                && !(get && redirect::describes_content(&field.name))
        });
        let (method, body) = if get {
            ("GET".to_owned(), None)
        } else {
            (core::mem::take(&mut self.method), self.body.take())
        };
        let processed = self.processed_after(status);
        let redirects = self.redirects;
        Ok(Some(Self { method, url: to, fields, body, redirects, followed, processed }))
    }

    /// Why this hop failed: `unsent` tells whether none of it had been sent.
    #[must_use]
    pub fn failed(&self, code: ErrorCode, unsent: bool) -> Failure {
        let processed = if unsent { self.processed } else { Processed::Possibly };
        Failure { code, authority: Some(self.authority()), processed }
    }

    /// The path and query to send: the request target in origin form (RFC 9112
    /// section 3.2.1), so that nothing in it can name another host.
    #[must_use]
    pub fn path_with_query(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// Host and port, the port as the URL has it.
    #[must_use]
    pub fn host_and_port(&self) -> &str {
        &self.url[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// Host and port, as failures name them.
    #[must_use]
    pub fn authority(&self) -> String {
        authority(self.url.as_str()).unwrap_or_default()
    }

    fn refused(&self, status: u16, error: &RedirectError) -> Failure {
        Failure {
            code: ErrorCode::Redirect(error.to_string()),
            authority: Some(self.authority()),
            processed: self.processed_after(status),
        }
    }

    /// A redirect that keeps the method asks for the request to be sent elsewhere, and what
    /// answered has not acted on it (RFC 9110 sections 15.4.8 and 15.4.9). After one that makes a
    /// GET of it, it may have (section 15.4.4).
    fn processed_after(&self, status: u16) -> Processed {
        if redirect::becomes_get(status, &self.method) {
            return Processed::Possibly;
        }
        self.processed
    }
}

/// Fields that concern one hop (RFC 9110 section 7.6.1), which is whoever dials's to say. A
/// caller's could smuggle a request, or have the server wait for a body that never comes.
pub const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Fields that whoever dials writes from the request itself: a caller's could contradict it.
const WRITTEN: [&str; 2] = ["content-length", "host"];

fn check(field: &Field) -> Result<(), ErrorCode> {
    let Field { name, .. } = field;
    if HOP_BY_HOP.iter().chain(&WRITTEN).any(|framing| name.eq_ignore_ascii_case(framing)) {
        return Err(ErrorCode::InvalidRequest(format!(
            "header `{name}` is written by the executor, not by the caller"
        )));
    }
    field.check().map_err(|invalid| refusal::field(name, &invalid))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn post(url: &str) -> Hop<Vec<u8>> {
        let request = Request { body: Some(b"{}".to_vec()), ..Request::new("POST", url) };
        Hop::first(request).unwrap()
    }

    /// Catches a caller's field that smuggles a second message, in any spelling, and fields that
    /// are none.
    #[test]
    fn a_field_that_frames_the_message_or_is_none_is_refused() {
        for (name, value) in [
            ("Content-Length", "5"),
            ("TRANSFER-ENCODING", "chunked"),
            ("host", "other.example"),
            ("a b", "x"),
            ("x", "line\r\nbreak"),
            ("x", "nul\0"),
            ("x", "delete\x7f"),
        ] {
            let request = Request {
                fields: Vec::from([Field::new(name, value)]),
                ..Request::new("GET", "http://a/")
            };
            let refused = Hop::<Vec<u8>>::first(request).unwrap_err();
            assert!(matches!(refused, ErrorCode::InvalidRequest(_)), "{name}: {refused:?}");
        }
    }

    /// Catches a tunnel, methods that are no token, and URLs that nobody can dial or that carry a
    /// password.
    #[test]
    fn what_cannot_be_sent_is_refused_before_anything_is_dialled() {
        for (method, url) in [
            ("CONNECT", "http://a/"),
            ("GE T", "http://a/"),
            ("", "http://a/"),
            ("GET", "/relative"),
            ("GET", "ftp://a/"),
            ("GET", "http://"),
            ("GET", "http://user:pass@a/"),
            ("GET", "http://user@a/"),
        ] {
            let refused = Hop::<Vec<u8>>::first(Request::new(method, url)).unwrap_err();
            assert!(matches!(refused, ErrorCode::InvalidRequest(_)), "{method} {url}: {refused:?}");
        }
    }

    /// Catches an error that calls a request safe to repeat after a server has acted on it, and one
    /// that scares a user though nothing ran.
    #[test]
    fn a_redirect_that_keeps_the_method_leaves_the_request_unprocessed() {
        for (status, processed) in [
            (307, Processed::Never),
            (308, Processed::Never),
            (303, Processed::Possibly),
            (302, Processed::Possibly),
        ] {
            let next = post("http://a/x").redirected(status, b"http://b:81/").unwrap().unwrap();
            let failure = next.failed(ErrorCode::ConnectionRefused, true);
            assert_eq!(
                (failure.processed, failure.authority.as_deref()),
                (processed, Some("b:81"))
            );
            let failure = next.failed(ErrorCode::IncompleteBody, false);
            assert_eq!(failure.processed, Processed::Possibly);
        }
    }

    /// Catches a credential that a redirect carries to a stranger, a GET that describes content it
    /// does not have, and a POST that arrives without its own.
    #[test]
    fn a_redirect_carries_what_the_next_hop_may_have() {
        let names = ["Content-Type", "Accept", "Authorization"];
        for (status, location, method, kept) in [
            (307, "/y", "POST", &names[..]),
            (307, "http://b/", "POST", &names[..2]),
            (303, "/y", "GET", &names[1..]),
            (303, "http://b/", "GET", &names[1..2]),
        ] {
            let mut hop = post("http://a/x");
            hop.fields = names.map(|name| Field::new(name, "v")).to_vec();
            let next = hop.redirected(status, location.as_bytes()).unwrap().unwrap();
            let carried = next.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>();
            assert_eq!((next.method.as_str(), carried.as_slice()), (method, kept));
            assert_eq!(next.body.is_some(), method == "POST", "{status} {location}");
        }
    }

    /// Catches a request target with a fragment, or one in which a server finds another host.
    #[test]
    fn a_url_is_sent_as_an_authority_and_a_path_with_a_query() {
        for (url, authority, path) in [
            ("http://a.example/x/y?q=1#f", "a.example", "/x/y?q=1"),
            ("https://[::1]:8443?q", "[::1]:8443", "/?q"),
            ("http://a.example:80//b.example/", "a.example", "//b.example/"),
        ] {
            let hop = post(url);
            assert_eq!((hop.host_and_port(), hop.path_with_query()), (authority, path), "{url}");
        }
    }

    /// Catches a request without content that says it has some, one whose server waits for the length of
    /// what it expects, and a length that is not that of the content.
    #[test]
    fn a_length_is_said_of_content_and_where_content_is_expected() {
        let length = |method: &str, body: Option<&[u8]>| {
            let body = body.map(<[u8]>::to_vec);
            let request = Request { body, ..Request::new(method, "http://a/") };
            Hop::<Vec<u8>>::first(request).unwrap().content_length()
        };
        for method in ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "FROB", "post"] {
            assert_eq!((length(method, None), length(method, Some(b""))), (None, None), "{method}");
            assert_eq!(length(method, Some(b"{}")), Some(2), "{method}");
        }
        for method in ["POST", "PUT", "PATCH"] {
            let lengths = [None, Some(&b""[..]), Some(b"{}")].map(|body| length(method, body));
            assert_eq!(lengths, [Some(0), Some(0), Some(2)], "{method}");
        }
    }

    /// Catches a count of redirects that starts over with every hop.
    #[test]
    fn the_count_of_redirects_travels_with_the_hops() {
        let mut hop = post("http://a/");
        for _ in 0..redirect::MAX_REDIRECTS {
            hop = hop.redirected(307, b"/").unwrap().unwrap();
        }
        let failure = hop.redirected(307, b"/").unwrap_err();
        assert!(matches!(failure.code, ErrorCode::Redirect(_)), "{failure:?}");
    }

    /// Catches an executor that follows a redirect though it was to return it.
    #[test]
    fn a_request_that_stops_at_redirects_is_given_them() {
        let request =
            Request { redirects: RedirectPolicy::Stop, ..Request::new("GET", "http://a/") };
        let mut hop = Hop::<Vec<u8>>::first(request).unwrap();
        assert!(hop.redirected(302, b"/x").unwrap().is_none());
    }
}
