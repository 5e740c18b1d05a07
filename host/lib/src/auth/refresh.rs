//! Renewing a token: once, whoever wants it.

use super::credential::{ClientRecord, Credential, Method, TokenSet, now};
use super::credentials::{Credentials, get};
use super::error::AuthError;
use super::gate::{Gate, Places, Release, is_loopback};
use super::road::Road;
use super::secret::Secret;
use crate::sandbox::bindings::login::{AuthMethod, Client, Grant, Tokens};
use crate::sandbox::login::Login;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use url::{Url, form_urlencoded};

/// What is stored in place of `stale`, renewed where nobody else has done so. None where the sign-in
/// has ended: the user left, or the authorization server said so of the token that is still stored.
///
/// # Errors
///
/// What may be otherwise the next time. Everything is kept.
pub(crate) async fn refresh(
    road: &Arc<Road>,
    credentials: &dyn Credentials,
    stale: &Credential,
) -> Result<Option<Credential>, AuthError> {
    let key = stale.key();
    let _lock = credentials.lock(key.clone()).await?;
    let Some(mut stored) = get(credentials, &key).await? else { return Ok(None) };
    let Some(tokens) = &stored.tokens else { return Ok(None) };
    let is_newer = Some(tokens) != stale.tokens.as_ref();
    if is_newer && !tokens.is_due(now()) {
        return Ok(Some(stored));
    }
    // Without a way to another, the one that is there may still be good: a refusal says little.
    let Some(refresh) = tokens.refresh.clone() else { return Ok(Some(stored)) };
    match ask(road, &stored, refresh.clone()).await {
        Ok(tokens) => {
            stored.renew(tokens, Some(refresh));
            // The old token may be no good any more: what was got is used, kept or not.
            if let Err(error) = credentials.put(stored.clone()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a token is not kept");
            }
            Ok(Some(stored))
        }
        Err(error) if error.is_refusal("invalid_grant") => {
            stored.tokens = None;
            credentials.put(stored).await?;
            Ok(None)
        }
        // The authorization server has forgotten the client: the next sign-in registers another.
        Err(error) if error.is_refusal("invalid_client") && stored.client.registered => {
            credentials.remove(key).await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn ask(
    road: &Arc<Road>,
    credential: &Credential,
    refresh: Secret,
) -> Result<Tokens, AuthError> {
    let gate = Gate::new(Arc::clone(road), credential.places()?);
    let mut release = credential.client.release(&credential.token_endpoint);
    release.secrets.push(("refresh_token", refresh));
    gate.release(release);
    let mut login = Login::start(&road.programs, gate).await?;
    let endpoint = credential.token_endpoint.clone();
    let resource = credential.published.then(|| credential.resource.clone());
    let client = credential.client.to_wit();
    Ok(login.ask_token(endpoint, client, Grant::RefreshToken, None, resource).await??)
}

impl Credential {
    /// Where its authorization server may be asked.
    pub(crate) fn places(&self) -> Result<Places, AuthError> {
        let parse = |text: &str| {
            Url::parse(text).map_err(|error| AuthError::Invalid(format!("`{text}`: {error}")))
        };
        let local = is_loopback(&parse(&self.server)?);
        Ok(Places::Issuer { issuer: parse(&self.issuer)?, local })
    }

    /// Takes new tokens. What the answer leaves out stays as it is.
    pub(crate) fn renew(&mut self, tokens: Tokens, old_refresh: Option<Secret>) {
        let refresh = tokens.refresh_token.map(Secret::new).or(old_refresh);
        let access = Secret::new(tokens.access_token);
        self.tokens = Some(TokenSet::new(access, refresh, tokens.expires_in, now()));
        if let Some(scopes) = tokens.scopes {
            self.scopes = scopes;
        }
    }
}

impl ClientRecord {
    pub(crate) fn to_wit(&self) -> Client {
        let method = match self.method {
            Method::None => AuthMethod::None,
            Method::ClientSecretBasic => AuthMethod::ClientSecretBasic,
            Method::ClientSecretPost => AuthMethod::ClientSecretPost,
            Method::PrivateKeyJwt => AuthMethod::PrivateKeyJwt,
        };
        Client { id: self.id.clone(), method }
    }

    /// What the client authenticates with, for this endpoint alone.
    pub(crate) fn release(&self, endpoint: &str) -> Release {
        let mut secrets = Vec::new();
        if let Some(secret) = &self.secret {
            let encode = |text: &str| -> String {
                form_urlencoded::byte_serialize(text.as_bytes()).collect()
            };
            // RFC 6749 section 2.3.1: both are encoded as in a form first.
            let pair = format!("{}:{}", encode(&self.id), encode(secret.reveal()));
            secrets.push(("client_basic", Secret::new(STANDARD.encode(pair))));
            secrets.push(("client_secret", secret.clone()));
        }
        Release { endpoint: endpoint.to_owned(), secrets }
    }
}

impl From<AuthMethod> for Method {
    fn from(method: AuthMethod) -> Self {
        match method {
            AuthMethod::None => Self::None,
            AuthMethod::ClientSecretBasic => Self::ClientSecretBasic,
            AuthMethod::ClientSecretPost => Self::ClientSecretPost,
            AuthMethod::PrivateKeyJwt => Self::PrivateKeyJwt,
        }
    }
}
