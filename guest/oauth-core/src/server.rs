//! Metadata of an authorization server (RFC 8414, OpenID Connect Discovery 1.0).

use crate::document::{self, endpoint, is_success};
use crate::error::{Error, Mismatch, Status};
use crate::text::shown;
use serde::Deserialize;

/// Where the metadata of an issuer are looked for, one place after another.
#[derive(Debug)]
pub struct Search {
    issuer: String,
    places: std::vec::IntoIter<String>,
    last: Option<Status>,
}

/// An authorization server, as far as signing in needs it. Its URLs are ones that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationServer {
    /// Its identifier.
    pub issuer: String,
    /// Where users go.
    pub authorization_endpoint: Option<String>,
    /// Where tokens come from.
    pub token_endpoint: String,
    /// Where clients are registered.
    pub registration_endpoint: Option<String>,
    /// Where codes come from that users type elsewhere.
    pub device_authorization_endpoint: Option<String>,
    /// Ways to authenticate at the token endpoint; none where nothing is said.
    pub auth_methods: Vec<String>,
    /// Scopes that it lists.
    pub scopes: Vec<String>,
    /// Whether it checks PKCE by S256.
    pub pkce: bool,
    /// Whether it names itself in redirects.
    pub names_itself: bool,
    /// Whether the identifier of a client may be the URL of its metadata.
    pub takes_client_documents: bool,
}

#[derive(Deserialize)]
struct Wire {
    issuer: String,
    #[serde(default)]
    authorization_endpoint: Option<String>,
    token_endpoint: String,
    #[serde(default)]
    registration_endpoint: Option<String>,
    #[serde(default)]
    device_authorization_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    scopes_supported: Option<Vec<String>>,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
    #[serde(default)]
    client_id_metadata_document_supported: Option<bool>,
}

impl Search {
    /// A search for the metadata of an issuer.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an issuer that is none (RFC 8414 section 2).
    pub fn new(issuer: &str) -> Result<Self, Error> {
        let url = endpoint(issuer)?;
        if url.query().is_some() {
            return Err(Error::Invalid(format!("the issuer `{}` has a query", shown(issuer))));
        }
        let origin = url.origin().ascii_serialization();
        let path = url.path().trim_end_matches('/');
        let mut places = vec![
            format!("{origin}/.well-known/oauth-authorization-server{path}"),
            format!("{origin}/.well-known/openid-configuration{path}"),
        ];
        if !path.is_empty() {
            places.push(format!("{origin}{path}/.well-known/openid-configuration"));
        }
        Ok(Self { issuer: issuer.to_owned(), places: places.into_iter(), last: None })
    }

    /// The next place to look at, if there is one.
    pub fn next_place(&mut self) -> Option<String> {
        self.places.next()
    }

    /// Reads what a place answered; none where the metadata are not there.
    ///
    /// # Errors
    ///
    /// Metadata of another issuer, and ones with endpoints that nobody may be sent to.
    pub fn read(
        &mut self,
        place: &str,
        status: u16,
        body: &[u8],
    ) -> Result<Option<AuthorizationServer>, Error> {
        if !is_success(status) {
            self.last = Some(Status { url: place.to_owned(), status });
            return Ok(None);
        }
        let wire: Wire = match document::read(place, body) {
            Ok(wire) => wire,
            // A page for people, at a place that has no metadata.
            Err(_) if !body.trim_ascii_start().starts_with(b"{") => return Ok(None),
            Err(error) => return Err(error),
        };
        if wire.issuer != self.issuer {
            return Err(Error::WrongIssuer(Mismatch::new(&self.issuer, &wire.issuer)));
        }
        wire.check().map(Some)
    }

    /// Nothing was found.
    #[must_use]
    pub fn give_up(self) -> Error {
        let issuer = shown(&self.issuer);
        Error::Unsupported(match self.last {
            Some(Status { url, status }) => format!(
                "the authorization server {issuer} publishes no metadata: {url} answered with HTTP \
                 status {status}"
            ),
            None => format!("the authorization server {issuer} publishes no metadata"),
        })
    }
}

