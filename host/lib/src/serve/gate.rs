//! Who may talk to a listener: what is asked of an HTTP request before it is
//! upgraded.

use super::limits::TOKEN;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use std::net::IpAddr;
use subtle::ConstantTimeEq as _;

/// A bearer token (RFC 6750). Its text never shows.
#[derive(Clone)]
pub(super) struct Token(Vec<u8>);

impl Token {
    pub(super) fn new(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// Whether it can be guessed.
    pub(super) fn is_short(&self) -> bool {
        self.0.len() < TOKEN
    }

    /// Whether `given` is the token. Takes the same time wherever it differs.
    fn is(&self, given: &[u8]) -> bool {
        self.0.ct_eq(given).into()
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It comes from a web page.
    Origin,
    /// It was meant for another host: a name that somebody made point here.
    Host,
    /// It has no token.
    MissingToken,
    /// It has another token.
    WrongToken,
}

impl Refusal {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Origin | Self::Host => StatusCode::FORBIDDEN,
            Self::MissingToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
        }
    }

    /// Whether whoever is refused may be guessing.
    pub(super) const fn is_guess(self) -> bool {
        matches!(self, Self::MissingToken | Self::WrongToken)
    }

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Origin => "requests with an Origin are refused",
            Self::Host => "requests for another host are refused",
            Self::MissingToken => "missing websocket bearer token",
            Self::WrongToken => "invalid websocket bearer token",
        }
    }
}

/// What a listener asks for.
#[derive(Clone)]
pub(super) struct Gate {
    /// None on loopback alone, where every user of the machine may come in.
    pub(super) token: Option<Token>,
}

impl Gate {
    /// What is asked of every request, on every route.
    ///
    /// A web page in a user's browser can send requests to this machine, and can
    /// have a name of its own resolve to it (DNS rebinding). Browsers always say
    /// where a WebSocket comes from, and which host a request is meant for.
    pub(super) fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if headers.contains_key(ORIGIN) {
            return Err(Refusal::Origin);
        }
        if uri.authority().is_some() || !self.is_own_host(headers) {
            return Err(Refusal::Host);
        }
        Ok(())
    }

    /// What is asked of a connection.
    pub(super) fn authorize(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        match given.and_then(bearer) {
            None => Err(Refusal::MissingToken),
            Some(given) if token.is(given) => Ok(()),
            Some(_) => Err(Refusal::WrongToken),
        }
    }

    /// Exactly one `host`, and where no token is asked for, one that only this
    /// machine has.
    fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        // A host has no user information (RFC 9112 section 3.2), behind which another could stand.
        let host = host.to_str().ok().filter(|host| !host.contains('@'));
        let Some(authority) = host.and_then(|host| host.parse().ok()) else { return false };
        self.token.is_some() || is_loopback(&authority)
    }
}

fn is_loopback(authority: &http::uri::Authority) -> bool {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    const OPEN: Gate = Gate { token: None };

    /// Catches a check that trusts some origins (`null` among them), or that
    /// looks at one of several.
    #[test]
    fn any_origin_is_refused() {
        for origin in ["http://localhost", "null", ""] {
            let headers = headers(&[("host", "127.0.0.1"), ("origin", origin)]);
            assert_eq!(OPEN.admit(&"/".parse().unwrap(), &headers), Err(Refusal::Origin));
        }
    }

    /// Catches DNS rebinding: a name of the attacker's that resolves to loopback,
    /// in any of the places where a request can name its host.
    #[test]
    fn only_names_of_this_machine_are_its_own() {
        let root: Uri = "/".parse().unwrap();
        for own in ["127.0.0.1:7000", "localhost", "LOCALHOST:1", "[::1]:7000", "127.1.2.3"] {
            assert_eq!(OPEN.admit(&root, &headers(&[("host", own)])), Ok(()), "{own}");
        }
        for foreign in [
            "evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "",
            "a b",
            "x@localhost",
            "@[::1]",
        ] {
            let headers = headers(&[("host", foreign)]);
            assert_eq!(OPEN.admit(&root, &headers), Err(Refusal::Host), "{foreign}");
        }
        let twice = headers(&[("host", "localhost"), ("host", "evil.example")]);
        assert_eq!(OPEN.admit(&root, &twice), Err(Refusal::Host));
        assert_eq!(OPEN.admit(&root, &headers(&[])), Err(Refusal::Host));
        let absolute = "http://evil.example/".parse().unwrap();
        let own = headers(&[("host", "localhost")]);
        assert_eq!(OPEN.admit(&absolute, &own), Err(Refusal::Host));
    }

    /// Catches a comparison of prefixes, and a scheme taken for the token.
    #[test]
    fn a_token_must_be_given_whole_and_exactly() {
        let gate = Gate { token: Some(Token::new("secret")) };
        let given = |value| gate.authorize(&headers(&[("authorization", value)]));
        assert_eq!(given("Bearer secret"), Ok(()));
        assert_eq!(given("bearer secret"), Ok(()));
        for wrong in ["Bearer secre", "Bearer secrets", "Bearer ", "Bearer SECRET"] {
            assert_eq!(given(wrong), Err(Refusal::WrongToken), "{wrong}");
        }
        assert_eq!(given("Basic secret"), Err(Refusal::MissingToken));
        assert_eq!(gate.authorize(&headers(&[])), Err(Refusal::MissingToken));
    }
}
