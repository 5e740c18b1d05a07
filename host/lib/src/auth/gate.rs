//! Where a sandbox that signs in may go, and what is filled in for it there.

use super::road::Road;
use super::secret::Secret;
use crate::http::AddressClass;
use crate::sandbox::performer::{Perform, Performed};
use futures::future::BoxFuture;
use sandbar_exchange::{ErrorCode, Failure, RedirectPolicy, Request};
use std::sync::{Arc, Mutex, PoisonError};
use url::{Host, Url, form_urlencoded};

/// What every placeholder begins with (`sandbar:auth/login`).
const PLACEHOLDER: &str = "sandbar_placeholder_";

/// Performs the exchanges of a sandbox that signs in.
pub(crate) struct Gate {
    road: Arc<Road>,
    places: Places,
    release: Mutex<Option<Release>>,
}

/// Where it may go.
pub(crate) enum Places {
    /// To the server, to find out who guards it.
    Server(Url),
    /// To an authorization server that the user has confirmed, and where its metadata point.
    Issuer {
        /// Its identifier.
        issuer: Url,
        /// Whether the server that it guards is on this machine.
        local: bool,
    },
}

/// Secrets, and the one endpoint that they are filled in for.
pub(crate) struct Release {
    /// Compared byte by byte.
    pub(crate) endpoint: String,
    /// By the names of their placeholders.
    pub(crate) secrets: Vec<(&'static str, Secret)>,
}

impl Gate {
    pub(crate) fn new(road: Arc<Road>, places: Places) -> Arc<Self> {
        Arc::new(Self { road, places, release: Mutex::new(None) })
    }

    /// From now on, these secrets are filled in for their endpoint, and none for any other.
    pub(crate) fn release(&self, release: Release) {
        *self.release.lock().unwrap_or_else(PoisonError::into_inner) = Some(release);
    }

    fn prepare(&self, request: &mut Request) -> Result<(), String> {
        let url = Url::parse(&request.url).map_err(|error| error.to_string())?;
        self.places.judge(&url)?;
        // What is read here decides who gets secrets, and a redirect may lead anywhere.
        request.redirects = RedirectPolicy::Stop;
        let release = self.release.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(release) = release.as_ref()
            && request.url == release.endpoint
            && request.method == "POST"
        {
            release.fill(request);
        }
        match has_placeholder(request) {
            true => Err(format!("no secret is held for {}", request.url)),
            false => Ok(()),
        }
    }
}

impl Perform for Gate {
    fn perform(self: Arc<Self>, mut request: Request) -> BoxFuture<'static, Performed> {
        Box::pin(async move {
            if let Err(reason) = self.prepare(&mut request) {
                let authority = request.authority();
                return Err(Failure { authority, ..Failure::unsent(ErrorCode::Denied(reason)) });
            }
            self.road.perform(request).await
        })
    }
}

impl Places {
    fn judge(&self, url: &Url) -> Result<(), String> {
        let denied = |why: &str| {
            let origin = url.origin().ascii_serialization();
            Err(format!("{origin} is not asked while signing in: {why}"))
        };
        match self {
            Self::Server(server) if url.origin() == server.origin() => Ok(()),
            Self::Server(_) => denied("a server says who guards it at its own origin"),
            Self::Issuer { issuer, .. } if url.origin() == issuer.origin() => Ok(()),
            Self::Issuer { local: true, .. } if is_loopback(url) => Ok(()),
            Self::Issuer { .. } => match url.host() {
                _ if url.scheme() != "https" => denied("only https leads to another host"),
                Some(Host::Domain(_)) if !is_loopback(url) => Ok(()),
                _ => denied(
                    "an authorization server names other hosts by name, and none of this \
                             machine",
                ),
            },
        }
    }
}

impl Release {
    fn fill(&self, request: &mut Request) {
        if let Some(body) = request.body.take() {
            let mut text = String::from_utf8_lossy(&body).into_owned();
            for (name, secret) in &self.secrets {
                let encoded: String =
                    form_urlencoded::byte_serialize(secret.reveal().as_bytes()).collect();
                text = text.replace(&format!("{PLACEHOLDER}{name}"), &encoded);
            }
            request.body = Some(text.into_bytes());
        }
        for field in &mut request.fields {
            for (name, secret) in &self.secrets {
                let placeholder = format!("{PLACEHOLDER}{name}");
                let Ok(value) = std::str::from_utf8(&field.value) else { continue };
                if value.contains(&placeholder) {
                    field.value = value.replace(&placeholder, secret.reveal()).into_bytes();
                }
            }
        }
    }
}

