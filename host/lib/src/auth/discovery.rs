//! Who guards a server: the first step of signing in.

use super::credential::Credential;
use super::credentials::Credentials;
use super::error::AuthError;
use super::gate::{Gate, Places, is_link_local, is_loopback};
use super::listener::RedirectListener;
use super::road::Road;
use super::sign_in::{SignIn, SignInOptions};
use crate::http::without_credentials;
use crate::sandbox::bindings::login::Guarded;
use crate::sandbox::login::Login;
use std::sync::Arc;
use url::Url;

/// A server, and who guards it: what it wants of whoever signs in.
pub struct Discovery {
    pub(super) road: Arc<Road>,
    pub(super) credentials: Arc<dyn Credentials>,
    pub(super) server: Url,
    /// As it was typed.
    pub(super) text: String,
    pub(super) guarded: Guarded,
    /// Sign-ins for the same resource.
    pub(super) filed: Vec<Credential>,
}

impl Discovery {
    /// Asks the server at `text`, which answered with these values of `www-authenticate`.
    pub(crate) async fn of(
        road: Arc<Road>,
        credentials: Arc<dyn Credentials>,
        text: &str,
        challenges: Vec<String>,
    ) -> Result<Self, AuthError> {
        let server = check(text)?;
        let gate = Gate::new(Arc::clone(&road), Places::Server(server.clone()));
        let mut login = Login::start(&road.programs, gate).await?;
        let guarded = login.discover(text.to_owned(), challenges).await??;
        let mut discovery =
            Self { road, credentials, server, text: text.to_owned(), guarded, filed: Vec::new() };
        let mut filed = discovery.credentials.all().await?;
        filed.retain(|credential| credential.resource == discovery.resource());
        discovery.filed = filed;
        Ok(discovery)
    }

    /// The authorization servers that the server names, at least one.
    #[must_use]
    pub fn issuers(&self) -> &[String] {
        &self.guarded.issuers
    }

    /// Whether the server publishes what it is. One that does not is its own authorization server, as in
    /// MCP 2025-03-26, or has none.
    #[must_use]
    pub const fn is_published(&self) -> bool {
        self.guarded.resource.is_some()
    }

    /// What the tokens will be for.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.guarded.resource.as_deref().unwrap_or(&self.text)
    }

    /// What the server wants: the scopes to ask for, none where it does not say.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.guarded.scopes
    }

    /// Listens for the redirect of a sign-in: at this port, or else at the one that a client was registered
    /// with, if it is free, so that none need be registered again.
    ///
    /// # Errors
    ///
    /// [`AuthError::Listen`], where somebody else has the port that was named.
    pub async fn listen(&self, port: Option<u16>) -> Result<RedirectListener, AuthError> {
        if let Some(port) = port {
            return RedirectListener::bind(port).await;
        }
        let known = self.filed.iter().filter_map(|it| it.client.redirect_uri.as_deref());
        for port in known.filter_map(|uri| Url::parse(uri).ok()?.port()) {
            if let Ok(listener) = RedirectListener::bind(port).await {
                return Ok(listener);
            }
        }
        RedirectListener::bind(0).await
    }

    /// Goes to the authorization server: reads its metadata, and registers a client where none is known.
    ///
    /// # Errors
    ///
    /// [`AuthError::UnconfirmedIssuer`] where it is on another host than the server, and neither
    /// `options` nor an earlier sign-in confirm it; whatever befalls the exchanges.
    pub async fn begin(&self, options: SignInOptions) -> Result<SignIn, AuthError> {
        let issuer = self.issuer(&options)?.to_owned();
        SignIn::begin(self, issuer, options).await
    }

    /// The authorization server to go to: the one that is confirmed, one that was signed in at, the first.
    fn issuer(&self, options: &SignInOptions) -> Result<&str, AuthError> {
        let issuers = &self.guarded.issuers;
        let confirmed = options.issuer.as_deref();
        let is_confirmed =
            |issuer: &&String| confirmed.is_some_and(|confirmed| is_same_origin(issuer, confirmed));
        let is_filed = |issuer: &&String| self.filed.iter().any(|it| it.issuer == **issuer);
        if let Some(issuer) =
            issuers.iter().find(is_confirmed).or_else(|| issuers.iter().find(is_filed))
        {
            return Ok(issuer);
        }
        let first = issuers.first().map(String::as_str).unwrap_or_default();
        // What is shown, and typed after it, is what was written: parsing passes over some characters.
        if !first.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) {
            let what = "the authorization server's name has characters that no URL has";
            return Err(AuthError::Invalid(what.to_owned()));
        }
        let url =
            Url::parse(first).map_err(|error| AuthError::Invalid(format!("`{first}`: {error}")))?;
        if is_link_local(&url) {
            return Err(AuthError::Invalid(format!("`{first}` is no authorization server")));
        }
        let same_host = url.host() == self.server.host();
        if same_host || (is_loopback(&url) && is_loopback(&self.server)) {
            return Ok(first);
        }
        Err(AuthError::UnconfirmedIssuer { issuer: first.to_owned() })
    }
}

impl std::fmt::Debug for Discovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discovery")
            .field("server", &self.text)
            .field("issuers", &self.guarded.issuers)
            .field("scopes", &self.guarded.scopes)
            .finish_non_exhaustive()
    }
}

/// A URL that one can sign in to: tokens are sent in plain text to this machine alone.
fn check(text: &str) -> Result<Url, AuthError> {
    let invalid = |reason: String| AuthError::InvalidUrl { url: without_credentials(text), reason };
    let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it carries user information".to_owned()));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(invalid("tokens are sent over https, or on this machine".to_owned())),
        other => Err(invalid(format!("the scheme `{other}` is not http or https"))),
    }
}

fn is_same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin() && one.origin().is_tuple(),
        _ => false,
    }
}
