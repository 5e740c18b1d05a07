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
pub struct Policy {
    origin: Target,
    addresses: AddressRule,
}

/// Which addresses a host may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressRule {
    /// Exactly this one: the URL names it.
    Exactly(IpAddr),
    /// Any of one class.
    Class(AddressClass),
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
        let origin = Target::try_from(url).map_err(|source| UnsupportedOrigin {
            url: redacted(url),
            source,
        })?;
        let addresses = match origin.address() {
            Some(address) => AddressRule::Exactly(address),
            None if origin.is_localhost() => AddressRule::Class(AddressClass::Loopback),
            None => AddressRule::Class(AddressClass::Public),
        };
        Ok(Self { origin, addresses })
    }

    /// Judges where a request goes; a redirect hop is a request like any other.
    ///
    /// # Errors
    ///
    /// [`Denial::Origin`] if that is not the allowed origin.
    pub fn judge(&self, target: &Target) -> Result<(), Denial> {
        if *target == self.origin {
            return Ok(());
        }
        Err(Denial::Origin {
            asked: Box::new(target.clone()),
            allowed: Box::new(self.origin.clone()),
        })
    }

    /// Judges an address that the host of an allowed request turned out to have.
    ///
    /// # Errors
    ///
    /// [`Denial::Address`] if it may not be dialled.
    pub fn judge_address(&self, address: IpAddr) -> Result<(), Denial> {
        let class = AddressClass::of(address);
        let allowed = match self.addresses {
            AddressRule::Exactly(typed) => typed == address,
            AddressRule::Class(allowed) => allowed == class,
        };
        if allowed {
            return Ok(());
        }
        Err(Denial::Address {
            host: self.origin.host().to_string(),
            address,
            class,
            allowed: self.addresses,
        })
    }
}

impl fmt::Display for AddressRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(address) => write!(f, "{address}"),
            Self::Class(class) => write!(f, "a {class} address"),
        }
    }
}

/// The URL without credentials, path and query, any of which may be a secret.
fn redacted(url: &url::Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}
