//! Which addresses a host may have.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::address_class::{AddressClass, is_disguised, leads_to, may_reach, reached};

/// The addresses that an allowed host may have.
///
/// A link-local address, metadata services of clouds included, is in none but [`Addresses::Exactly`]:
/// whoever means one types it, as the host itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Addresses {
    /// This one: the host is no name.
    Exactly(IpAddr),
    /// Those of some classes, and of some networks.
    Of(Ranges),
}

/// Classes and networks, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ranges(Vec<Range>);

/// Some addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Range {
    Class(AddressClass),
    Network(Network),
    /// Every class that can be written.
    Any,
}

/// A network in CIDR notation (RFC 4632, RFC 4291 section 2.3), or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// What is written for addresses is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRange {
    /// Neither a class nor a network.
    #[error(
        "`{0}` is none of `public`, `private`, `loopback`, `reserved`, `any`, and no network like 10.0.0.0/8"
    )]
    Unknown(String),
    /// Bits behind the prefix: a mistake in one of the two.
    #[error("`{written}` has bits behind its prefix; the network is {network}")]
    Bits {
        /// As it was written.
        written: String,
        /// What the prefix says.
        network: Network,
    },
    /// Nothing of it can ever be allowed so.
    #[error(
        "`{0}` is link-local or a cloud's metadata, which no name may lead to: make it the `host` of \
         a rule"
    )]
    LinkLocal(String),
}

impl Addresses {
    /// Public ones.
    pub(crate) fn public() -> Self {
        Self::Of(Ranges(vec![Range::Class(AddressClass::Public)]))
    }

    /// Those of this machine.
    pub(crate) fn loopback() -> Self {
        Self::Of(Ranges(vec![Range::Class(AddressClass::Loopback)]))
    }

    /// All that are not link-local.
    pub(crate) fn any() -> Self {
        Self::Of(Ranges(vec![Range::Any]))
    }

    /// Whether a host may have this address.
    pub(crate) fn allow(&self, address: IpAddr, class: AddressClass) -> bool {
        match self {
            // One that is spelt as another may be somebody's trick, and no address that is dialled.
            Self::Exactly(typed) if class == AddressClass::LinkLocal => {
                *typed == address && !is_disguised(address)
            }
            Self::Exactly(typed) => *typed == address,
            Self::Of(_) if class == AddressClass::LinkLocal => false,
            Self::Of(ranges) => ranges.contain(address, class),
        }
    }
}

impl Ranges {
    /// What is written in a policy: names of classes, networks, single addresses.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), InvalidRange> {
        self.0.push(match text {
            "public" => Range::Class(AddressClass::Public),
            "private" => Range::Class(AddressClass::Private),
            "loopback" => Range::Class(AddressClass::Loopback),
            "reserved" => Range::Class(AddressClass::Reserved),
            "any" => Range::Any,
            network => Range::Network(network.parse()?),
        });
        Ok(())
    }

    /// Whether an address is one of them, whatever its class.
    pub(crate) fn contain(&self, address: IpAddr, class: AddressClass) -> bool {
        self.0.iter().any(|range| match range {
            Range::Any => true,
            Range::Class(allowed) => *allowed == class,
            Range::Network(network) => network.contains(address),
        })
    }

    /// Whether an address may lead to one of them, and is denied where they are: by what it carries, and
    /// by all that a gateway may find in it.
    pub(crate) fn touch(&self, address: IpAddr) -> bool {
        let single = |range: &Range| match range {
            Range::Network(network) => network.single().is_some_and(|own| leads_to(address, own)),
            Range::Class(_) | Range::Any => false,
        };
        may_reach(address).any(|place| self.contain(place, AddressClass::of(place)))
            || self.0.iter().any(single)
    }

    /// A network of which nothing can be allowed.
    pub(crate) fn useless(&self) -> Option<InvalidRange> {
        self.0.iter().find_map(|range| match range {
            Range::Network(network) if network.is_link_local() => {
                Some(InvalidRange::LinkLocal(network.to_string()))
            }
            _ => None,
        })
    }
}

impl Network {
    /// Whether an address is in it, or what dialling that reaches: an IPv4 network has the IPv6 forms of
    /// its addresses.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.holds(address) || self.holds(reached(address))
    }

    /// The same, of an address as it is spelt.
    fn holds(&self, address: IpAddr) -> bool {
        match (bits(self.address), bits(address)) {
            ((network, width), (address, same)) if width == same => {
                let behind = width.saturating_sub(u32::from(self.prefix));
                network.checked_shr(behind).unwrap_or(0) == address.checked_shr(behind).unwrap_or(0)
            }
            _ => false,
        }
    }

    /// The address, where it is one alone.
    fn single(&self) -> Option<IpAddr> {
        let (_, width) = bits(self.address);
        (u32::from(self.prefix) == width).then_some(self.address)
    }

    fn is_link_local(&self) -> bool {
        let whole = matches!(self.address, IpAddr::V4(_)) && self.prefix >= 16
            || matches!(self.address, IpAddr::V6(_)) && self.prefix >= 10;
        whole && AddressClass::of(self.address) == AddressClass::LinkLocal
    }
}

/// The bits of an address, and how many they are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u32::from(v4).into(), u32::BITS),
        IpAddr::V6(v6) => (v6.into(), u128::BITS),
    }
}

impl FromStr for Network {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let unknown = || InvalidRange::Unknown(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| unknown())?;
        let (all, width) = bits(address);
        let prefix = match prefix {
            // As numbers are written: no sign, no zeros before it.
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let prefix: u32 = text.parse().map_err(|_| unknown())?;
                (prefix <= width && prefix.to_string() == text).then_some(prefix)
            }
            Some(_) => None,
            None => Some(width),
        };
        let prefix = prefix.ok_or_else(unknown)?;
        let behind = width.saturating_sub(prefix);
        let kept = all.checked_shr(behind).unwrap_or(0).checked_shl(behind).unwrap_or(0);
        let prefix = u8::try_from(prefix).map_err(|_| unknown())?;
        if kept == all {
            return Ok(Self { address, prefix });
        }
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4(u32::try_from(kept).unwrap_or_default().into()),
            IpAddr::V6(_) => IpAddr::V6(kept.into()),
        };
        Err(InvalidRange::Bits { written: text.to_owned(), network: Self { address, prefix } })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(address) => write!(f, "{address}"),
            Self::Of(ranges) => write!(f, "{ranges}"),
        }
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            match range {
                Range::Any => f.write_str("an address that is not link-local"),
                Range::Class(class) => write!(f, "a {class} address"),
                Range::Network(network) => write!(f, "an address in {network}"),
            }?;
        }
        Ok(())
    }
}