impl Wire {
    fn check(self) -> Result<AuthorizationServer, Error> {
        let checked = |url: Option<String>| url.map(|url| endpoint(&url).map(|_| url)).transpose();
        endpoint(&self.token_endpoint)?;
        let methods = self.code_challenge_methods_supported.unwrap_or_default();
        Ok(AuthorizationServer {
            issuer: self.issuer,
            authorization_endpoint: checked(self.authorization_endpoint)?,
            token_endpoint: self.token_endpoint,
            registration_endpoint: checked(self.registration_endpoint)?,
            device_authorization_endpoint: checked(self.device_authorization_endpoint)?,
            auth_methods: self.token_endpoint_auth_methods_supported.unwrap_or_default(),
            scopes: self.scopes_supported.unwrap_or_default(),
            pkce: methods.iter().any(|method| method == "S256"),
            names_itself: self.authorization_response_iss_parameter_supported == Some(true),
            takes_client_documents: self.client_id_metadata_document_supported == Some(true),
        })
    }
}

impl AuthorizationServer {
    /// The endpoints that servers of MCP 2025-03-26 have where they say nothing ("Fallbacks for Servers
    /// without Metadata Discovery").
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an origin that nobody may be sent to.
    pub fn legacy(origin: &str) -> Result<Self, Error> {
        let origin = endpoint(origin)?.origin().ascii_serialization();
        let at = |path: &str| format!("{origin}{path}");
        Ok(Self {
            authorization_endpoint: Some(at("/authorize")),
            token_endpoint: at("/token"),
            registration_endpoint: Some(at("/register")),
            issuer: origin,
            device_authorization_endpoint: None,
            auth_methods: Vec::new(),
            scopes: Vec::new(),
            // That revision demands it of every server.
            pkce: true,
            names_itself: false,
            takes_client_documents: false,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn places(issuer: &str) -> Vec<String> {
        let mut search = Search::new(issuer).unwrap();
        std::iter::from_fn(|| search.next_place()).collect()
    }

    fn read(issuer: &str, body: &str) -> Result<Option<AuthorizationServer>, Error> {
        Search::new(issuer).unwrap().read("https://a.example/m", 200, body.as_bytes())
    }

    /// Catches a client that looks at the root for an issuer that has a path: another tenant's.
    #[test]
    fn an_issuer_with_a_path_is_looked_for_at_its_path_alone() {
        assert_eq!(
            places("https://a.example/t1"),
            [
                "https://a.example/.well-known/oauth-authorization-server/t1",
                "https://a.example/.well-known/openid-configuration/t1",
                "https://a.example/t1/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            places("https://a.example"),
            [
                "https://a.example/.well-known/oauth-authorization-server",
                "https://a.example/.well-known/openid-configuration",
            ]
        );
    }

    /// Catches a comparison of issuers that parses them first, and one that is not made.
    #[test]
    fn the_issuer_is_compared_byte_by_byte() {
        let body = |issuer: &str| {
            format!(r#"{{"issuer":"{issuer}","token_endpoint":"https://a.example/t"}}"#)
        };
        assert!(read("https://a.example", &body("https://a.example")).unwrap().is_some());
        for other in [
            "https://a.example/",
            "https://A.example",
            "https://a.example:443",
            "https://evil.example",
        ] {
            let refused = read("https://a.example", &body(other)).unwrap_err();
            assert!(matches!(refused, Error::WrongIssuer(_)), "{other}: {refused:?}");
        }
    }

    /// Catches endpoints that a browser or a shell would run, or that send secrets in plain text.
    #[test]
    fn an_endpoint_that_nobody_may_be_sent_to_is_refused() {
        for member in
            ["authorization_endpoint", "registration_endpoint", "device_authorization_endpoint"]
        {
            for url in [
                "javascript:x",
                "http://a.example/",
                "-x",
                "file:///x",
                "https://a.example/\\u0007",
            ] {
                let body = format!(
                    r#"{{"issuer":"https://a.example","token_endpoint":"https://a.example/t","{member}":"{url}"}}"#
                );
                assert!(
                    matches!(read("https://a.example", &body), Err(Error::Invalid(_))),
                    "{member} {url}"
                );
            }
        }
        let body = r#"{"issuer":"https://a.example","token_endpoint":"ftp://a.example/t"}"#;
        assert!(read("https://a.example", body).is_err());
    }

    /// Catches a server without PKCE that is taken for one with it.
    #[test]
    fn pkce_has_to_be_announced() {
        let pkce = |methods: &str| {
            let body = format!(
                r#"{{"issuer":"https://a.example","token_endpoint":"https://a.example/t"{methods}}}"#
            );
            read("https://a.example", &body).unwrap().unwrap().pkce
        };
        assert!(pkce(r#","code_challenge_methods_supported":["plain","S256"]"#));
        assert!(!pkce(r#","code_challenge_methods_supported":["plain"]"#));
        assert!(!pkce(""));
    }
}
