//! A sign-in under way: from the authorization server to the tokens.

use super::credential::{ClientRecord, Credential, Method, now};
use super::credentials::Credentials;
use super::discovery::Discovery;
use super::error::AuthError;
use super::gate::{Gate, is_loopback};
use super::secret::Secret;
use crate::sandbox::bindings::login::{
    Authorization as Request, AuthorizationServer, ClientChoice, ClientFacts, CodeGrant, Grant,
    Redirected, Registered,
};
use crate::sandbox::login::Login;
use std::sync::Arc;
use url::Url;

/// How to sign in.
#[derive(Clone, Debug)]
pub struct SignInOptions {
    pub(super) redirect_uri: String,
    pub(super) issuer: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) client_name: String,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Secret>,
    pub(super) client_document: Option<String>,
}

impl SignInOptions {
    /// The defaults, for somebody who waits for the redirect at this URI: one of loopback, or one of the
    /// embedder's own.
    #[must_use]
    pub fn new(redirect_uri: impl Into<String>) -> Self {
        Self {
            redirect_uri: redirect_uri.into(),
            issuer: None,
            scopes: Vec::new(),
            client_name: "Sandbar".to_owned(),
            client_id: None,
            client_secret: None,
            client_document: None,
        }
    }

    /// Where the redirect is waited for instead.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = uri.into();
        self
    }

    /// Confirms that authorization servers of this origin may be signed in at.
    #[must_use]
    pub fn issuer(mut self, origin: impl Into<String>) -> Self {
        self.issuer = Some(origin.into());
        self
    }

    /// Scopes to ask for in place of those that the server wants.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The name that users are shown of a client that is registered.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = name.into();
        self
    }

    /// A client that is registered already.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>, secret: Option<Secret>) -> Self {
        self.client_id = Some(id.into());
        self.client_secret = secret;
        self
    }

    /// The URL of the client's metadata (OAuth Client ID Metadata Document), for authorization servers
    /// that read such.
    #[must_use]
    pub fn client_document(mut self, url: impl Into<String>) -> Self {
        self.client_document = Some(url.into());
        self
    }
}

/// What the user is asked for, and where.
#[derive(Clone, Debug)]
pub struct Authorization {
    issuer: String,
    url: String,
    scopes: Vec<String>,
    state: Secret,
}

impl Authorization {
    /// The authorization server that the user signs in at.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where the user has to go: `https`, or `http` on this machine, without anything that a browser
    /// or a terminal would obey. It is good once.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What is asked for; the authorization server decides where there is nothing.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The state that the redirect brings back.
    #[must_use]
    pub const fn state(&self) -> &Secret {
        &self.state
    }
}

/// A sign-in that waits for the user. Dropping it gives it up, and ends the sandbox that it runs in.
pub struct SignIn {
    credentials: Arc<dyn Credentials>,
    gate: Arc<Gate>,
    login: Login,
    server: AuthorizationServer,
    redirect_uri: String,
    authorization: Authorization,
    verifier: Secret,
    /// Everything but the tokens.
    draft: Credential,
    /// Sign-ins that this one takes the place of.
    superseded: Vec<Credential>,
    reused: bool,
}

