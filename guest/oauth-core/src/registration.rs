//! Registering a client (RFC 7591), where it is still done.

use crate::client::{AuthMethod, Client};
use crate::document::{self, is_success};
use crate::error::Error;
use crate::text::is_visible;
use sandbar_exchange::{Field, Request};
use serde::{Deserialize, Serialize};

/// A client as it was registered.
#[derive(Clone, PartialEq, Eq)]
pub struct Registered {
    /// Who it is.
    pub client: Client,
    /// Its secret.
    pub secret: Option<String>,
    /// Seconds since 1970 after which the secret is no good.
    pub secret_expires: Option<u64>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    client_name: &'a str,
    redirect_uris: [&'a str; 1],
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    /// OpenID Connect Dynamic Client Registration 1.0 section 2: its redirects go to loopback.
    application_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    client_id: String,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default)]
    client_secret_expires_at: Option<u64>,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
}

/// A request to register a native client. `supported` are the server's ways to authenticate.
#[must_use]
pub fn request(
    endpoint: &str,
    name: &str,
    redirect_uri: &str,
    supported: &[String],
    scopes: &[String],
) -> Request {
    let metadata = Metadata {
        client_name: name,
        redirect_uris: [redirect_uri],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: AuthMethod::of_new_client(supported).name(),
        application_type: "native",
        scope: (!scopes.is_empty()).then(|| scopes.join(" ")),
    };
    let body = serde_json::to_vec(&metadata).unwrap_or_default();
    let fields = vec![Field::new("content-type", "application/json")];
    document::request("POST", endpoint, fields, Some(body))
}

/// Reads the answer.
///
/// # Errors
///
/// A refusal, and an answer that registers nobody.
pub fn read(
    endpoint: &str,
    supported: &[String],
    status: u16,
    body: &[u8],
) -> Result<Registered, Error> {
    if !is_success(status) {
        return Err(document::refusal(endpoint, status, body));
    }
    let wire: Wire = document::read(endpoint, body)?;
    let secret = wire.client_secret.filter(|secret| !secret.is_empty());
    if ![Some(&wire.client_id), secret.as_ref()].into_iter().flatten().all(|it| is_visible(it)) {
        let what = format!("{endpoint} registered a client whose name cannot be sent");
        return Err(Error::Invalid(what));
    }
    let told = wire.token_endpoint_auth_method.as_deref().and_then(AuthMethod::parse);
    let method = match (told, &secret) {
        (None | Some(AuthMethod::None | AuthMethod::PrivateKeyJwt), None) => AuthMethod::None,
        (
            Some(method @ (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)),
            Some(_),
        ) => method,
        (Some(AuthMethod::None), Some(_)) => AuthMethod::None,
        (_, Some(_)) => AuthMethod::with_secret(supported),
        (Some(_), None) => {
            let what = format!("{endpoint} registered a client that needs a secret, and gave none");
            return Err(Error::Invalid(what));
        }
    };
    Ok(Registered {
        client: Client { id: wire.client_id, method },
        secret,
        // Zero: never.
        secret_expires: wire.client_secret_expires_at.filter(|&expires| expires > 0),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn methods(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn answered(body: &str) -> Result<Registered, Error> {
        read("https://a.example/r", &[], 201, body.as_bytes())
    }

    /// Catches a registration as a web application, whose redirects to loopback are refused, and one
    /// that never gets a refresh token.
    #[test]
    fn a_native_client_is_registered_with_refresh_tokens() {
        let scopes = methods(&["a", "b"]);
        let request = request("https://a.example/r", "n", "http://127.0.0.1:1/c", &[], &scopes);
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        for part in [
            r#""application_type":"native""#,
            r#""grant_types":["authorization_code","refresh_token"]"#,
            r#""redirect_uris":["http://127.0.0.1:1/c"]"#,
            r#""token_endpoint_auth_method":"none""#,
            r#""scope":"a b""#,
        ] {
            assert!(body.contains(part), "{body}");
        }
    }

    /// Catches a method that the server does not offer.
    #[test]
    fn the_method_is_one_that_the_server_offers() {
        for (offered, asked) in [
            (&["client_secret_post"][..], "client_secret_post"),
            (&["client_secret_basic"], "client_secret_basic"),
            (&["client_secret_basic", "none"], "none"),
        ] {
            assert_eq!(AuthMethod::of_new_client(&methods(offered)).name(), asked);
        }
    }

    /// Catches a secret that is forgotten, or used though the client was registered without.
    #[test]
    fn the_answer_says_how_the_client_authenticates() {
        for (body, method, has_secret) in [
            (r#"{"client_id":"c"}"#, AuthMethod::None, false),
            (r#"{"client_id":"c","client_secret":"s"}"#, AuthMethod::ClientSecretBasic, true),
            (
                r#"{"client_id":"c","client_secret":"s","token_endpoint_auth_method":"client_secret_post","x":1}"#,
                AuthMethod::ClientSecretPost,
                true,
            ),
            (
                r#"{"client_id":"c","client_secret":"s","token_endpoint_auth_method":"none"}"#,
                AuthMethod::None,
                true,
            ),
        ] {
            let registered = answered(body).unwrap();
            assert_eq!(
                (registered.client.method, registered.secret.is_some()),
                (method, has_secret)
            );
        }
        assert_eq!(
            answered(r#"{"client_id":"c","client_secret_expires_at":0}"#).unwrap().secret_expires,
            None
        );
    }

    /// Catches a client that cannot be sent, and one that needs what it has not got.
    #[test]
    fn an_answer_that_registers_nobody_is_refused() {
        for body in [
            "{}",
            r#"{"client_id":""}"#,
            r#"{"client_id":"a\r\nb"}"#,
            r#"{"client_id":"c","token_endpoint_auth_method":"client_secret_basic"}"#,
            "[]",
        ] {
            assert!(matches!(answered(body), Err(Error::Invalid(_))), "{body}");
        }
        let refused = read("u", &[], 400, br#"{"error":"invalid_redirect_uri"}"#);
        assert!(
            matches!(refused, Err(Error::Refused(refusal)) if refusal.code == "invalid_redirect_uri")
        );
    }
}
