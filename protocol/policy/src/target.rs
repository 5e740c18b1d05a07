//! Scheme, host and port of a request, in the one form that is judged and dialled.
//!
//! A host can be spelt in many ways (`0x7f.1`, `127.0.0.1`, `EXAMPLE.com.`, Unicode). It is
//! normalised once, as the WHATWG URL standard does, and policy, resolver and TLS all work on
//! the result, so that what was judged is what is dialled.

use std::fmt;
use std::net::IpAddr;

use url::Host;

/// The schemes that can be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// HTTP over TCP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// Parses the scheme of a URL, in any case.
    pub(crate) fn parse(scheme: &str) -> Result<Self, InvalidTarget> {
        if scheme.eq_ignore_ascii_case("https") {
            Ok(Self::Https)
        } else if scheme.eq_ignore_ascii_case("http") {
            Ok(Self::Http)
        } else {
            Err(InvalidTarget::UnsupportedScheme(scheme.to_owned()))
        }
    }

    /// The port of a URL that names none (RFC 9110 section 4.2).
    pub(crate) const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// An origin (RFC 6454): scheme, normalised host and explicit port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    scheme: Scheme,
    host: Host<String>,
    port: u16,
}

/// Why a URL names nothing that can be dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTarget {
    /// Scheme or host is missing.
    #[error("the URL has no scheme or no host")]
    NotAbsolute,
    /// Neither `http` nor `https`.
    #[error("the scheme `{0}` is not http or https")]
    UnsupportedScheme(String),
    /// Credentials in a URL end up in logs; they belong into a header field.
    #[error("the URL carries user information")]
    UserInformation,
    /// Not a host by the URL standard.
    #[error("`{0}` is not a valid host")]
    Host(String),
    /// Port 0, or not a number up to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
}

impl Target {
    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, normalised; a name has no trailing dot.
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port, the scheme's default filled in.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address, where the host is one rather than a name.
    pub fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// The same scheme and port at an address.
    pub(crate) fn at(&self, address: IpAddr) -> Self {
        let host = match address {
            IpAddr::V4(v4) => Host::Ipv4(v4),
            IpAddr::V6(v6) => Host::Ipv6(v6),
        };
        Self { host, ..*self }
    }

    /// Whether the host is `localhost` or below it, which RFC 6761 section 6.3 reserves.
    pub fn is_localhost(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(_) | Host::Ipv6(_) => false,
        }
    }

    /// `host:port`, as diagnostics show it.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(crate) fn new(
        scheme: Scheme,
        host: &str,
        port: Option<u16>,
    ) -> Result<Self, InvalidTarget> {
        let invalid = || InvalidTarget::Host(host.to_owned());
        let host = match Host::parse(host).map_err(|_| invalid())? {
            Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(&name);
                if name.is_empty() || name.ends_with('.') {
                    return Err(invalid());
                }
                Host::Domain(name.to_owned())
            }
            address => address,
        };
        let port = port.unwrap_or_else(|| scheme.default_port());
        if port == 0 {
            return Err(InvalidTarget::Port);
        }
        Ok(Self { scheme, host, port })
    }
}

impl TryFrom<&http::Uri> for Target {
    type Error = InvalidTarget;

    fn try_from(uri: &http::Uri) -> Result<Self, InvalidTarget> {
        let scheme = Scheme::parse(uri.scheme_str().ok_or(InvalidTarget::NotAbsolute)?)?;
        let authority = uri.authority().ok_or(InvalidTarget::NotAbsolute)?;
        if authority.as_str().contains('@') {
            return Err(InvalidTarget::UserInformation);
        }
        let port = match authority.as_str().get(authority.host().len()..) {
            None | Some("") => None,
            Some(_) => Some(authority.port_u16().ok_or(InvalidTarget::Port)?),
        };
        Self::new(scheme, authority.host(), port)
    }
}

impl TryFrom<&url::Url> for Target {
    type Error = InvalidTarget;

    fn try_from(url: &url::Url) -> Result<Self, InvalidTarget> {
        let scheme = Scheme::parse(url.scheme())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidTarget::UserInformation);
        }
        let host = url.host_str().ok_or(InvalidTarget::NotAbsolute)?;
        Self::new(scheme, host, url.port())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}
