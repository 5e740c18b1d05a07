//! Where the user has to go (RFC 6749 section 4.1.1, RFC 7636, RFC 8707).

use crate::document::endpoint;
use crate::error::Error;
use crate::server::AuthorizationServer;
use crate::text::shown;

/// What an authorization request is made of.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// Of the client.
    pub client_id: String,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// What comes back with it.
    pub state: String,
    /// Of PKCE, by S256.
    pub code_challenge: String,
    /// What is asked for; the server decides where there is nothing.
    pub scopes: Vec<String>,
    /// What the token is for.
    pub resource: Option<String>,
}

/// Parameters of the request that an endpoint may not have in its own query.
const OURS: [&str; 8] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "resource",
    "response_type",
    "scope",
    "state",
];

/// The URL of a request to `server`.
///
/// # Errors
///
/// [`Error::Unsupported`] for a server without such an endpoint, or without PKCE;
/// [`Error::Invalid`] for an endpoint that would say something else in our name.
pub fn url(server: &AuthorizationServer, request: &Authorization) -> Result<String, Error> {
    let issuer = || shown(&server.issuer);
    let Some(authorization_endpoint) = &server.authorization_endpoint else {
        return Err(Error::Unsupported(format!("{} has no authorization endpoint", issuer())));
    };
    if !server.pkce {
        return Err(Error::Unsupported(format!(
            "the authorization server {} does not announce PKCE with S256, without which a code can \
             be stolen",
            issuer()
        )));
    }
    let mut url = endpoint(authorization_endpoint)?;
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| OURS.contains(&&**name)) {
        let what = format!("the authorization endpoint of {} sets `{name}` itself", issuer());
        return Err(Error::Invalid(what));
    }
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &request.client_id)
        .append_pair("redirect_uri", &request.redirect_uri)
        .append_pair("state", &request.state)
        .append_pair("code_challenge", &request.code_challenge)
        .append_pair("code_challenge_method", "S256");
    if !request.scopes.is_empty() {
        query.append_pair("scope", &request.scopes.join(" "));
    }
    if let Some(resource) = &request.resource {
        query.append_pair("resource", resource);
    }
    if request.scopes.iter().any(|scope| scope == "offline_access") {
        // OpenID Connect Core 1.0 section 11.
        query.append_pair("prompt", "consent");
    }
    drop(query);
    Ok(url.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn server(endpoint: &str) -> AuthorizationServer {
        AuthorizationServer {
            authorization_endpoint: Some(endpoint.to_owned()),
            ..AuthorizationServer::legacy("https://a.example").unwrap()
        }
    }

    fn request() -> Authorization {
        Authorization {
            client_id: "c&d".to_owned(),
            redirect_uri: "http://127.0.0.1:1/callback".to_owned(),
            state: "s".to_owned(),
            code_challenge: "h".to_owned(),
            scopes: vec!["a".to_owned(), "b".to_owned()],
            resource: Some("https://a.example".to_owned()),
        }
    }

    /// Catches parameters that are not escaped, a query of the endpoint that is lost, and a resource
    /// that is not sent as it was published.
    #[test]
    fn everything_is_asked_beside_what_the_endpoint_says() {
        let url = url(&server("https://a.example/authorize?tenant=x"), &request()).unwrap();
        assert_eq!(
            url,
            "https://a.example/authorize?tenant=x&response_type=code&client_id=c%26d\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback&state=s&code_challenge=h\
             &code_challenge_method=S256&scope=a+b&resource=https%3A%2F%2Fa.example"
        );
    }

    /// Catches a scope that is asked for though none is known.
    #[test]
    fn what_is_not_known_is_not_asked_for() {
        let request = Authorization { scopes: Vec::new(), resource: None, ..request() };
        let url = url(&server("https://a.example/authorize"), &request).unwrap();
        assert!(!url.contains("scope") && !url.contains("resource"), "{url}");
    }

    /// Catches a sign-in without PKCE, and an endpoint that chooses where the code goes.
    #[test]
    fn an_endpoint_that_cannot_be_trusted_is_not_gone_to() {
        let mut without = server("https://a.example/authorize");
        without.pkce = false;
        assert!(matches!(url(&without, &request()), Err(Error::Unsupported(_))));
        let evil = server("https://a.example/a?redirect_uri=https://evil.example");
        assert!(matches!(url(&evil, &request()), Err(Error::Invalid(_))));
        without.authorization_endpoint = None;
        assert!(matches!(url(&without, &request()), Err(Error::Unsupported(_))));
    }
}
