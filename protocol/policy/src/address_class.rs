//! What kind of network an IP address belongs to, judged as what is reached when it is dialled.
//!
//! IPv6 has several forms that carry an IPv4 address, and a gateway or the kernel dials what is
//! inside. Where the form says where it is, it is judged in place of the whole: IPv4-mapped and
//! -compatible (RFC 4291), IPv4-translated (RFC 2765), 6to4 (RFC 3056), and NAT64 with the well-known
//! prefix (RFC 6052). Elsewhere only a gateway knows: local-use NAT64 (RFC 8215) can have it at four
//! places, Teredo (RFC 4380) has two of them, ISATAP (RFC 5214) one behind any prefix. Those are not
//! public if one of them is not, and link-local if one of them is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The classes of addresses that a policy tells apart, from the one that gives the least away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressClass {
    /// Globally reachable.
    Public,
    /// Multicast, documentation and whatever else is not a server's address.
    Reserved,
    /// RFC 1918, shared address space (RFC 6598), unique local and site-local IPv6.
    Private,
    /// This machine; unspecified addresses among the rest, which lead to it when they are dialled.
    Loopback,
    /// Link-local addresses and the metadata services of clouds, which hand out credentials.
    LinkLocal,
}

impl AddressClass {
    /// Classifies an address by what is reached when it is dialled.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match reached(address) {
            IpAddr::V4(v4) => Self::of_v4(v4),
            IpAddr::V6(v6) => Self::of_v6(v6).max(Self::behind_gateways(v6)),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [127, ..] | [0, 0, 0, 0] => Self::Loopback,
            // Metadata: Alibaba within the shared address space, Azure within a public range, Oracle
            // within the protocol assignments.
            [169, 254, ..] | [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192] => {
                Self::LinkLocal
            }
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Self::Private,
            [0, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18..=19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..] => Self::Reserved,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Self::Loopback,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            // What clouds took of the unique local range for their services: AWS, Google, Oracle,
            // Scaleway; and whoever ends such an address like 169.254.169.254.
            [0xfd00, 0xec2 | 0xc1 | 0x42, ..] | [0xfd20, 0xce, ..] => Self::LinkLocal,
            [0xfc00..=0xfdff, _, _, _, _, _, 0xa9fe, 0xa9fe] => Self::LinkLocal,
            [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Self::Private,
            // Teredo and the other protocol assignments; documentation.
            [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Self::Reserved,
            [0x2000..=0x3fff, ..] => Self::Public,
            _ => Self::Reserved,
        }
    }

    /// What a gateway makes of this address: nobody's if it leads into a network of its own, and the
    /// worst if it leads to a metadata service.
    fn behind_gateways(address: Ipv6Addr) -> Self {
        let hidden = hidden_v4(address).into_iter().flatten();
        match hidden.map(Self::of_v4).max() {
            Some(Self::LinkLocal) => Self::LinkLocal,
            Some(Self::Private | Self::Loopback) => Self::Reserved,
            _ => Self::Public,
        }
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local or cloud metadata",
            Self::Reserved => "reserved",
        })
    }
}

/// Whether an address is spelt as something else than what dialling it reaches.
pub(crate) fn is_disguised(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(v6) => {
            reached(address) != address
                || AddressClass::behind_gateways(v6) > AddressClass::of_v6(v6)
        }
    }
}

/// What dialling an address reaches: the IPv4 address that it carries, or itself.
pub(crate) fn reached(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => embedded_v4(v6).map_or(address, IpAddr::V4),
    }
}

/// Every address that may be reached by dialling this one, itself first. Where one of them is denied
/// all of this is.
pub(crate) fn may_reach(address: IpAddr) -> impl Iterator<Item = IpAddr> {
    let reached = reached(address);
    // The kernel dials this machine.
    let this_machine = match reached {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Some(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Some(Ipv6Addr::LOCALHOST.into()),
        _ => None,
    };
    let hidden = match address {
        IpAddr::V4(_) => [None; 4],
        IpAddr::V6(v6) => hidden_v4(v6),
    };
    let hidden = hidden.into_iter().flatten().map(IpAddr::V4);
    [address, reached].into_iter().chain(this_machine).chain(hidden)
}

/// Whether dialling an address may reach another, in whatever spelling either is.
pub(crate) fn leads_to(address: IpAddr, other: IpAddr) -> bool {
    may_reach(address).any(|place| place == other || place == reached(other))
}

/// The IPv4 address that dialling this IPv6 address reaches, if it does.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(joined(high, low)),
        _ => None,
    }
}

/// The IPv4 addresses that a gateway may find in this IPv6 address.
fn hidden_v4(address: Ipv6Addr) -> [Option<Ipv4Addr>; 4] {
    let octets = address.octets();
    let at = |places: [usize; 4]| {
        let [a, b, c, d] = places.map(|place| octets.get(place).copied().unwrap_or_default());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // RFC 6052 section 2.2, for prefixes of 48, 56, 64 and 96 bits; octet 8 is no part of it.
        [0x64, 0xff9b, 1, ..] => {
            [at([6, 7, 9, 10]), at([7, 9, 10, 11]), at([9, 10, 11, 12]), at([12, 13, 14, 15])]
        }
        // The server, and the client, whose address has every bit turned over.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            [Some(joined(server_high, server_low)), Some(joined(!high, !low)), None, None]
        }
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => [Some(joined(high, low)), None, None, None],
        _ => [None; 4],
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}