impl SignIn {
    pub(super) async fn begin(
        discovery: &Discovery,
        issuer: String,
        options: SignInOptions,
    ) -> Result<Self, AuthError> {
        let guarded = &discovery.guarded;
        if guarded.dpop {
            let what = "the server wants tokens that are bound to a key (DPoP)";
            return Err(AuthError::Unsupported(what.to_owned()));
        }
        let mut draft = Credential {
            server: discovery.text.clone(),
            issuer: issuer.clone(),
            resource: discovery.resource().to_owned(),
            published: discovery.is_published(),
            client: ClientRecord::default(),
            token_endpoint: String::new(),
            tokens: None,
            scopes: Vec::new(),
            signed_in_at: 0,
        };
        let gate = Gate::new(Arc::clone(&discovery.road), draft.places()?);
        let mut login = Login::start(&discovery.road.programs, Arc::clone(&gate) as _).await?;
        let server = login.describe(issuer.clone(), !draft.published).await??;
        draft.token_endpoint.clone_from(&server.token_endpoint);

        let mut at_issuer = discovery.filed.iter().filter(|it| it.issuer == issuer);
        let granted = at_issuer.clone().flat_map(|it| it.scopes.clone()).collect();
        let filed = at_issuer.find(|it| fits(it, &options));
        let wanted = match options.scopes.as_slice() {
            [] => guarded.scopes.clone(),
            typed => typed.to_vec(),
        };
        let asked = login.choose_scopes(wanted, granted, server.clone()).await?;
        let mut sign_in = Self {
            credentials: Arc::clone(&discovery.credentials),
            gate,
            login,
            server,
            redirect_uri: options.redirect_uri.clone(),
            authorization: Authorization {
                issuer,
                url: String::new(),
                scopes: asked,
                state: Secret::random()?,
            },
            verifier: Secret::random()?,
            draft,
            superseded: discovery.filed.clone(),
            reused: filed.is_some(),
        };
        sign_in.draft.client = match filed {
            Some(filed) => filed.client.clone(),
            None => sign_in.client(options).await?,
        };
        sign_in.authorization.url = sign_in.authorization_url().await?;
        Ok(sign_in)
    }

    /// Who to be: as the options say, or somebody new.
    async fn client(&mut self, options: SignInOptions) -> Result<ClientRecord, AuthError> {
        let facts = ClientFacts {
            id: options.client_id,
            has_secret: options.client_secret.is_some(),
            has_key: false,
            document: options.client_document,
        };
        match self.login.choose_client(self.server.clone(), facts).await?? {
            ClientChoice::Known(client) => Ok(ClientRecord {
                id: client.id,
                method: client.method.into(),
                secret: options.client_secret,
                ..ClientRecord::default()
            }),
            ClientChoice::Register(endpoint) => {
                let (methods, scopes) =
                    (self.server.auth_methods.clone(), self.authorization.scopes.clone());
                let redirect_uri = options.redirect_uri;
                let registering = self.login.register(
                    endpoint,
                    options.client_name,
                    redirect_uri.clone(),
                    methods,
                    scopes,
                );
                let Registered { client, secret, secret_expires } = registering.await??;
                Ok(ClientRecord {
                    id: client.id,
                    method: client.method.into(),
                    secret: secret.map(Secret::new),
                    registered: true,
                    redirect_uri: Some(redirect_uri),
                    secret_expires,
                })
            }
        }
    }

    async fn authorization_url(&mut self) -> Result<String, AuthError> {
        let request = Request {
            client_id: self.draft.client.id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            state: self.authorization.state.reveal().to_owned(),
            code_challenge: self.verifier.challenge(),
            scopes: self.authorization.scopes.clone(),
            resource: self.draft.published.then(|| self.draft.resource.clone()),
        };
        let expected = [
            ("response_type", "code".to_owned()),
            ("redirect_uri", request.redirect_uri.clone()),
            ("state", request.state.clone()),
            ("code_challenge", request.code_challenge.clone()),
            ("code_challenge_method", "S256".to_owned()),
        ];
        let url = self.login.authorization_url(self.server.clone(), request).await??;
        match is_ours(&url, &expected) {
            true => Ok(url),
            // The sandbox is not what it was.
            false => Err(AuthError::Invalid("the authorization URL is not ours".to_owned())),
        }
    }

