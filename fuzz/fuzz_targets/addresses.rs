//! Every address has a class, that of what it dials; no name leads to a link-local one, in whatever form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbar_policy::{AddressClass, Asked, Policy, Target};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The IPv6 forms of an address that are dialled as that.
fn forms(address: Ipv4Addr) -> [Ipv6Addr; 3] {
    let [a, b, c, d] = address.octets().map(u16::from);
    let (high, low) = (a << 8 | b, c << 8 | d);
    [
        address.to_ipv6_mapped(),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
    ]
}

fuzz_target!(|input: ([u8; 16], [u8; 4])| {
    let (v6, v4) = (Ipv6Addr::from(input.0), Ipv4Addr::from(input.1));
    let class = AddressClass::of(v4.into());
    for form in forms(v4) {
        assert_eq!(AddressClass::of(form.into()), class, "{form}");
    }
    let url = "https://name.example/".parse::<http::Uri>().expect("a URL");
    let target = Target::try_from(&url).expect("a target");
    let typed = Policy::origin(&"https://name.example/".parse().expect("a URL")).expect("a policy");
    for (policy, public) in [(Policy::anywhere(), false), (typed, true)] {
        let permit = policy.judge(&Asked::new(&target, "GET", "/")).expect("allowed");
        for address in [IpAddr::V6(v6), v4.into()] {
            let class = AddressClass::of(address);
            let allowed = policy.judge_address(&target, &permit, address).is_ok();
            assert_eq!(
                allowed,
                class == AddressClass::Public || !public && class != AddressClass::LinkLocal
            );
        }
    }
});
