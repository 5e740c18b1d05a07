//! Dialers, one for each policy.

use super::limits::DIALERS;
use super::{DialLimits, Dialer, Policy, Proxies, TlsRoots};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What dialers are made of, and those that have been made.
pub(crate) struct Dialers {
    tls: TlsRoots,
    limits: DialLimits,
    proxies: Proxies,
    /// What may be dialled at all, whatever is asked for.
    granted: Option<Policy>,
    /// By what decides what is allowed: sessions with one server share its connections, sessions with
    /// different servers share nothing.
    dialers: Mutex<HashMap<String, Dialer>>,
    /// By policies of callers' own: sessions with the same one share connections.
    policies: Mutex<Vec<(Policy, Dialer)>>,
}

impl Dialers {
    pub(crate) fn new(
        tls: TlsRoots,
        limits: DialLimits,
        proxies: Proxies,
        granted: Option<Policy>,
    ) -> Self {
        let (dialers, policies) = (Mutex::default(), Mutex::default());
        Self { tls, limits, proxies, granted, dialers, policies }
    }

    /// A dialer for a policy of the caller's, within what is granted.
    pub(crate) fn under(&self, policy: Policy) -> Dialer {
        let policy = match &self.granted {
            Some(granted) => policy.within(granted),
            None => policy,
        };
        Dialer::new(policy, self.tls.clone(), self.limits.clone(), self.proxies.clone())
    }

    /// The dialer of every session with this policy, within what is granted.
    pub(crate) fn for_policy(&self, policy: &Policy) -> Dialer {
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, dialer)) = policies.iter().find(|(known, _)| known == policy) {
            return dialer.clone();
        }
        if policies.len() >= DIALERS {
            policies.clear();
        }
        let dialer = self.under(policy.clone());
        policies.push((policy.clone(), dialer.clone()));
        dialer
    }

    /// The dialer for the origin of a URL that the user typed, and nothing else.
    pub(crate) fn for_url(&self, text: &str) -> Result<Dialer, InvalidUrl> {
        let (key, policy) = origin(text, self.granted.as_ref())?;
        let mut dialers = self.dialers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dialer) = dialers.get(&key) {
            return Ok(dialer.clone());
        }
        if dialers.len() >= DIALERS {
            dialers.clear();
        }
        let dialer = self.under(policy);
        dialers.insert(key, dialer.clone());
        Ok(dialer)
    }
}

/// A URL that no session can be opened with.
pub(crate) struct InvalidUrl {
    /// The URL as it was given, without user information.
    pub(crate) url: String,
    pub(crate) reason: String,
}

/// Whether a URL that the user typed is one to connect to, whoever dials it.
pub(crate) fn check_url(text: &str) -> Result<(), InvalidUrl> {
    origin(text, None).map(drop)
}

/// What of such a URL decides what is allowed, and the policy that allows it alone, within what is
/// granted: that has rules for paths.
fn origin(text: &str, granted: Option<&Policy>) -> Result<(String, Policy), InvalidUrl> {
    let invalid = |reason: String| InvalidUrl { url: without_credentials(text), reason };
    let url = url::Url::parse(text).map_err(|error| invalid(error.to_string()))?;
    let policy = match granted {
        Some(granted) => Policy::origin_within(&url, granted),
        None => Policy::origin(&url),
    };
    let policy = policy.map_err(|error| {
        let reason = std::error::Error::source(&error).map(ToString::to_string);
        invalid(reason.unwrap_or_else(|| error.to_string()))
    })?;
    let origin = url.origin().ascii_serialization();
    let key = if granted.is_some() { format!("{origin}{}", url.path()) } else { origin };
    Ok((key, policy))
}

/// A URL to show: user information, which may hold a password, is left out. It need not be valid.
pub(crate) fn without_credentials(url: &str) -> String {
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
    use super::{Policy, origin, without_credentials};

    /// Catches a session that dials by what another path of its server is granted, and sessions without
    /// grants that share no connections because of their paths.
    #[test]
    fn paths_are_told_apart_where_something_is_granted() {
        let granted = Policy::anywhere();
        let key = |url, granted| origin(url, granted).ok().map(|(key, _)| key);
        let (docs, mcp) = ("https://a.example/docs", "https://a.example/mcp");
        assert_ne!(key(docs, Some(&granted)), key(mcp, Some(&granted)));
        let with_query = "https://A.example:443/docs?x";
        assert_eq!(key(docs, Some(&granted)), key(with_query, Some(&granted)));
        assert_eq!(key(docs, None), key(mcp, None));
        assert!(key(docs, None).is_some());
    }

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
