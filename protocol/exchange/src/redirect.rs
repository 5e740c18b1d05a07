//! Where a redirect leads and what may travel there (RFC 9110 section 15.4).

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};

use url::Url;

/// Redirects that one exchange follows; the next one fails it. Ten is what
/// browsers of old and HTTP libraries of today agree on.
pub const MAX_REDIRECTS: u8 = 10;

/// Fields that may cross to another origin. All others stay behind: a field
/// that a caller chose may be a credential whatever its name is, so the list
/// says what is harmless, not what is harmful.
const CROSS_ORIGIN_FIELDS: [&str; 7] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "content-encoding",
    "content-language",
    "content-type",
    "user-agent",
];

/// Why a redirect is not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// More than [`MAX_REDIRECTS`].
    #[error("too many redirects (the limit is {})", MAX_REDIRECTS)]
    TooMany,
    /// `location` is not a URL, nor relative to one.
    #[error("redirect to an invalid URL: {0}")]
    InvalidLocation(String),
    /// `location` has a scheme other than `http` and `https`.
    #[error("redirect target uses unsupported URL scheme: {0}")]
    UnsupportedScheme(String),
    /// `location` carries user information, which would become a credential.
    #[error("redirect target carries user information")]
    UserInformation,
}

/// Counts the redirects of one exchange.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter(u8);

impl Counter {
    /// Counts one more.
    ///
    /// # Errors
    ///
    /// [`RedirectError::TooMany`] from the eleventh on.
    pub fn count(&mut self) -> Result<(), RedirectError> {
        if self.0 == MAX_REDIRECTS {
            return Err(RedirectError::TooMany);
        }
        self.0 += 1;
        Ok(())
    }
}

/// Whether a status asks the client to go elsewhere.
#[must_use]
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Resolves `location` against the URL that answered (RFC 9110 section 10.2.2).
///
/// # Errors
///
/// When the target is not one that can be requested.
pub fn target(from: &Url, location: &[u8]) -> Result<Url, RedirectError> {
    let location = core::str::from_utf8(location)
        .map_err(|error| RedirectError::InvalidLocation(error.to_string()))?;
    let mut to =
        from.join(location).map_err(|error| RedirectError::InvalidLocation(error.to_string()))?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(RedirectError::UnsupportedScheme(to.scheme().to_owned()));
    }
    if !to.username().is_empty() || to.password().is_some() {
        return Err(RedirectError::UserInformation);
    }
    // A target without a fragment inherits the one it was reached by.
    if to.fragment().is_none() {
        to.set_fragment(from.fragment());
    }
    Ok(to)
}

/// Whether `method` becomes GET, without content, at the next hop.
///
/// 303 always means GET, except for HEAD; 301 and 302 turn POST into GET, as
/// every user agent does; 307 and 308 keep method and content.
#[must_use]
pub fn becomes_get(status: u16, method: &str) -> bool {
    match status {
        303 => !matches!(method, "GET" | "HEAD"),
        301 | 302 => method == "POST",
        _ => false,
    }
}

/// Whether a field may be sent to `to` after a redirect from `from`.
#[must_use]
pub fn may_carry(name: &str, from: &Url, to: &Url) -> bool {
    from.origin() == to.origin()
        || CROSS_ORIGIN_FIELDS.iter().any(|allowed| name.eq_ignore_ascii_case(allowed))
}

/// Whether a field describes content, and so goes when the content goes.
#[must_use]
pub fn describes_content(name: &str) -> bool {
    name.get(..8).is_some_and(|prefix| prefix.eq_ignore_ascii_case("content-"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// Catches a client that resolves `location` against the first URL's root
    /// only, or that takes it for absolute.
    #[test]
    fn a_relative_location_is_resolved_against_the_url_that_answered() {
        let to = target(&url("http://a.example/x/y?q"), b"../z").unwrap();
        assert_eq!(to.as_str(), "http://a.example/z");
    }

    /// Catches a client that opens whatever scheme a server names.
    #[test]
    fn a_location_that_is_not_http_is_refused() {
        for location in ["file:///etc/passwd", "unix:/run/x.sock", "javascript:1", "ftp://a/b"] {
            let error = target(&url("http://a.example/"), location.as_bytes()).unwrap_err();
            assert!(matches!(error, RedirectError::UnsupportedScheme(_)), "{location}: {error}");
        }
    }

    /// Catches a client that lets a server choose its credentials.
    #[test]
    fn a_location_with_user_information_is_refused() {
        for location in ["http://u:p@b.example/", "http://u@b.example/", "http://:p@b.example/"] {
            let error = target(&url("http://a.example/"), location.as_bytes()).unwrap_err();
            assert_eq!(error, RedirectError::UserInformation, "{location}");
        }
    }

    /// Catches a strip list that knows `authorization` but not the custom field
    /// that a caller put a key into, and an origin test that ignores the port.
    #[test]
    fn only_harmless_fields_cross_an_origin() {
        let from = url("https://a.example/");
        for other in ["https://b.example/", "http://a.example/", "https://a.example:8443/"] {
            for secret in ["Authorization", "cookie", "X-Api-Key", "mcp-session-id"] {
                assert!(!may_carry(secret, &from, &url(other)), "{secret} to {other}");
            }
            assert!(may_carry("Accept", &from, &url(other)));
        }
        assert!(may_carry("Authorization", &from, &url("https://a.example:443/x")));
    }

    /// Catches a client that takes a `location` beside a status that is none of a redirect, like the
    /// 201 of what was created, for an order to go there.
    #[test]
    fn five_statuses_are_redirects() {
        let all = (100..600).filter(|&status| is_redirect(status));
        assert_eq!(all.collect::<Vec<_>>(), [301, 302, 303, 307, 308]);
    }

    /// Catches an error of which nobody can tell what to change.
    #[test]
    fn a_redirect_that_is_not_followed_says_why() {
        let from = url("http://a.example/");
        for (location, words) in [
            (&b"file:///x"[..], "redirect target uses unsupported URL scheme: file"),
            (b"http://u@b/", "redirect target carries user information"),
            (b"http://[", "redirect to an invalid URL: invalid IPv6 address"),
        ] {
            assert_eq!(target(&from, location).unwrap_err().to_string(), words);
        }
        assert_eq!(RedirectError::TooMany.to_string(), "too many redirects (the limit is 10)");
    }

    /// Catches a client that replays a POST after 303, or drops it after 307.
    #[test]
    fn the_method_follows_the_status() {
        for (status, method, get) in [
            (301, "POST", true),
            (302, "POST", true),
            (302, "PUT", false),
            (303, "PUT", true),
            (303, "HEAD", false),
            (307, "POST", false),
            (308, "POST", false),
        ] {
            assert_eq!(becomes_get(status, method), get, "{status} {method}");
        }
    }

    /// Catches an endless chase between two servers.
    #[test]
    fn the_eleventh_redirect_fails() {
        let mut counter = Counter::default();
        for _ in 0..MAX_REDIRECTS {
            counter.count().unwrap();
        }
        assert_eq!(counter.count(), Err(RedirectError::TooMany));
    }
}
