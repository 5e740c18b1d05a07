//! Protected resource metadata (RFC 9728): who guards a server.

use crate::challenge::Challenge;
use crate::document::{self, is_success};
use crate::error::{Error, Mismatch};
use crate::limits::ISSUERS;
use crate::scope;
use crate::text::shown;
use serde::Deserialize;
use url::Url;

/// Where the metadata of a server are looked for, one place after another.
#[derive(Debug)]
pub struct Search {
    server: Url,
    challenge: Challenge,
    places: std::vec::IntoIter<String>,
    /// What was wrong at the place that the server itself named.
    failed: Option<Error>,
    named: Option<String>,
}

/// Who guards a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// The identifier of the resource as it is published; none where nothing is.
    pub resource: Option<String>,
    /// At least one.
    pub issuers: Vec<String>,
    /// What to ask for.
    pub scopes: Vec<String>,
    /// Whether tokens have to be bound to a key.
    pub dpop: bool,
}

#[derive(Deserialize)]
struct Wire {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Option<Vec<String>>,
    #[serde(default)]
    dpop_bound_access_tokens_required: bool,
}

impl Search {
    /// A search for the metadata of the server at `url`, which challenged like this.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a URL that is none.
    pub fn new(url: &str, challenge: Challenge) -> Result<Self, Error> {
        let server = Url::parse(url)
            .map_err(|error| Error::Invalid(format!("`{}`: {error}", shown(url))))?;
        let named = challenge.resource_metadata.clone();
        let origin = server.origin().ascii_serialization();
        let root = format!("{origin}/.well-known/oauth-protected-resource");
        let path = server.path().trim_end_matches('/');
        let below = (!path.is_empty()).then(|| format!("{root}{path}"));
        let places: Vec<_> = named.clone().into_iter().chain(below).chain([root]).collect();
        Ok(Self { server, challenge, places: places.into_iter(), failed: None, named })
    }

    /// The next place to look at, if there is one.
    pub fn next_place(&mut self) -> Option<String> {
        self.places.next()
    }

    /// Reads what a place answered; none where the metadata are not there.
    ///
    /// # Errors
    ///
    /// Metadata of another resource, and ones that name nobody.
    pub fn read(
        &mut self,
        place: &str,
        status: u16,
        body: &[u8],
    ) -> Result<Option<Guarded>, Error> {
        let read = match is_success(status) {
            true => document::read::<Wire>(place, body),
            false => Err(document::refusal(place, status, &[])),
        };
        let wire = match read {
            Ok(wire) => wire,
            // Pages that are everywhere are met in practice; where the server pointed, they are its word.
            Err(error) => {
                if self.named.as_deref() == Some(place) {
                    self.failed = Some(error);
                }
                return Ok(None);
            }
        };
        if !is_part_of(&self.server, &wire.resource) {
            return Err(Error::WrongResource(Mismatch::new(self.server.as_str(), &wire.resource)));
        }
        if wire.authorization_servers.is_empty() {
            return Err(Error::Unsupported(format!("{place} names no authorization server")));
        }
        let challenged = self.challenge.scopes.clone();
        let scopes = challenged.or(wire.scopes_supported).unwrap_or_default();
        Ok(Some(Guarded {
            resource: Some(wire.resource),
            issuers: wire.authorization_servers.into_iter().take(ISSUERS).collect(),
            scopes: scope::tidy(scopes),
            dpop: self.challenge.dpop || wire.dpop_bound_access_tokens_required,
        }))
    }

    /// Nothing was found: a server of MCP 2025-03-26 is its own authorization server.
    ///
    /// # Errors
    ///
    /// What was wrong at the place that the server named.
    pub fn give_up(self) -> Result<Guarded, Error> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        Ok(Guarded {
            resource: None,
            issuers: vec![self.server.origin().ascii_serialization()],
            scopes: self.challenge.scopes.unwrap_or_default(),
            dpop: self.challenge.dpop,
        })
    }
}