fn has_placeholder(request: &Request) -> bool {
    let has = |bytes: &[u8]| memchr::memmem::find(bytes, PLACEHOLDER.as_bytes()).is_some();
    has(request.url.as_bytes())
        || request.body.as_deref().is_some_and(has)
        || request.fields.iter().any(|field| has(&field.value))
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let address = match url.host() {
        Some(Host::Domain(name)) => {
            return name == "localhost" || name.ends_with(".localhost");
        }
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        None => return false,
    };
    AddressClass::of(address) == AddressClass::Loopback
}

/// Whether a URL names an address at which a cloud tells a machine who it is.
pub(crate) fn is_link_local(url: &Url) -> bool {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        Some(Host::Domain(_)) | None => return false,
    };
    AddressClass::of(address) == AddressClass::LinkLocal
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use sandbar_exchange::Field;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// Catches metadata that send the client into the network that it stands in, and to what tells a
    /// machine who it is.
    #[test]
    fn metadata_lead_to_hosts_with_names_over_tls() {
        let places = Places::Issuer { issuer: url("https://login.example"), local: false };
        for fine in ["https://login.example/x", "https://token.example/t"] {
            assert_eq!(places.judge(&url(fine)), Ok(()), "{fine}");
        }
        for denied in [
            "http://token.example/t",
            "https://127.0.0.1/t",
            "https://localhost/t",
            "https://10.0.0.1/t",
            "https://169.254.169.254/latest",
            "https://[fd00:ec2::254]/",
            "https://[::ffff:10.0.0.1]/",
            "http://login.example/",
        ] {
            assert!(places.judge(&url(denied)).is_err(), "{denied}");
        }
    }

    /// Catches a server on this machine whose authorization server, beside it, cannot be asked, and one
    /// that opens the rest of the network.
    #[test]
    fn beside_a_local_server_this_machine_may_be_asked() {
        let places = Places::Issuer { issuer: url("http://localhost:1"), local: true };
        assert_eq!(places.judge(&url("http://127.0.0.1:2/t")), Ok(()));
        assert!(places.judge(&url("http://10.0.0.1/t")).is_err());
    }

    /// Catches a challenge that makes the client ask another host.
    #[test]
    fn a_server_is_asked_at_its_own_origin() {
        let places = Places::Server(url("https://a.example/mcp"));
        assert_eq!(places.judge(&url("https://a.example/.well-known/x")), Ok(()));
        for other in ["https://b.example/", "https://a.example:8443/", "http://a.example/"] {
            assert!(places.judge(&url(other)).is_err(), "{other}");
        }
    }

    fn release() -> Release {
        Release {
            endpoint: "https://a.example/t".to_owned(),
            secrets: vec![
                ("code_verifier", Secret::new("v&=")),
                ("client_basic", Secret::new("QTpC")),
            ],
        }
    }

    /// Catches a secret that is not encoded as the form is, or that stays a placeholder.
    #[test]
    fn secrets_are_filled_in_where_they_belong() {
        let mut request = Request {
            body: Some(b"x=1&code_verifier=sandbar_placeholder_code_verifier&y=2".to_vec()),
            fields: vec![Field::new("authorization", "Basic sandbar_placeholder_client_basic")],
            ..Request::new("POST", "https://a.example/t")
        };
        assert!(has_placeholder(&request));
        release().fill(&mut request);
        assert_eq!(request.body.as_deref(), Some(&b"x=1&code_verifier=v%26%3D&y=2"[..]));
        assert_eq!(request.fields.first().unwrap().value, b"Basic QTpC");
        assert!(!has_placeholder(&request));
    }

    /// Catches a placeholder that is sent as it is, in whichever place.
    #[test]
    fn a_placeholder_without_a_secret_is_seen() {
        let placeholder = "sandbar_placeholder_refresh_token";
        let at = |url: &str| Request::new("POST", url);
        let field = Field::new("x", placeholder);
        for request in [
            at(&format!("https://a.example/{placeholder}")),
            Request { body: Some(placeholder.into()), ..at("https://a.example/") },
            Request { fields: vec![field], ..at("https://a.example/") },
        ] {
            assert!(has_placeholder(&request), "{request:?}");
        }
    }
}
