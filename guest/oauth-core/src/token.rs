//! Token requests and their answers (RFC 6749 sections 3.2 and 5).

use crate::client::{AuthMethod, Client};
use crate::document::{self, is_success};
use crate::error::Error;
use crate::limits::TOKEN_BYTES;
use crate::placeholder;
use crate::scope;
use crate::text::is_visible;
use sandbar_exchange::{Field, Request};
use serde::{Deserialize, Deserializer};
use url::form_urlencoded::Serializer;

const TYPE_ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const TYPE_ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a token is asked for with. The secrets of each are placeholders.
#[derive(Clone, Debug)]
pub enum Grant {
    /// RFC 6749 section 4.1.3.
    AuthorizationCode {
        /// What the redirect brought.
        code: String,
        /// Where it brought it.
        redirect_uri: String,
    },
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// An assertion (RFC 7523 section 2.1).
    JwtBearer,
    /// An identity token for an assertion to another server (RFC 8693; Identity Assertion
    /// Authorization Grant).
    TokenExchange {
        /// The server that the assertion is for.
        audience: String,
        /// What the token that it is good for is for.
        resource: String,
    },
    /// RFC 8628 section 3.4.
    DeviceCode(String),
}

/// A successful answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// Its type, in lower case.
    pub token_type: String,
    /// For the next one.
    pub refresh_token: Option<String>,
    /// Seconds.
    pub expires_in: Option<u64>,
    /// None where it is what was asked for.
    pub scopes: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Wire {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

/// A number of seconds, which some servers write as a text or with a fraction; anything else says
/// nothing.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let text = match &value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let whole = text.split('.').next().unwrap_or_default();
    Ok(whole.parse().ok())
}

