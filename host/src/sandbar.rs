//! The compiled component, and what its sessions share.

use crate::components;
use crate::connect::{ConnectOptions, open};
use crate::error::{BuildError, Error};
use crate::http::{DialLimits, Dialer, Policy, Proxies, TlsRoots};
use crate::sandbox::engine::SandboxEngine;
use crate::sandbox::limits::SandboxLimits;
use crate::session::Session;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A sandbox factory: the compiled component, the trust store, the connection
/// pools. A clone is cheap and shares them; one is enough for a process.
#[derive(Clone)]
pub struct Sandbar(Arc<Inner>);

struct Inner {
    engine: SandboxEngine,
    dialing: Dialing,
}

impl Sandbar {
    /// A builder with the defaults.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Opens a session with the MCP server at `url`.
    ///
    /// Asks in the modern era first, and falls back to `initialize`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidUrl`] before anything is dialled; else whatever the first
    /// exchange with the server ends in.
    pub async fn connect(&self, url: &str) -> Result<Session, Error> {
        self.connect_with(ConnectOptions::new(url)).await
    }

    /// Opens a session with more to say than the URL.
    ///
    /// # Errors
    ///
    /// Those of [`Sandbar::connect`], and [`Error::InvalidParams`] for options
    /// that cannot be sent.
    pub async fn connect_with(&self, options: ConnectOptions) -> Result<Session, Error> {
        let dialer = self.0.dialing.for_url(&options.url)?;
        open(&self.0.engine, dialer, options).await
    }
}

impl std::fmt::Debug for Sandbar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbar").field("limits", self.0.engine.limits()).finish_non_exhaustive()
    }
}

/// Settings of a [`Sandbar`].
#[derive(Debug, Default)]
pub struct Builder {
    limits: SandboxLimits,
    dial_limits: DialLimits,
    cache_dir: Option<PathBuf>,
    tls: Option<TlsRoots>,
    proxies: Option<Proxies>,
    component: Option<Vec<u8>>,
}

impl Builder {
    /// What each session may use.
    #[must_use]
    pub fn limits(mut self, limits: SandboxLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Limits of connections and exchanges.
    #[must_use]
    pub fn dial_limits(mut self, limits: DialLimits) -> Self {
        self.dial_limits = limits;
        self
    }

    /// Keeps compiled components in this directory, so that the next process
    /// need not compile them. Whoever can write there can run code in the
    /// process: it must be the user's own.
    #[must_use]
    pub fn cache_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(directory.into());
        self
    }

    /// The certificates to trust, instead of the system's.
    #[must_use]
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.tls = Some(roots);
        self
    }

    /// The proxies to use, instead of those that the environment names.
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Another component than the embedded [`MCP_LOCAL`](components::MCP_LOCAL):
    /// one with a component of your own composed in, say. It exports
    /// `sandbar:mcp/client` and imports at most what the embedded one does.
    #[must_use]
    pub fn component(mut self, component: Vec<u8>) -> Self {
        self.component = Some(component);
        self
    }

    /// Compiles the component, or takes it from the cache.
    ///
    /// Takes some 0.2 s where it compiles, 10 ms where it does not.
    ///
    /// # Errors
    ///
    /// When the limits do not fit the machine, or the component is not one.
    pub fn build(self) -> Result<Sandbar, BuildError> {
        let component = self.component.as_deref().unwrap_or(components::MCP_LOCAL.bytes);
        let engine = SandboxEngine::new(component, self.limits, self.cache_dir)?;
        let dialing = Dialing {
            tls: self.tls.unwrap_or_else(TlsRoots::system),
            limits: self.dial_limits,
            proxies: self.proxies.unwrap_or_else(Proxies::from_env),
            dialers: Mutex::default(),
        };
        Ok(Sandbar(Arc::new(Inner { engine, dialing })))
    }
}

/// Origins whose dialers are kept. A dialer without connections is small; the
/// bound is for processes that connect to ever new servers.
const DIALERS: usize = 256;

/// What dialers are made of, and those that have been made.
struct Dialing {
    tls: TlsRoots,
    limits: DialLimits,
    proxies: Proxies,
    /// By origin, which is what a policy allows: sessions with one server share
    /// its connections, sessions with different servers share nothing.
    dialers: Mutex<HashMap<String, Dialer>>,
}

impl Dialing {
    fn for_url(&self, text: &str) -> Result<Dialer, Error> {
        let invalid = |reason: String| Error::InvalidUrl { url: without_credentials(text), reason };
        let url = url::Url::parse(text).map_err(|error| invalid(error.to_string()))?;
        let policy = Policy::origin(&url).map_err(|error| {
            let reason = std::error::Error::source(&error).map(ToString::to_string);
            invalid(reason.unwrap_or_else(|| error.to_string()))
        })?;
        let origin = url.origin().ascii_serialization();
        let mut dialers = self.dialers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dialer) = dialers.get(&origin) {
            return Ok(dialer.clone());
        }
        if dialers.len() >= DIALERS {
            dialers.clear();
        }
        let dialer =
            Dialer::new(policy, self.tls.clone(), self.limits.clone(), self.proxies.clone());
        dialers.insert(origin, dialer.clone());
        Ok(dialer)
    }
}

/// A URL to show: user information, which may hold a password, is left out. It need not be valid.
fn without_credentials(url: &str) -> String {
    let (scheme, rest) = url.split_once("//").unwrap_or(("", url));
    let authority_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_ends);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}//{host}{path}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    /// Catches passwords in errors, of URLs that can be parsed and of others, and URLs that are
    /// changed though there is nothing to hide.
    #[test]
    fn a_url_is_shown_without_its_credentials() {
        for (given, shown) in [
            ("http://user:pass@a.example/x@y?z", "http://a.example/x@y?z"),
            ("http://user:p@ss@[::1junk", "http://[::1junk"),
            ("ftp://a.example/x", "ftp://a.example/x"),
            ("a.example/x", "a.example/x"),
        ] {
            assert_eq!(without_credentials(given), shown);
        }
    }
}