    /// What the user is asked for, and where.
    #[must_use]
    pub const fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// Redeems the redirect whose query this is, and keeps the tokens.
    ///
    /// # Errors
    ///
    /// [`AuthError::WrongIssuer`] and [`AuthError::WrongState`] for a redirect that is not the answer,
    /// which may still come; everything else ends this sign-in.
    pub async fn finish(&mut self, query: &str) -> Result<Credential, AuthError> {
        let (issuer, names_itself) = (self.server.issuer.clone(), self.server.names_itself);
        let redirected = self.login.read_redirect(query.to_owned(), issuer, names_itself).await?;
        let Redirected { code, state } = redirected?;
        if Secret::new(state) != self.authorization.state {
            return Err(AuthError::WrongState);
        }
        // Good once: what comes later belongs to nothing.
        self.authorization.state = Secret::random()?;
        let mut release = self.draft.client.release(&self.draft.token_endpoint);
        release.secrets.push(("code_verifier", self.verifier.clone()));
        self.gate.release(release);
        let grant =
            Grant::AuthorizationCode(CodeGrant { code, redirect_uri: self.redirect_uri.clone() });
        let endpoint = self.draft.token_endpoint.clone();
        let resource = self.draft.published.then(|| self.draft.resource.clone());
        let client = self.draft.client.to_wit();
        let asking = self.login.ask_token(endpoint, client, grant, None, resource);
        match asking.await?.map_err(AuthError::from) {
            Ok(tokens) => {
                self.draft.scopes.clone_from(&self.authorization.scopes);
                self.draft.signed_in_at = now();
                self.draft.renew(tokens, None);
            }
            Err(error) => {
                if self.reused && error.is_refusal("invalid_client") {
                    // A registration that is gone is not tried again.
                    let _lock = self.credentials.lock(self.draft.key()).await?;
                    self.credentials.remove(self.draft.key()).await?;
                }
                return Err(error);
            }
        }
        self.keep().await?;
        Ok(self.draft.clone())
    }

    /// Files it. Another process that is renewing what was filed before ends first, or finds this.
    async fn keep(&self) -> Result<(), AuthError> {
        let lock = self.credentials.lock(self.draft.key()).await?;
        self.credentials.put(self.draft.clone()).await?;
        drop(lock);
        for old in self.superseded.iter().filter(|old| old.key() != self.draft.key()) {
            let _lock = self.credentials.lock(old.key()).await?;
            self.credentials.remove(old.key()).await?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").field("issuer", &self.draft.issuer).finish_non_exhaustive()
    }
}

impl Default for ClientRecord {
    fn default() -> Self {
        Self {
            id: String::new(),
            method: Method::None,
            secret: None,
            registered: false,
            redirect_uri: None,
            secret_expires: None,
        }
    }
}

/// Whether the client of an earlier sign-in is the one to be again.
fn fits(filed: &Credential, options: &SignInOptions) -> bool {
    let ClientRecord { id, registered, redirect_uri, secret_expires, .. } = &filed.client;
    let wanted = options.client_id.as_deref().or(options.client_document.as_deref());
    match wanted {
        Some(wanted) => !registered && options.client_secret.is_none() && id == wanted,
        None => {
            *registered
                && redirect_uri.as_deref() == Some(options.redirect_uri.as_str())
                && secret_expires.is_none_or(|end| end > now())
        }
    }
}

/// Whether a URL asks for what this host wants asked, and is one to open.
fn is_ours(text: &str, expected: &[(&str, String)]) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_plain = text.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) && text.starts_with("http");
    is_safe
        && is_plain
        && !has_user
        && expected.iter().all(|(name, value)| {
            let mut values = url.query_pairs().filter(|(key, _)| key == name);
            let first = values.next();
            first.is_some_and(|(_, found)| found == value.as_str()) && values.next().is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a browser that is sent with a redirect, a state or a challenge that a stranger chose, or
    /// to what is no page.
    #[test]
    fn an_authorization_url_asks_for_what_this_host_wants() {
        let expected =
            [("state", "s".to_owned()), ("redirect_uri", "http://127.0.0.1:1/c".to_owned())];
        let redirect = "redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fc";
        let ours = |text: &str| is_ours(text, &expected);
        assert!(ours(&format!("https://a.example/?state=s&{redirect}")));
        assert!(ours(&format!("http://localhost:1/?state=s&{redirect}")));
        for text in [
            format!("http://a.example/?state=s&{redirect}"),
            format!("https://u@a.example/?state=s&{redirect}"),
            format!("https://a.example/?state=t&{redirect}"),
            format!("https://a.example/?state=s&state=t&{redirect}"),
            "https://a.example/?state=s&redirect_uri=https://evil.example".to_owned(),
            format!("https://a.example/\u{1b}?state=s&{redirect}"),
            format!(" https://a.example/?state=s&{redirect}"),
            format!("javascript:x?state=s&{redirect}"),
        ] {
            assert!(!ours(&text), "{text}");
        }
    }
}
