//! A sign-in, as it is kept.

use super::limits::AHEAD_OF_EXPIRY;
use super::secret::Secret;
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

/// What a sign-in is filed under. Nothing of it is used for another issuer, resource or client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The authorization server.
    pub issuer: String,
    /// What the tokens are for: the identifier that the server publishes, or else its URL.
    pub resource: String,
    /// Who was registered.
    pub client: String,
}

/// A sign-in: tokens, and what it takes to get the next ones.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Credential {
    /// The URL that the user signed in to.
    pub server: String,
    /// The authorization server.
    pub issuer: String,
    /// What the tokens are for: the identifier that the server publishes, or else its URL.
    pub resource: String,
    /// Whether the server publishes `resource`: only then do requests name it.
    pub published: bool,
    /// Who is signed in.
    pub client: ClientRecord,
    /// Where tokens come from.
    pub token_endpoint: String,
    /// None once they have ended; the registration is kept.
    pub tokens: Option<TokenSet>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// Seconds since 1970.
    pub signed_in_at: u64,
}

/// A client, as an authorization server knows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ClientRecord {
    /// Its identifier.
    pub id: String,
    /// How it authenticates at the token endpoint.
    pub method: Method,
    /// Its secret.
    pub secret: Option<Secret>,
    /// Whether it was registered here, and may be registered again.
    pub registered: bool,
    /// What it was registered with.
    pub redirect_uri: Option<String>,
    /// Seconds since 1970 after which the secret is no good.
    pub secret_expires: Option<u64>,
}

/// How a client authenticates at a token endpoint (RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// It does not.
    None,
    /// HTTP Basic.
    ClientSecretBasic,
    /// In the form.
    ClientSecretPost,
    /// A signed assertion.
    PrivateKeyJwt,
}

/// Tokens that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TokenSet {
    /// For the server.
    pub access: Secret,
    /// For the next ones.
    pub refresh: Option<Secret>,
    /// Seconds since 1970; none where the authorization server does not say.
    pub expires_at: Option<u64>,
    /// From when on it is renewed, in seconds since 1970.
    #[serde(default)]
    renew_at: Option<u64>,
}

impl Credential {
    /// What it is filed under.
    #[must_use]
    pub fn key(&self) -> Key {
        Key {
            issuer: self.issuer.clone(),
            resource: self.resource.clone(),
            client: self.client.id.clone(),
        }
    }

    /// Whether its tokens are for what is at this URL.
    pub(crate) fn covers(&self, url: &Url) -> bool {
        Url::parse(&self.resource).is_ok_and(|resource| is_within(url, &resource))
    }
}

impl TokenSet {
    /// Tokens that came just now, the first of them good for `expires_in` seconds.
    pub(crate) fn new(
        access: Secret,
        refresh: Option<Secret>,
        expires_in: Option<u64>,
        now: u64,
    ) -> Self {
        // One that never lasts as long as that is used for half of its time.
        let ahead = |seconds: u64| AHEAD_OF_EXPIRY.as_secs().min(seconds / 2);
        let after = |seconds: u64| now.saturating_add(seconds);
        let renew_at = expires_in.map(|seconds| after(seconds.saturating_sub(ahead(seconds))));
        Self { access, refresh, expires_at: expires_in.map(after), renew_at }
    }

    /// Whether the access token ends soon, or has.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        self.renew_at.or(self.expires_at).is_some_and(|from| from <= now)
    }
}

/// Whether a URL is a resource or below it, at the same origin.
fn is_within(url: &Url, resource: &Url) -> bool {
    let path = resource.path().trim_end_matches('/');
    let below = url.path().strip_prefix(path);
    url.origin() == resource.origin()
        && resource.origin().is_tuple()
        && below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        && resource.query().is_none_or(|query| url.query() == Some(query))
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Catches a token that goes to another origin, or to another tenant of the same.
    #[test]
    fn a_token_is_for_its_resource_alone() {
        let within = |url: &str, resource: &str| {
            is_within(&Url::parse(url).unwrap(), &Url::parse(resource).unwrap())
        };
        for url in ["https://a.example/t1", "https://a.example/t1/x?y", "https://a.example:443/t1/"]
        {
            assert!(within(url, "https://a.example/t1"), "{url}");
        }
        for url in [
            "https://a.example/t11",
            "https://a.example/",
            "https://a.example/t2/../t1x",
            "http://a.example/t1",
            "https://a.example:8443/t1",
            "https://b.example/t1",
        ] {
            assert!(!within(url, "https://a.example/t1"), "{url}");
        }
        assert!(within("https://a.example/any", "https://a.example"));
    }

    /// Catches a token that is used until it is refused, and one without an end that is refreshed.
    #[test]
    fn a_token_ends_ahead_of_its_time() {
        let due =
            |expires_in, now| TokenSet::new(Secret::new("t"), None, expires_in, 1000).is_due(now);
        assert!(due(Some(3600), 4540) && due(Some(3600), 9999) && due(Some(0), 1000));
        assert!(!due(Some(3600), 4539) && !due(None, u64::MAX));
        // A short one is not due as soon as it is there.
        assert!(!due(Some(30), 1014) && due(Some(30), 1015));
    }
}
