//! What kind of network an address belongs to.

use std::net::Ipv4Addr;

use sandbar_policy::AddressClass;

/// Catches forms of IPv6 that hide an inner address from the judge, and special ranges taken
/// for public ones.
#[test]
fn addresses_are_classified_by_what_they_reach() {
    use AddressClass::{LinkLocal, Loopback, Private, Public, Reserved};
    for (address, class) in [
        ("8.8.8.8", Public),
        ("172.15.0.1", Public),
        ("172.16.0.1", Private),
        ("100.64.0.1", Private),
        ("100.100.100.200", LinkLocal),
        ("168.63.129.16", LinkLocal),
        ("169.254.0.1", LinkLocal),
        ("127.255.0.1", Loopback),
        ("0.0.0.0", Loopback),
        ("0.0.0.1", Reserved),
        ("192.0.2.1", Reserved),
        ("224.0.0.1", Reserved),
        ("255.255.255.255", Reserved),
        ("2606:4700::1111", Public),
        ("::", Loopback),
        ("::ffff:0.0.0.0", Loopback),
        ("::1", Loopback),
        ("::ffff:127.0.0.1", Loopback),
        ("::10.0.0.1", Private),
        ("2002:7f00:1::", Loopback),
        ("2002:808:808::", Public),
        ("64:ff9b::a9fe:a9fe", LinkLocal),
        ("64:ff9b:1::8.8.8.8", Reserved),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Reserved),
        ("2001:db8::1", Reserved),
        ("fd00:ec2::254", LinkLocal),
        ("fd00::1", Private),
        ("fec0::1", Private),
        ("fe80::1", LinkLocal),
        ("ff02::1", Reserved),
    ] {
        assert_eq!(AddressClass::of(address.parse().unwrap()), class, "{address}");
    }
}

/// Catches a range that is off by one, at either end.
#[test]
fn a_special_range_ends_where_its_neighbours_begin() {
    use AddressClass::{LinkLocal, Loopback, Private, Public, Reserved};
    for (first, last, class) in [
        ("0.0.0.1", "0.255.255.255", Reserved),
        ("10.0.0.0", "10.255.255.255", Private),
        ("100.64.0.0", "100.127.255.255", Private),
        ("127.0.0.0", "127.255.255.255", Loopback),
        ("169.254.0.0", "169.254.255.255", LinkLocal),
        ("172.16.0.0", "172.31.255.255", Private),
        ("192.0.0.0", "192.0.0.255", Reserved),
        ("192.0.2.0", "192.0.2.255", Reserved),
        ("192.88.99.0", "192.88.99.255", Reserved),
        ("192.168.0.0", "192.168.255.255", Private),
        ("198.18.0.0", "198.19.255.255", Reserved),
        ("198.51.100.0", "198.51.100.255", Reserved),
        ("203.0.113.0", "203.0.113.255", Reserved),
        ("224.0.0.0", "255.255.255.255", Reserved),
    ] {
        let [first, last] = [first, last].map(|edge| edge.parse::<Ipv4Addr>().unwrap());
        let class_of = |address: u32| AddressClass::of(Ipv4Addr::from(address).into());
        let (first, last) = (u32::from(first), u32::from(last));
        assert_eq!((class_of(first), class_of(last)), (class, class), "{first:x} {last:x}");
        let neighbours = [first.checked_sub(1), last.checked_add(1)].into_iter().flatten();
        // That before the first is this machine.
        let mut neighbours = neighbours.filter(|address| *address > 0).map(class_of);
        assert!(neighbours.all(|class| class == Public), "{first:x} {last:x}");
    }
    for (address, class) in [
        ("1fff::1", Reserved),
        ("2001:0::1", Reserved),
        ("2001:1ff::1", Reserved),
        ("2001:200::1", Public),
        ("2001:db7::1", Public),
        ("2001:db9::1", Public),
        ("3ffe::1", Public),
        ("3fff::1", Reserved),
        ("3fff:fff::1", Reserved),
        ("3fff:1000::1", Public),
        ("4000::1", Reserved),
        ("fbff::1", Reserved),
        ("fc00::1", Private),
        ("fdff::1", Private),
        ("fe7f::1", Reserved),
        ("fe80::1", LinkLocal),
        ("febf::1", LinkLocal),
        ("fec0::1", Private),
        ("feff::1", Private),
        ("ff00::1", Reserved),
    ] {
        assert_eq!(AddressClass::of(address.parse().unwrap()), class, "{address}");
    }
}
