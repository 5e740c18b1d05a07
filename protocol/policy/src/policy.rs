//! What may be dialled.
//!
//! Without a policy file the policy is the URL that the user typed: its scheme, host and port,
//! and nothing else. A name may then only lead to public addresses, because whoever controls the
//! name controls where it points; an address that the user typed is allowed as it is, and
//! `localhost` leads to this machine.

use std::net::IpAddr;

use crate::address_class::AddressClass;
use crate::addresses::Addresses;
use crate::denial::Denial;
use crate::host_pattern::HostPattern;
use crate::path::{InvalidPath, PathPrefix, RequestPath};
use crate::remedy::Remedy;
use crate::rule::{AllowRule, Asked, DenyRule, Mismatch, Redirects, RuleLimits, Scope};
use crate::suggestion;
use crate::target::{InvalidTarget, Scheme, Target};

/// The one judge of every request, redirect hop and resolved address.
///
/// It has one key or several, and a request needs all of them: what is asked for and what is granted
/// are two, and neither widens the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    keys: Vec<Key>,
}

/// The rules of one who decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) source: Source,
    /// In order: the first that is about a request says what holds for it.
    pub(crate) allow: Vec<AllowRule>,
    /// Each of them wins.
    pub(crate) deny: Vec<DenyRule>,
}

/// Who decides, and how denials are explained to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The URL that the user typed.
    Url,
    /// What an operator listed.
    List,
    /// A file, by this name.
    File(String),
    /// Whoever asks for nothing in particular.
    Anything,
}

/// What allowed a request: a rule of each key. Two requests with equal permits may share a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Permit(Vec<usize>);

/// The URL to allow names nothing that could be dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{url}` cannot be allowed")]
pub struct UnsupportedOrigin {
    url: String,
    source: Unsupported,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Unsupported {
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    #[error(transparent)]
    Path(#[from] InvalidPath),
    #[error("queries and fragments are not judged")]
    Query,
}

impl Policy {
    /// Allows the scheme, host and port of `url`, and nothing else. Path and query do not matter.
    ///
    /// # Errors
    ///
    /// If `url` is not an `http` or `https` URL, or carries user information.
    pub fn origin(url: &url::Url) -> Result<Self, UnsupportedOrigin> {
        let target = origin(url)?;
        let addresses = usual_addresses(&host(&target));
        Ok(Self::of(Source::Url, vec![rule("the URL", &target, addresses, None)]))
    }

    /// The two keys of a session with `url`: its origin is asked for, and `granted` grants. A name may be
    /// wherever `granted` has it. Where all rules that grant the path of `url`, whatever their methods, have
    /// `redirects = "listed"`, all that is granted is asked for.
    ///
    /// # Errors
    ///
    /// As for [`Policy::origin`].
    pub fn origin_within(url: &url::Url, granted: &Self) -> Result<Self, UnsupportedOrigin> {
        let target = origin(url)?;
        if granted.follows_listed(&target, &RequestPath::new(url.path())) {
            return Ok(granted.clone());
        }
        let addresses = chosen_addresses(&host(&target));
        let asked = Self::of(Source::Url, vec![rule("the URL", &target, addresses, None)]);
        Ok(asked.within(granted))
    }

    /// Allows the origins of `urls`, below their paths, and nothing else: what an operator lists for
    /// an executor. A name may be at any address but a link-local one, because
    /// it is the operator who chose it.
    ///
    /// # Errors
    ///
    /// As for [`Policy::origin`]; and for a URL with a query or a fragment, or with a path that servers
    /// may read in several ways.
    pub fn origins<'a>(
        urls: impl IntoIterator<Item = &'a url::Url>,
    ) -> Result<Self, UnsupportedOrigin> {
        let listed = |(index, url): (usize, &url::Url)| {
            let target = origin(url)?;
            let path = prefix(url).map_err(|source| unsupported(url, source))?;
            let addresses = chosen_addresses(&host(&target));
            let id = format!("allow-{}", index.saturating_add(1));
            Ok(AllowRule { redirects: Redirects::Listed, ..rule(&id, &target, addresses, path) })
        };
        let rules = urls.into_iter().enumerate().map(listed).collect::<Result<_, _>>()?;
        Ok(Self::of(Source::List, rules))
    }

    /// Allows nothing.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { keys: Vec::new() }
    }

    /// Allows every origin that this machine can reach, link-local addresses
    /// excepted: that is where clouds answer who a machine is. For executors
    /// whose clients are trusted as much as a user of the machine.
    #[must_use]
    pub fn anywhere() -> Self {
        let scope =
            Scope { scheme: None, host: HostPattern::Any, port: None, methods: None, path: None };
        let rule = AllowRule {
            id: "anything".to_owned(),
            scope,
            addresses: Addresses::any(),
            redirects: Redirects::Listed,
            limits: RuleLimits::default(),
        };
        Self::of(Source::Anything, vec![rule])
    }

