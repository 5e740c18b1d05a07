//! Which hosts a rule is about.

use std::fmt;
use std::net::IpAddr;

use url::Host;

use crate::address_class::leads_to;

/// The hosts of a rule. Names are compared as they are dialled: in lower case, in the ASCII form of
/// IDNA, without the dot at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// Any host, addresses included.
    Any,
    /// This one, a name or an address.
    Exactly(Host<String>),
    /// Names below this one, by one label or more.
    Below(String),
}

/// What is written for a host is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHost {
    /// A URL, or a part of one that has a key of its own.
    #[error("`{0}` is more than a host: scheme, port and path have keys of their own")]
    More(String),
    /// Not a host by the URL standard.
    #[error("`{0}` is not a valid host")]
    Invalid(String),
    /// A `*` that stands elsewhere than for whole labels at the beginning.
    #[error(
        "`{0}` has a `*` where none can be: write `*` for any host, `*.example.com` for those below"
    )]
    Wildcard(String),
    /// An address in another spelling than the one that everybody reads alike.
    #[error("`{written}` is {address}: write that")]
    Spelling {
        /// As it was written.
        written: String,
        /// What is dialled.
        address: IpAddr,
    },
}

impl HostPattern {
    /// What is written in a policy.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidHost> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let (name, below) = match text.strip_prefix("*.") {
            Some(suffix) => (suffix, true),
            None => (text, false),
        };
        let invalid = || InvalidHost::Invalid(text.to_owned());
        if name.contains('*') {
            return Err(InvalidHost::Wildcard(text.to_owned()));
        }
        if name.contains(['/', '@', '?', '#', '\\']) || has_port(name) {
            return Err(InvalidHost::More(text.to_owned()));
        }
        // Of a policy every character counts; the URL standard passes over some.
        if name.is_empty()
            || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '%')
        {
            return Err(invalid());
        }
        // An address of IPv6, as it is written where no port can follow.
        let bracketed = name.parse::<std::net::Ipv6Addr>().map(|_| format!("[{name}]"));
        let host = Host::parse(bracketed.as_deref().unwrap_or(name)).map_err(|_| invalid())?;
        match host {
            Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(&name);
                let labels = name.split('.').all(|label| !label.is_empty());
                match (labels, below) {
                    (false, _) => Err(invalid()),
                    (true, true) => Ok(Self::Below(name.to_owned())),
                    (true, false) => Ok(Self::Exactly(Host::Domain(name.to_owned()))),
                }
            }
            _ if below => Err(InvalidHost::Wildcard(text.to_owned())),
            Host::Ipv4(address) if address.to_string() != name => {
                Err(InvalidHost::Spelling { written: text.to_owned(), address: address.into() })
            }
            address => Ok(Self::Exactly(address)),
        }
    }

    /// Whether a normalised host is one of them.
    pub(crate) fn matches(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Exactly(own), host) => own == host,
            (Self::Below(suffix), Host::Domain(name)) => {
                let before = name.strip_suffix(suffix.as_str());
                before
                    .and_then(|before| before.strip_suffix('.'))
                    .is_some_and(|rest| !rest.is_empty())
            }
            (Self::Below(_), _) => false,
        }
    }

    /// The same of a rule that denies: an address is denied in every spelling.
    pub(crate) fn touches(&self, host: &Host<String>) -> bool {
        let address = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        };
        match (self.address(), address) {
            (Some(own), Some(address)) => leads_to(address, own),
            _ => self.matches(host),
        }
    }

    /// The address, where it is one rather than a name.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Exactly(Host::Ipv4(address)) => Some((*address).into()),
            Self::Exactly(Host::Ipv6(address)) => Some((*address).into()),
            Self::Exactly(Host::Domain(_)) | Self::Any | Self::Below(_) => None,
        }
    }

    /// Whether every host of it is this machine by its name (RFC 6761 section 6.3).
    pub(crate) fn is_localhost(&self) -> bool {
        match self {
            Self::Exactly(Host::Domain(name)) | Self::Below(name) => {
                name == "localhost" || name.ends_with(".localhost")
            }
            Self::Exactly(_) | Self::Any => false,
        }
    }
}

/// Whether a colon follows the host. Those of an IPv6 address are more than one, or in brackets.
fn has_port(name: &str) -> bool {
    match name.rsplit_once(']') {
        Some((_, rest)) => rest.starts_with(':'),
        None => name.split(':').count() == 2,
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exactly(host) => write!(f, "{host}"),
            Self::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}
