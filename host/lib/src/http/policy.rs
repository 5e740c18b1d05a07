//! What may be dialled.
//!
//! Without a policy file the policy is the URL that the user typed: its scheme, host and port,
//! and nothing else. A name may then only lead to public addresses, because whoever controls the
//! name controls where it points; an address that the user typed is allowed as it is, and
//! `localhost` leads to this machine.

use std::fmt;
use std::net::IpAddr;

use super::address_class::AddressClass;
use super::denial::Denial;
use super::target::{InvalidTarget, Target};

/// The one judge of every request, redirect hop and resolved address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy(Rule);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// The origin of the URL that the user typed.
    Typed(Origin),
    /// The origins that an operator listed.
    Listed(Vec<Origin>),
    /// Wherever this machine can go, but for addresses that give away its
    /// identity to whoever asks.
    Anywhere,
}

/// An allowed origin, and the addresses that it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    target: Target,
    addresses: AddressRule,
}

/// Which addresses a host may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressRule {
    /// Exactly this one: the URL names it.
    Exactly(IpAddr),
    /// Any of one class.
    Class(AddressClass),
    /// Any but those where a cloud tells a machine who it is.
    NotLinkLocal,
}

/// The URL to allow names no origin that could be dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{url}` cannot be allowed")]
pub struct UnsupportedOrigin {
    url: String,
    source: InvalidTarget,
}

impl Policy {
    /// Allows the scheme, host and port of `url`, and nothing else. Path and query do not matter.
    ///
    /// # Errors
    ///
    /// If `url` is not an `http` or `https` URL, or carries user information.
    pub fn origin(url: &url::Url) -> Result<Self, UnsupportedOrigin> {
        Ok(Self(Rule::Typed(Origin::of(url)?)))
    }

    /// Allows the origins of `urls`, and nothing else: what an operator lists for
    /// an executor. A name may be at any address but a link-local one, because
    /// it is the operator who chose it.
    ///
    /// # Errors
    ///
    /// As for [`Policy::origin`].
    pub fn origins<'a>(
        urls: impl IntoIterator<Item = &'a url::Url>,
    ) -> Result<Self, UnsupportedOrigin> {
        let operators = |url| {
            Origin::of(url).map(|origin| Origin {
                addresses: match origin.addresses {
                    AddressRule::Class(AddressClass::Public) => AddressRule::NotLinkLocal,
                    other => other,
                },
                ..origin
            })
        };
        Ok(Self(Rule::Listed(urls.into_iter().map(operators).collect::<Result<_, _>>()?)))
    }

    /// Allows every origin that this machine can reach, link-local addresses
    /// excepted: that is where clouds answer who a machine is. For executors
    /// whose clients are trusted as much as a user of the machine.
    #[must_use]
    pub const fn anywhere() -> Self {
        Self(Rule::Anywhere)
    }

    /// Judges where a request goes; a redirect hop is a request like any other.
    ///
    /// # Errors
    ///
    /// [`Denial::Origin`] or [`Denial::NotListed`] if that is not an allowed origin.
    pub fn judge(&self, target: &Target) -> Result<(), Denial> {
        self.addresses(target).map(drop)
    }

    /// Judges an address that the host of an allowed request turned out to have.
    ///
    /// # Errors
    ///
    /// [`Denial::Address`] if it may not be dialled; those of [`Policy::judge`].
    pub fn judge_address(&self, target: &Target, address: IpAddr) -> Result<(), Denial> {
        let allowed = self.addresses(target)?;
        let class = AddressClass::of(address);
        if allowed.allows(address, class) {
            return Ok(());
        }
        Err(Denial::Address { host: target.host().to_string(), address, class, allowed })
    }

    /// The addresses at which a target may be reached, if it may be at all.
    fn addresses(&self, asked: &Target) -> Result<AddressRule, Denial> {
        match &self.0 {
            Rule::Anywhere => Ok(AddressRule::NotLinkLocal),
            Rule::Typed(origin) if origin.target == *asked => Ok(origin.addresses),
            Rule::Typed(origin) => Err(Denial::Origin {
                asked: Box::new(asked.clone()),
                allowed: Box::new(origin.target.clone()),
            }),
            Rule::Listed(origins) => origins
                .iter()
                .find(|origin| origin.target == *asked)
                .map(|origin| origin.addresses)
                .ok_or_else(|| Denial::NotListed {
                    asked: Box::new(asked.clone()),
                    allowed: origins.iter().map(|origin| origin.target.clone()).collect(),
                }),
        }
    }
}

impl Origin {
    fn of(url: &url::Url) -> Result<Self, UnsupportedOrigin> {
        let target = Target::try_from(url)
            .map_err(|source| UnsupportedOrigin { url: redacted(url), source })?;
        let addresses = match target.address() {
            Some(address) => AddressRule::Exactly(address),
            None if target.is_localhost() => AddressRule::Class(AddressClass::Loopback),
            None => AddressRule::Class(AddressClass::Public),
        };
        Ok(Self { target, addresses })
    }
}

impl AddressRule {
    fn allows(self, address: IpAddr, class: AddressClass) -> bool {
        match self {
            Self::Exactly(typed) => typed == address,
            Self::Class(allowed) => allowed == class,
            Self::NotLinkLocal => class != AddressClass::LinkLocal,
        }
    }
}

impl fmt::Display for AddressRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(address) => write!(f, "{address}"),
            Self::Class(class) => write!(f, "a {class} address"),
            Self::NotLinkLocal => f.write_str("an address that is not link-local"),
        }
    }
}

/// The URL without credentials, path and query, any of which may be a secret.
fn redacted(url: &url::Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}