/// Whether a server is the resource, or a part of it: at the same origin, at its path or below.
fn is_part_of(server: &Url, resource: &str) -> bool {
    let Ok(resource) = Url::parse(resource) else { return false };
    let path = resource.path().trim_end_matches('/');
    let below = server.path().strip_prefix(path);
    let has_user = !resource.username().is_empty() || resource.password().is_some();
    resource.origin() == server.origin()
        && resource.origin().is_tuple()
        && resource.fragment().is_none()
        && !has_user
        && below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        && resource.query().is_none_or(|query| server.query() == Some(query))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn search(url: &str, challenge: &str) -> Search {
        Search::new(url, Challenge::read([challenge])).unwrap()
    }

    fn places(url: &str, challenge: &str) -> Vec<String> {
        let mut search = search(url, challenge);
        std::iter::from_fn(|| search.next_place()).collect()
    }

    /// Catches a search that begins at the root, where another resource of the host publishes.
    #[test]
    fn the_named_place_comes_first_and_the_root_last() {
        let root = "https://a.example/.well-known/oauth-protected-resource";
        assert_eq!(places("https://a.example/mcp?x=1", "Bearer"), [&format!("{root}/mcp"), root]);
        assert_eq!(places("https://a.example/", "Bearer"), [root]);
        let named = r#"Bearer resource_metadata="https://a.example/m""#;
        assert_eq!(
            places("https://a.example/mcp", named),
            ["https://a.example/m", &format!("{root}/mcp"), root]
        );
    }

    /// Catches metadata of another server, another tenant or another port that are believed.
    #[test]
    fn the_resource_has_to_be_the_server_or_what_it_is_part_of() {
        let server = Url::parse("https://a.example/t1/mcp").unwrap();
        for fits in [
            "https://a.example/t1/mcp",
            "https://a.example/t1/mcp/",
            "https://a.example/t1",
            "https://a.example",
            "https://A.example:443/",
        ] {
            assert!(is_part_of(&server, fits), "{fits}");
        }
        for other in [
            "https://evil.example/t1/mcp",
            "http://a.example/t1/mcp",
            "https://a.example:8443/t1/mcp",
            "https://a.example/t",
            "https://a.example/t1/mcp/x",
            "https://a.example/t1/mcp?x",
            "https://a.example/#f",
            "https://u@a.example/",
            "urn:x",
            "",
        ] {
            assert!(!is_part_of(&server, other), "{other}");
        }
    }

    /// Catches scopes of the catalogue where the challenge named the one that is missing.
    #[test]
    fn the_challenge_decides_the_scopes_before_the_metadata_do() {
        let body = br#"{"resource":"https://a.example/mcp","authorization_servers":["https://b.example"],"scopes_supported":["x","y"]}"#;
        let read = |challenge: &str| {
            let mut search = search("https://a.example/mcp", challenge);
            search.read("https://a.example/m", 200, body).unwrap().unwrap()
        };
        assert_eq!(read("Bearer").scopes, ["x", "y"]);
        assert_eq!(read(r#"Bearer scope="z""#).scopes, ["z"]);
        assert_eq!(read("Bearer").resource.unwrap(), "https://a.example/mcp");
    }

    /// Catches a server that points at metadata that are not there and is taken for one of old.
    #[test]
    fn a_place_that_the_server_named_has_to_have_something() {
        let mut named =
            search("https://a.example/", r#"Bearer resource_metadata="https://a.example/m""#);
        assert!(named.read("https://a.example/m", 404, b"").unwrap().is_none());
        assert!(matches!(named.give_up(), Err(Error::Status(_))));
        let mut silent = search("https://a.example/mcp", "Bearer");
        let page = silent.read("https://a.example/x", 200, b"<html>").unwrap();
        assert!(page.is_none());
        assert_eq!(silent.give_up().unwrap().issuers, ["https://a.example"]);
    }
}