    /// Allows what this policy and the other both allow.
    #[must_use]
    pub fn within(mut self, granted: &Self) -> Self {
        if self.keys.is_empty() || granted.keys.is_empty() {
            return Self::nothing();
        }
        let new = granted.keys.iter().filter(|key| !self.keys.contains(key)).cloned();
        let new: Vec<_> = new.collect();
        self.keys.extend(new);
        self
    }

    /// Judges a request; a redirect hop is a request like any other.
    ///
    /// # Errors
    ///
    /// The [`Denial`] of the first key that does not fit.
    pub fn judge(&self, asked: &Asked<'_>) -> Result<Permit, Denial> {
        if self.keys.is_empty() {
            return Err(Denial::Nothing { asked: Box::new(asked.target.clone()) });
        }
        self.keys.iter().map(|key| key.judge(asked)).collect::<Result<_, _>>().map(Permit)
    }

    /// Judges that a request is redirected, besides what it asks for there.
    ///
    /// # Errors
    ///
    /// [`Denial::Redirect`] if the rule that allowed the first request does not allow it, and
    /// [`Denial::Metadata`] for a link-local address of another origin, [`Denial::Downgrade`] from TLS to
    /// plain HTTP; those of [`Policy::judge`].
    pub fn judge_redirect(&self, from: &Asked<'_>, to: &Target) -> Result<(), Denial> {
        let Permit(rules) = self.judge(from)?;
        let same = from.target == to;
        for (key, rule) in self.keys.iter().zip(rules) {
            let Some(rule) = key.allow.get(rule) else { continue };
            match rule.redirects {
                Redirects::Listed => continue,
                Redirects::SameOrigin if same => continue,
                Redirects::SameOrigin | Redirects::None => {}
            }
            // Whoever typed a URL is told of the URL.
            if matches!(key.source, Source::Url) {
                key.judge(&Asked::new(to, from.method, "/"))?;
            }
            return Err(Denial::Redirect {
                from: Box::new(from.target.clone()),
                asked: Box::new(to.clone()),
                rule: rule.id.clone(),
                setting: if same { "same-origin" } else { "listed" },
            });
        }
        if (from.target.scheme(), to.scheme()) == (Scheme::Https, Scheme::Http) {
            let (from, asked) = (Box::new(from.target.clone()), Box::new(to.clone()));
            return Err(Denial::Downgrade { from, asked });
        }
        match to.address().map(|address| (address, AddressClass::of(address))) {
            Some((address, class)) if !same && class == AddressClass::LinkLocal => {
                Err(Denial::Metadata { address, class })
            }
            _ => Ok(()),
        }
    }

    /// Judges an address that the host of an allowed request turned out to have.
    ///
    /// # Errors
    ///
    /// [`Denial::Address`] or [`Denial::AddressRule`] if it may not be dialled.
    pub fn judge_address(
        &self,
        target: &Target,
        permit: &Permit,
        address: IpAddr,
    ) -> Result<(), Denial> {
        if self.keys.is_empty() {
            return Err(Denial::Nothing { asked: Box::new(target.clone()) });
        }
        let Permit(rules) = permit;
        self.keys
            .iter()
            .zip(rules)
            .try_for_each(|(key, rule)| key.judge_address(target, *rule, address))
    }

    /// What the exchanges with this permit may cost: the least that any of its rules has.
    #[must_use]
    pub fn limits(&self, permit: &Permit) -> RuleLimits {
        let rules = self.allowing(permit).map(|rule| &rule.limits);
        rules.fold(RuleLimits::default(), |all, limits| all.and(limits))
    }

    /// The rules of a permit.
    fn allowing<'a>(&'a self, permit: &'a Permit) -> impl Iterator<Item = &'a AllowRule> {
        let Permit(rules) = permit;
        self.keys.iter().zip(rules).filter_map(|(key, rule)| key.allow.get(*rule))
    }

    /// The addresses that the host of a request with this permit may have, by each of its rules.
    pub(crate) fn addresses(&self, permit: &Permit) -> Vec<Addresses> {
        self.allowing(permit).map(|rule| rule.addresses.clone()).collect()
    }

    /// The ids of the rules of a permit.
    pub fn rules<'a>(&'a self, permit: &'a Permit) -> impl Iterator<Item = &'a str> {
        self.allowing(permit).map(|rule| rule.id.as_str())
    }

    pub(crate) fn of(source: Source, allow: Vec<AllowRule>) -> Self {
        Self::from_key(Key { source, allow, deny: Vec::new() })
    }

