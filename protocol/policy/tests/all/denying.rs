//! Addresses that a rule denies, in every spelling of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sandbar_policy::{Denial, Policy};

use crate::support::{at, file, request};

/// Anything that is not link-local, but for what this rule denies.
fn denying(rule: &str) -> Policy {
    file(&format!(
        "[[allow]]\nid = \"all\"\nscheme = \"http\"\nhost = \"*\"\nport = \"*\"\n\
         addresses = [\"any\"]\n[[deny]]\nid = \"d\"\n{rule}\n"
    ))
}

/// The IPv6 forms that carry an IPv4 address in the open: mapped, compatible, translated, NAT64, 6to4.
fn embedded(address: Ipv4Addr) -> Vec<IpAddr> {
    let [a, b, c, d] = address.octets();
    let at = |text: String| text.parse().unwrap();
    vec![
        at(format!("::ffff:{address}")),
        at(format!("::{address}")),
        at(format!("::ffff:0:{address}")),
        at(format!("64:ff9b::{address}")),
        at(format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}::")),
        at(format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}:1::1")),
    ]
}

/// Those in which a gateway may find it: local-use NAT64 with its four prefixes, Teredo with its server and
/// its client, ISATAP with its two identifiers.
fn hidden(address: Ipv4Addr) -> Vec<IpAddr> {
    let [a, b, c, d] = address.octets();
    let nat64 = |places: [usize; 4]| {
        let mut octets = Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0).octets();
        for (place, octet) in places.into_iter().zip([a, b, c, d]) {
            octets[place] = octet;
        }
        IpAddr::V6(octets.into())
    };
    let at = |text: String| text.parse().unwrap();
    vec![
        nat64([6, 7, 9, 10]),
        nat64([7, 9, 10, 11]),
        nat64([9, 10, 11, 12]),
        nat64([12, 13, 14, 15]),
        at(format!("2001:0:{a:02x}{b:02x}:{c:02x}{d:02x}::f7f7:f7f7")),
        at(format!("2001:0:808:808::{:02x}{:02x}:{:02x}{:02x}", !a, !b, !c, !d)),
        at(format!("2600:1234::5efe:{address}")),
        at(format!("2600:1234::200:5efe:{address}")),
    ]
}

fn spellings(address: Ipv4Addr) -> Vec<IpAddr> {
    let own = IpAddr::V4(address);
    [own].into_iter().chain(embedded(address)).chain(hidden(address)).collect()
}

fn literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("http://{v4}/"),
        IpAddr::V6(v6) => format!("http://[{v6}]/"),
    }
}

/// Catches an address that is denied as it is spelt alone: by an IPv4 network that knows no form of IPv6
/// but the mapped one, by the class of the outer form, by a host that is compared as text, and by a host
/// that a name may lead to all the same.
#[test]
fn a_denied_address_is_denied_in_every_spelling() {
    let (inside, outside) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(8, 8, 8, 8));
    let name = "http://name.example/";
    for rule in [
        "addresses = [\"10.0.0.0/8\"]",
        "addresses = [\"10.0.0.1\"]",
        "addresses = [\"::ffff:10.0.0.1\"]",
        "addresses = [\"private\"]",
        "host = \"10.0.0.1\"",
        "host = \"::ffff:10.0.0.1\"",
        "host = \"64:ff9b::10.0.0.1\"",
        "host = \"2002:a00:1::\"",
    ] {
        let policy = denying(rule);
        for address in spellings(inside) {
            for host in [literal(address).as_str(), name] {
                let denial = at(&policy, host, &address.to_string()).unwrap_err();
                let by_rule = matches!(denial, Denial::Rule { .. } | Denial::AddressRule { .. });
                assert!(by_rule, "{rule}: {address} of {host}: {denial}");
            }
        }
        for address in spellings(outside) {
            for host in [literal(address).as_str(), name] {
                let judged = at(&policy, host, &address.to_string());
                assert!(judged.is_ok(), "{rule}: {address} of {host}: {judged:?}");
            }
        }
    }
}

/// Catches a gateway's prefix that cannot be denied any more, because what is behind it is judged instead,
/// and one that denies all of IPv4.
#[test]
fn a_network_of_ipv6_is_denied_as_it_is_spelt() {
    let name = "http://name.example/";
    for (network, denied, other) in [
        ("64:ff9b::/96", "64:ff9b::8.8.8.8", "8.8.8.8"),
        ("2002::/16", "2002:808:808::1", "64:ff9b::8.8.8.8"),
        ("2600:1234::/32", "2600:1234::5efe:8.8.8.8", "2600:1235::5efe:8.8.8.8"),
        ("::/0", "2600::1", "8.8.8.8"),
    ] {
        let policy = denying(&format!("addresses = [\"{network}\"]"));
        at(&policy, name, denied).unwrap_err();
        at(&policy, name, other).unwrap();
    }
}

/// Catches this machine, reached by the address that the kernel takes for it.
#[test]
fn unspecified_addresses_are_denied_with_the_loopback_ones() {
    let name = "http://name.example/";
    for (rule, address) in [
        ("addresses = [\"127.0.0.0/8\"]", "0.0.0.0"),
        ("addresses = [\"127.0.0.0/8\"]", "::ffff:0.0.0.0"),
        ("addresses = [\"::1\"]", "::"),
        ("addresses = [\"loopback\"]", "::"),
        ("host = \"127.0.0.1\"", "0.0.0.0"),
        ("host = \"::1\"", "::"),
    ] {
        let policy = denying(rule);
        let host = literal(address.parse().unwrap());
        at(&policy, &host, address).unwrap_err();
        at(&policy, name, address).unwrap_err();
    }
}

/// Catches a rule about some requests to an address that denies others, on the connection that they share,
/// and one of another port or scheme.
#[test]
fn a_denied_host_keeps_its_other_keys() {
    let (mapped, name) = ("http://[::ffff:10.0.0.1]/x", "http://name.example/x");
    for key in ["methods = [\"POST\"]", "path = \"/y\"", "port = 81", "scheme = \"https\""] {
        let policy = denying(&format!("host = \"10.0.0.1\"\n{key}"));
        at(&policy, mapped, "::ffff:10.0.0.1").unwrap();
        at(&policy, name, "10.0.0.1").unwrap();
    }
    let policy = denying("host = \"10.0.0.1\"\nmethods = [\"POST\"]");
    request(&policy, "POST", mapped).unwrap_err();
    let policy = denying("host = \"10.0.0.1\"\nport = 81");
    at(&policy, "http://name.example:81/", "10.0.0.1").unwrap_err();
}

/// Catches a rule that allows as widely as one that denies: an address by another spelling, or by what
/// only a gateway may find.
#[test]
fn what_is_allowed_is_not_allowed_in_every_spelling() {
    let address = Ipv4Addr::new(10, 0, 0, 1);
    let allow = |lines: &str| {
        file(&format!("[[allow]]\nid = \"a\"\nscheme = \"http\"\nport = \"*\"\n{lines}\n"))
    };
    let host = allow("host = \"10.0.0.1\"");
    let network = allow("host = \"*\"\naddresses = [\"10.0.0.0/8\"]");
    let name = "http://name.example/";
    for form in embedded(address) {
        at(&host, &literal(form), &form.to_string()).unwrap_err();
        at(&host, "http://10.0.0.1/", &form.to_string()).unwrap_err();
        at(&network, name, &form.to_string()).unwrap();
    }
    for form in hidden(address) {
        at(&host, &literal(form), &form.to_string()).unwrap_err();
        at(&network, name, &form.to_string()).unwrap_err();
    }
}