/// A request for tokens.
#[must_use]
pub fn request(
    endpoint: &str,
    client: &Client,
    grant: &Grant,
    scopes: Option<&str>,
    resource: Option<&str>,
) -> Request {
    let mut form = Serializer::new(String::new());
    match grant {
        Grant::AuthorizationCode { code, redirect_uri } => form
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_verifier", placeholder::CODE_VERIFIER),
        Grant::RefreshToken => form
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", placeholder::REFRESH_TOKEN),
        Grant::ClientCredentials => form.append_pair("grant_type", "client_credentials"),
        Grant::JwtBearer => form
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", placeholder::ASSERTION),
        Grant::TokenExchange { audience, resource } => form
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
            .append_pair("requested_token_type", TYPE_ID_JAG)
            .append_pair("audience", audience)
            .append_pair("resource", resource)
            .append_pair("subject_token", placeholder::SUBJECT_TOKEN)
            .append_pair("subject_token_type", TYPE_ID_TOKEN),
        Grant::DeviceCode(code) => form
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
            .append_pair("device_code", code),
    };
    for (name, value) in [("scope", scopes), ("resource", resource)] {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    authenticated(endpoint, client, form)
}

/// A form that says who the client is.
pub(crate) fn authenticated(
    endpoint: &str,
    client: &Client,
    mut form: Serializer<'_, String>,
) -> Request {
    let mut fields = vec![Field::new("content-type", "application/x-www-form-urlencoded")];
    match client.method {
        AuthMethod::None => {
            form.append_pair("client_id", &client.id);
        }
        AuthMethod::ClientSecretBasic => {
            let value = format!("Basic {}", placeholder::CLIENT_BASIC);
            fields.push(Field::new("authorization", value));
        }
        AuthMethod::ClientSecretPost => {
            form.append_pair("client_id", &client.id)
                .append_pair("client_secret", placeholder::CLIENT_SECRET);
        }
        AuthMethod::PrivateKeyJwt => {
            form.append_pair("client_id", &client.id)
                .append_pair("client_assertion_type", JWT_BEARER)
                .append_pair("client_assertion", placeholder::CLIENT_ASSERTION);
        }
    }
    document::request("POST", endpoint, fields, Some(form.finish().into_bytes()))
}

/// Reads the answer.
///
/// # Errors
///
/// A refusal, and an answer without a token that can be sent.
pub fn read(endpoint: &str, status: u16, body: &[u8]) -> Result<Tokens, Error> {
    if !is_success(status) {
        return Err(document::refusal(endpoint, status, body));
    }
    let wire: Wire = match document::read(endpoint, body) {
        Ok(wire) => wire,
        // Some say no with a status that means yes.
        Err(error) => {
            return Err(match document::refusal(endpoint, status, body) {
                refused @ Error::Refused(_) => refused,
                _ => error,
            });
        }
    };
    let refresh_token = wire.refresh_token.filter(|token| !token.is_empty());
    let sendable = |token: &String| is_visible(token) && token.len() <= TOKEN_BYTES;
    if !sendable(&wire.access_token) || !refresh_token.as_ref().is_none_or(sendable) {
        return Err(Error::Invalid(format!("{endpoint} gave a token that cannot be sent")));
    }
    Ok(Tokens {
        access_token: wire.access_token,
        token_type: wire
            .token_type
            .map_or_else(|| "bearer".to_owned(), |it| it.to_ascii_lowercase()),
        refresh_token,
        expires_in: wire.expires_in,
        scopes: wire.scope.as_deref().map(scope::split),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn form(method: AuthMethod, grant: &Grant) -> (String, Option<String>) {
        let client = Client { id: "c d".to_owned(), method };
        let request =
            request("https://a.example/t", &client, grant, Some("a b"), Some("https://r"));
        let mut basic = request.fields.iter().filter(|field| field.name == "authorization");
        let basic = basic.next().map(|field| String::from_utf8(field.value.clone()).unwrap());
        (String::from_utf8(request.body.unwrap()).unwrap(), basic)
    }

    /// Catches a token request without PKCE or resource, and a secret in two places.
    #[test]
    fn a_code_is_redeemed_with_placeholders() {
        let grant = Grant::AuthorizationCode {
            code: "x&y".to_owned(),
            redirect_uri: "http://l".to_owned(),
        };
        let (body, basic) = form(AuthMethod::ClientSecretPost, &grant);
        assert_eq!(
            body,
            "grant_type=authorization_code&code=x%26y&redirect_uri=http%3A%2F%2Fl\
             &code_verifier=sandbar_placeholder_code_verifier&scope=a+b&resource=https%3A%2F%2Fr\
             &client_id=c+d&client_secret=sandbar_placeholder_client_secret"
        );
        assert_eq!(basic, None);
        let (body, basic) = form(AuthMethod::ClientSecretBasic, &Grant::RefreshToken);
        assert!(!body.contains("client_"), "{body}");
        assert_eq!(basic.unwrap(), "Basic sandbar_placeholder_client_basic");
        let (body, _) = form(AuthMethod::None, &Grant::ClientCredentials);
        assert!(body.ends_with("&client_id=c+d") && !body.contains("placeholder"), "{body}");
    }

    fn answer(status: u16, body: &str) -> Result<Tokens, Error> {
        read("https://a.example/t", status, body.as_bytes())
    }

    /// Catches lifetimes that only one spelling of servers has, and a type whose case is minded.
    #[test]
    fn answers_are_read_as_servers_write_them() {
        for (expires, seconds) in [
            ("3600", Some(3600)),
            ("\"3600\"", Some(3600)),
            ("1.5", Some(1)),
            ("null", None),
            ("-1", None),
            ("[]", None),
        ] {
            let body =
                format!(r#"{{"access_token":"t","token_type":"Bearer","expires_in":{expires}}}"#);
            let tokens = answer(200, &body).unwrap();
            assert_eq!((tokens.expires_in, &*tokens.token_type), (seconds, "bearer"), "{expires}");
        }
        let tokens =
            answer(200, r#"{"access_token":"t","refresh_token":"","scope":"a b"}"#).unwrap();
        assert_eq!((tokens.refresh_token, tokens.scopes.unwrap().len()), (None, 2));
    }

    /// Catches a token that ends a header field, and a refusal that is taken for a broken answer.
    #[test]
    fn what_is_no_token_is_refused() {
        for body in [
            r#"{"access_token":""}"#,
            r#"{"access_token":"a\r\nb: c"}"#,
            "{}",
            "x",
            r#"{"access_token":1}"#,
        ] {
            assert!(matches!(answer(200, body), Err(Error::Invalid(_))), "{body}");
        }
        for status in [200, 400, 401] {
            let refused = answer(status, r#"{"error":"invalid_grant"}"#);
            assert!(matches!(refused, Err(Error::Refused(it)) if it.code == "invalid_grant"));
        }
        assert!(matches!(answer(503, "<html>"), Err(Error::Status(_))));
    }
}
