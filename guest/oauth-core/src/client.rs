//! Who to be at an authorization server (MCP, "Client Registration Approaches").

use crate::error::Error;
use crate::server::AuthorizationServer;
use crate::text::shown;

/// How a client authenticates at a token endpoint (RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// It has nothing to authenticate with.
    None,
    /// HTTP Basic.
    ClientSecretBasic,
    /// In the form.
    ClientSecretPost,
    /// An assertion that is signed with its key (RFC 7523).
    PrivateKeyJwt,
}

/// A client of an authorization server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its identifier.
    pub id: String,
    /// How it authenticates.
    pub method: AuthMethod,
}

/// What there is of a client.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The identifier of one that is registered.
    pub id: Option<String>,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// Whether it has a key to sign with.
    pub has_key: bool,
    /// Where its metadata can be read.
    pub document: Option<String>,
}

/// Who to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A client that the authorization server knows, or can know.
    Known(Client),
    /// One that has to be registered at this endpoint.
    Register(String),
}

impl AuthMethod {
    /// The name of the method.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt]
            .into_iter()
            .find(|method| method.name() == name)
    }

    /// How a client with a secret authenticates. Without a word about it, by HTTP Basic (RFC 8414
    /// section 2).
    pub(crate) fn with_secret(supported: &[String]) -> Self {
        let has = |method: Self| supported.iter().any(|name| name == method.name());
        if !has(Self::ClientSecretBasic) && has(Self::ClientSecretPost) {
            Self::ClientSecretPost
        } else {
            Self::ClientSecretBasic
        }
    }

    /// How a client that is registered anew wants to authenticate: not at all, as a program that
    /// everybody has keeps no secret, unless that is not to be had.
    pub(crate) fn of_new_client(supported: &[String]) -> Self {
        let has_none = supported.iter().any(|name| name == Self::None.name());
        match supported.is_empty() || has_none {
            true => Self::None,
            false => Self::with_secret(supported),
        }
    }
}

/// Chooses: a client that is registered, one whose metadata can be read, one to register.
///
/// # Errors
///
/// [`Error::Unsupported`] where none of them will do.
pub fn choose(server: &AuthorizationServer, facts: Facts) -> Result<Choice, Error> {
    let Facts { id, has_secret, has_key, document } = facts;
    if let Some(id) = id {
        let method = match (has_key, has_secret) {
            (true, _) => AuthMethod::PrivateKeyJwt,
            (false, true) => AuthMethod::with_secret(&server.auth_methods),
            (false, false) => AuthMethod::None,
        };
        return Ok(Choice::Known(Client { id, method }));
    }
    if let Some(id) = document.filter(|_| server.takes_client_documents) {
        return Ok(Choice::Known(Client { id, method: AuthMethod::None }));
    }
    match &server.registration_endpoint {
        Some(endpoint) => Ok(Choice::Register(endpoint.clone())),
        None => Err(Error::Unsupported(format!(
            "the authorization server {} registers no clients by itself: one has to be registered \
             there, and named",
            shown(&server.issuer)
        ))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn server(methods: &[&str]) -> AuthorizationServer {
        AuthorizationServer {
            auth_methods: methods.iter().map(|&name| name.to_owned()).collect(),
            takes_client_documents: true,
            ..AuthorizationServer::legacy("https://a.example").unwrap()
        }
    }

    fn facts(id: Option<&str>, has_secret: bool, document: Option<&str>) -> Facts {
        let (id, document) = (id.map(str::to_owned), document.map(str::to_owned));
        Facts { id, has_secret, document, has_key: false }
    }

    /// Catches a registration though a client is named, or though its metadata would do.
    #[test]
    fn a_client_is_registered_where_nothing_else_will_do() {
        let choose = |facts| choose(&server(&[]), facts).unwrap();
        let known = |id: &str, method| Choice::Known(Client { id: id.to_owned(), method });
        let document = "https://c.example/c.json";
        assert_eq!(choose(facts(Some("c"), false, Some(document))), known("c", AuthMethod::None));
        assert_eq!(choose(facts(None, false, Some(document))), known(document, AuthMethod::None));
        let register = Choice::Register("https://a.example/register".to_owned());
        assert_eq!(choose(facts(None, false, None)), register);
    }

    /// Catches a document that is named to a server that does not read any.
    #[test]
    fn a_document_is_for_servers_that_read_it() {
        let mut server = server(&[]);
        server.takes_client_documents = false;
        let document = Some("https://c.example/c.json");
        assert!(matches!(choose(&server, facts(None, false, document)), Ok(Choice::Register(_))));
        server.registration_endpoint = None;
        assert!(matches!(
            choose(&server, facts(None, false, document)),
            Err(Error::Unsupported(_))
        ));
    }

    /// Catches a secret that is sent in a way that the server does not read.
    #[test]
    fn a_secret_is_sent_as_the_server_reads_it() {
        for (methods, expected) in [
            (&[][..], AuthMethod::ClientSecretBasic),
            (&["client_secret_post"], AuthMethod::ClientSecretPost),
            (&["client_secret_post", "client_secret_basic"], AuthMethod::ClientSecretBasic),
            (&["private_key_jwt"], AuthMethod::ClientSecretBasic),
        ] {
            let chosen = choose(&server(methods), facts(Some("c"), true, None)).unwrap();
            assert_eq!(chosen, Choice::Known(Client { id: "c".to_owned(), method: expected }));
        }
    }
}
