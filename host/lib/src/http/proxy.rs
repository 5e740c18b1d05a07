//! Which requests go through an HTTP proxy, and how a tunnel is opened.
//!
//! A proxy resolves the name itself, so only the request is judged, not the addresses behind it;
//! the proxy's own address is the operator's choice and is not judged. Requests to this machine
//! never leave it through a proxy, whatever the environment says: they often carry bearers.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tower_service::Service;

use super::error::SharedError;
use super::link::ByteStream;
use sandbar_policy::AddressClass;
use sandbar_policy::{InvalidTarget, Scheme, Target};

/// Which proxy is used for which host.
#[derive(Clone, Default)]
pub struct Proxies(Option<Arc<Matcher>>);

/// A proxy failed before the server was reached.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyFailure {
    /// The URL of the proxy is none that can be dialled.
    #[error("the proxy `{proxy}` cannot be used")]
    Unsupported {
        /// The URL, without credentials.
        proxy: Uri,
        /// Why not.
        source: InvalidTarget,
    },
    /// The proxy did not open a tunnel.
    #[error("the proxy `{proxy}` opened no tunnel")]
    Tunnel {
        /// The proxy.
        proxy: Box<Target>,
        /// What went wrong.
        source: SharedError,
    },
}

/// The way to a server.
pub(super) enum Route {
    /// Straight to it.
    Direct,
    /// Each request goes to the proxy in absolute form: what proxies do for `http`.
    Forward(Proxy),
    /// A tunnel through the proxy, opened with CONNECT: what proxies do for `https`.
    Tunnel(Proxy),
}

/// A proxy that was chosen.
pub(super) struct Proxy {
    pub(super) target: Target,
    intercept: Intercept,
}

impl Proxies {
    /// Every request goes straight to its server.
    pub fn none() -> Self {
        Self::default()
    }

    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in either case, read
    /// as curl reads them: one that is empty says nothing, and the other case counts. Within a CGI
    /// script, whose clients could set the first of them, they are left alone.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        if variable("REQUEST_METHOD").is_some() {
            return Self::none();
        }
        let either = |name: &str| {
            let cases = [name.to_owned(), name.to_ascii_lowercase()];
            let mut values = cases.iter().filter_map(|name| variable(name));
            values.find(|value| !value.trim().is_empty()).unwrap_or_default()
        };
        let matcher = Matcher::builder()
            .all(either("ALL_PROXY"))
            .http(either("HTTP_PROXY"))
            .https(either("HTTPS_PROXY"))
            .no(either("NO_PROXY"));
        Self::new(matcher.build())
    }

    /// What this matcher says.
    pub fn new(matcher: Matcher) -> Self {
        Self(Some(Arc::new(matcher)))
    }

    /// The way to `target`, whose origin as a URL is `uri`.
    pub(super) fn route(&self, target: &Target, uri: &Uri) -> Result<Route, ProxyFailure> {
        let Some(intercept) = self.intercept(target, uri) else {
            return Ok(Route::Direct);
        };
        let proxy = Target::try_from(intercept.uri()).map_err(|source| {
            ProxyFailure::Unsupported { proxy: intercept.uri().clone(), source }
        })?;
        let proxy = Proxy { target: proxy, intercept };
        Ok(match target.scheme() {
            Scheme::Http => Route::Forward(proxy),
            Scheme::Https => Route::Tunnel(proxy),
        })
    }

    /// The `proxy-authorization` of a request that is forwarded rather than tunnelled.
    pub(super) fn authorization(&self, target: &Target, uri: &Uri) -> Option<HeaderValue> {
        if target.scheme() != Scheme::Http {
            return None;
        }
        self.intercept(target, uri)?.basic_auth().cloned()
    }

    fn intercept(&self, target: &Target, uri: &Uri) -> Option<Intercept> {
        let matcher = self.0.as_ref()?;
        let loopback = match target.address() {
            Some(address) => AddressClass::of(address) == AddressClass::Loopback,
            None => target.is_localhost(),
        };
        if loopback {
            return None;
        }
        matcher.intercept(uri)
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The matcher prints no credentials.
        f.debug_tuple("Proxies").field(&self.0).finish()
    }
}

impl Proxy {
    /// Opens a tunnel to the host and port of `uri` over a connection to this proxy.
    pub(super) async fn tunnel(
        &self,
        stream: Box<dyn ByteStream>,
        uri: Uri,
    ) -> Result<Box<dyn ByteStream>, ProxyFailure> {
        let mut tunnel = Tunnel::new(self.intercept.uri().clone(), Dialled(Some(stream)));
        if let Some(authorization) = self.intercept.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        let stream = tunnel.call(uri).await.map_err(|error| ProxyFailure::Tunnel {
            proxy: Box::new(self.target.clone()),
            source: Arc::new(error),
        })?;
        Ok(stream.into_inner())
    }
}

/// The connector that [`Tunnel`] asks for a connection to the proxy: it has one already.
struct Dialled(Option<Box<dyn ByteStream>>);

impl Service<Uri> for Dialled {
    type Response = TokioIo<Box<dyn ByteStream>>;
    type Error = std::io::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self.0.take().map(TokioIo::new);
        ready(stream.ok_or_else(|| std::io::ErrorKind::NotConnected.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxy for a URL, where the environment is this.
    fn proxy(environment: &[(&str, &str)], url: &'static str) -> Option<String> {
        let proxies = Proxies::from_variables(|name| {
            let found = environment.iter().find(|(candidate, _)| *candidate == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let uri = Uri::from_static(url);
        let target = Target::try_from(&uri).ok()?;
        Some(proxies.intercept(&target, &uri)?.uri().to_string())
    }

    /// Catches a variable that is empty, as it is where somebody wanted none, and hides the one in the
    /// other case or the one for all schemes; and a list of exceptions that is hidden so.
    #[test]
    fn an_empty_variable_says_nothing() {
        let (http, https) = ("http://a.example/", "https://a.example/");
        let one = Some("http://one:1/".to_owned());
        for empty in ["", " "] {
            assert_eq!(proxy(&[("HTTP_PROXY", empty), ("http_proxy", "http://one:1")], http), one);
            assert_eq!(
                proxy(&[("HTTPS_PROXY", empty), ("https_proxy", "http://one:1")], https),
                one
            );
            assert_eq!(proxy(&[("ALL_PROXY", empty), ("all_proxy", "http://one:1")], https), one);
            assert_eq!(proxy(&[("http_proxy", empty), ("ALL_PROXY", "http://one:1")], http), one);
            let excepted =
                [("HTTP_PROXY", "one:1"), ("NO_PROXY", empty), ("no_proxy", "a.example")];
            assert_eq!(proxy(&excepted, http), None);
            assert_eq!(proxy(&[("HTTP_PROXY", empty), ("http_proxy", empty)], http), None);
        }
        assert_eq!(proxy(&[("HTTP_PROXY", "one:1"), ("http_proxy", "two:2")], http), one);
        assert_eq!(proxy(&[("HTTPS_PROXY", "one:1")], http), None);
    }

    /// Catches a request to a script that chooses the proxy of what the script sends (CVE-2016-5385):
    /// its field `Proxy` becomes this variable.
    #[test]
    fn a_cgi_script_has_no_proxies() {
        let environment = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://one:1")];
        assert_eq!(proxy(&environment, "http://a.example/"), None);
    }
}