    pub(crate) fn from_key(key: Key) -> Self {
        Self { keys: vec![key] }
    }

    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether every key has rules for this path of an origin, all of which follow redirects to others.
    fn follows_listed(&self, target: &Target, path: &RequestPath<'_>) -> bool {
        let follows = |key: &Key| {
            let mut rules = key.allow.iter().filter(|rule| rule.scope.holds(target, path));
            let listed = |rule: &AllowRule| rule.redirects == Redirects::Listed;
            rules.next().is_some_and(listed) && rules.all(listed)
        };
        !self.keys.is_empty() && self.keys.iter().all(follows)
    }
}

impl Key {
    /// The rule that allows a request.
    fn judge(&self, asked: &Asked<'_>) -> Result<usize, Denial> {
        if let Some(rule) = self.deny.iter().find(|rule| rule.denies(asked)) {
            return Err(Denial::Rule {
                asked: Box::new(asked.target.clone()),
                policy: self.source.to_string(),
                rule: rule.id.clone(),
            });
        }
        let allows = |rule: &AllowRule| rule.scope.mismatch(asked).is_none();
        self.allow.iter().position(allows).ok_or_else(|| self.no_rule(asked))
    }

    fn judge_address(&self, target: &Target, rule: usize, address: IpAddr) -> Result<(), Denial> {
        let (host, class) = (target.host().to_string(), AddressClass::of(address));
        let denies = |rule: &&DenyRule| rule.denies_address(target, address);
        if let Some(rule) = self.deny.iter().find(denies) {
            let (policy, rule) = (self.source.to_string(), rule.id.clone());
            return Err(Denial::AddressRule { host, address, class, policy, rule });
        }
        match self.allow.get(rule) {
            Some(rule) if rule.addresses.allow(address, class) => Ok(()),
            Some(rule) => {
                let remedy = Remedy::of(&self.source, rule, target, address, class);
                let (allowed, remedy) = (rule.addresses.clone(), Box::new(remedy));
                Err(Denial::Address { host, address, class, allowed, remedy })
            }
            // A permit of another policy.
            None => Err(Denial::Nothing { asked: Box::new(target.clone()) }),
        }
    }

    fn no_rule(&self, asked: &Asked<'_>) -> Denial {
        let target = Box::new(asked.target.clone());
        let allowed = || self.allow.iter().map(|rule| rule.scope.to_string());
        match &self.source {
            Source::Url => Denial::Origin { asked: target, allowed: allowed().collect() },
            Source::List if self.allow.is_empty() => Denial::Nothing { asked: target },
            Source::List => Denial::NotListed { asked: target, allowed: allowed().collect() },
            Source::File(_) | Source::Anything => Denial::NoRule {
                asked: target,
                policy: self.source.to_string(),
                near: self.near(asked),
                rule: suggestion::rule(asked),
            },
        }
    }

    /// The first rule that is about the origin of a request, though not about the request.
    fn near(&self, asked: &Asked<'_>) -> Option<(String, Mismatch)> {
        let mut near = self.allow.iter().filter_map(|rule| match rule.scope.mismatch(asked)? {
            Mismatch::Host => None,
            other => Some((rule.id.clone(), other)),
        });
        near.next()
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Url => "the URL that was given",
            Self::List => "--allow",
            Self::File(name) => name,
            Self::Anything => "anything",
        })
    }
}

fn host(target: &Target) -> HostPattern {
    HostPattern::Exactly(target.host().clone())
}

fn rule(id: &str, target: &Target, addresses: Addresses, path: Option<PathPrefix>) -> AllowRule {
    AllowRule {
        id: id.to_owned(),
        scope: Scope {
            scheme: Some(target.scheme()),
            host: host(target),
            port: Some(target.port()),
            methods: None,
            path,
        },
        addresses,
        redirects: Redirects::SameOrigin,
        limits: RuleLimits::default(),
    }
}

/// The addresses of a host where nothing more is said.
pub(crate) fn usual_addresses(host: &HostPattern) -> Addresses {
    match host.address() {
        Some(address) => Addresses::Exactly(address),
        None if host.is_localhost() => Addresses::loopback(),
        None => Addresses::public(),
    }
}

/// The addresses of a host that somebody chose for where it is.
fn chosen_addresses(host: &HostPattern) -> Addresses {
    match usual_addresses(host) {
        usual if usual == Addresses::public() => Addresses::any(),
        other => other,
    }
}

fn origin(url: &url::Url) -> Result<Target, UnsupportedOrigin> {
    Target::try_from(url).map_err(|source| unsupported(url, source.into()))
}

/// The paths that a URL names; all, where it has none.
fn prefix(url: &url::Url) -> Result<Option<PathPrefix>, Unsupported> {
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Unsupported::Query);
    }
    let prefix = PathPrefix::parse(url.path())?;
    Ok((!prefix.is_root()).then_some(prefix))
}

fn unsupported(url: &url::Url, source: Unsupported) -> UnsupportedOrigin {
    UnsupportedOrigin { url: redacted(url), source }
}

/// The URL without credentials, path and query, any of which may be a secret.
fn redacted(url: &url::Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}
