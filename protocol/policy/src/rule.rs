//! Rules: what one of them is about, and what it says of that.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::address_class::leads_to;
use crate::addresses::{Addresses, Ranges};
use crate::host_pattern::HostPattern;
use crate::path::{PathPrefix, RequestPath};
use crate::target::{Scheme, Target};

/// What a request asks for, as far as it is judged: not its query, not its fields, not its content.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub(crate) target: &'a Target,
    pub(crate) method: &'a str,
    pub(crate) path: RequestPath<'a>,
}

impl<'a> Asked<'a> {
    /// A request. `path` is as it is sent, without the query.
    #[must_use]
    pub fn new(target: &'a Target, method: &'a str, path: &'a str) -> Self {
        Self { target, method, path: RequestPath::new(path) }
    }
}

/// The requests that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Both, where it is none.
    pub(crate) scheme: Option<Scheme>,
    pub(crate) host: HostPattern,
    /// Any, where it is none.
    pub(crate) port: Option<u16>,
    /// Any, where it is none. Case matters (RFC 9110 section 9.1).
    pub(crate) methods: Option<Vec<String>>,
    /// Any, where it is none.
    pub(crate) path: Option<PathPrefix>,
}

/// What of a request is not what a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The scheme.
    Scheme,
    /// The host.
    Host,
    /// The port.
    Port,
    /// The method.
    Method,
    /// The path.
    Path,
    /// The address that the host has.
    Address,
}

/// A rule that allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowRule {
    pub(crate) id: String,
    pub(crate) scope: Scope,
    pub(crate) addresses: Addresses,
    pub(crate) redirects: Redirects,
    pub(crate) limits: RuleLimits,
}

/// A rule that denies, whatever others allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DenyRule {
    pub(crate) id: String,
    pub(crate) scope: Scope,
    /// All of them, where it is none.
    pub(crate) addresses: Option<Ranges>,
}

impl DenyRule {
    /// Whether it denies a request, at whatever address its host is.
    pub(crate) fn denies(&self, asked: &Asked<'_>) -> bool {
        self.addresses.is_none() && self.scope.spares(asked).is_none()
    }

    /// Whether it denies an address that a host turned out to have. An address that is denied as a host
    /// is denied to names that lead to it too, unless only some requests are: a connection is for all.
    pub(crate) fn denies_address(&self, target: &Target, address: IpAddr) -> bool {
        let Scope { host, methods, path, .. } = &self.scope;
        match (&self.addresses, host.address()) {
            (Some(ranges), _) => {
                self.scope.spares_origin(target).is_none() && ranges.touch(address)
            }
            (None, Some(denied)) if methods.is_none() && path.is_none() => {
                self.scope.other_port(target).is_none() && leads_to(address, denied)
            }
            (None, _) => false,
        }
    }

    /// What of a request it is not about, and of the address of its host, where that is known.
    pub(crate) fn mismatch(&self, asked: &Asked<'_>, address: Option<IpAddr>) -> Option<Mismatch> {
        let mismatch = self.scope.spares(asked);
        let Some(address) = address else { return mismatch };
        match (mismatch, &self.addresses) {
            (None, Some(ranges)) => (!ranges.touch(address)).then_some(Mismatch::Address),
            _ if self.denies_address(asked.target, address) => None,
            _ => mismatch,
        }
    }
}

/// Where a request may be redirected to. What it asks for there must be allowed like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirects {
    /// Nowhere.
    None,
    /// To the same scheme, host and port.
    #[default]
    SameOrigin,
    /// To all that the policy allows.
    Listed,
}

/// What the exchanges that a rule allows may cost. None is a limit of its own only, beside those of
/// whoever dials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleLimits {
    /// Bytes of the content of a request.
    pub request_bytes: Option<u64>,
    /// Bytes of the content of a response.
    pub response_bytes: Option<u64>,
    /// Exchanges at a time, of one session or of one client of an executor; more are refused.
    pub concurrent: Option<u32>,
    /// For an exchange, up to the end of its body.
    pub total: Option<Duration>,
}

impl RuleLimits {
    /// The lesser of both, one by one.
    pub(crate) fn and(self, other: &Self) -> Self {
        fn least<T: Ord + Copy>(one: Option<T>, other: Option<T>) -> Option<T> {
            [one, other].into_iter().flatten().min()
        }
        Self {
            request_bytes: least(self.request_bytes, other.request_bytes),
            response_bytes: least(self.response_bytes, other.response_bytes),
            concurrent: least(self.concurrent, other.concurrent),
            total: least(self.total, other.total),
        }
    }
}

impl Scope {
    /// The first thing that is not as the rule has it; where it is all as the rule has it, none.
    pub(crate) fn mismatch(&self, asked: &Asked<'_>) -> Option<Mismatch> {
        self.elsewhere(asked.target).or_else(|| {
            if self.methods.as_ref().is_some_and(|all| all.iter().all(|own| own != asked.method)) {
                return Some(Mismatch::Method);
            }
            (!self.holds(asked.target, &asked.path)).then_some(Mismatch::Path)
        })
    }

    /// Whether it is about a path of an origin, with some method.
    pub(crate) fn holds(&self, target: &Target, path: &RequestPath<'_>) -> bool {
        self.elsewhere(target).is_none() && self.path.as_ref().is_none_or(|own| own.contains(path))
    }

    /// What of a request is not as a rule has it that denies: in doubt it is about a request.
    pub(crate) fn spares(&self, asked: &Asked<'_>) -> Option<Mismatch> {
        self.spares_origin(asked.target).or_else(|| {
            let same = |own: &String| own.eq_ignore_ascii_case(asked.method);
            if self.methods.as_ref().is_some_and(|all| !all.iter().any(same)) {
                return Some(Mismatch::Method);
            }
            let path = self.path.as_ref();
            path.is_some_and(|path| !path.touches(&asked.path)).then_some(Mismatch::Path)
        })
    }

    /// What of an origin is not as the rule has it.
    pub(crate) fn elsewhere(&self, target: &Target) -> Option<Mismatch> {
        if !self.host.matches(target.host()) {
            return Some(Mismatch::Host);
        }
        self.other_port(target)
    }

    /// The same of a rule that denies.
    fn spares_origin(&self, target: &Target) -> Option<Mismatch> {
        if !self.host.touches(target.host()) {
            return Some(Mismatch::Host);
        }
        self.other_port(target)
    }

    /// What of an origin is not as the rule has it, its host apart.
    fn other_port(&self, target: &Target) -> Option<Mismatch> {
        if self.scheme.is_some_and(|scheme| scheme != target.scheme()) {
            Some(Mismatch::Scheme)
        } else if self.port.is_some_and(|port| port != target.port()) {
            Some(Mismatch::Port)
        } else {
            None
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "scheme",
            Self::Host => "host",
            Self::Port => "port",
            Self::Method => "method",
            Self::Path => "path",
            Self::Address => "address",
        })
    }
}

/// As it is shown where it was not written as a rule: like a URL.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Some(scheme) => write!(f, "{scheme}://{}", self.host)?,
            None => write!(f, "{}", self.host)?,
        }
        match (self.port, self.scheme.map(Scheme::default_port)) {
            (Some(port), default) if default != Some(port) => write!(f, ":{port}")?,
            (None, _) => f.write_str(":*")?,
            _ => {}
        }
        match &self.path {
            Some(path) => write!(f, "{path}"),
            None => Ok(()),
        }
    }
}
