//! Spellings of addresses, judged as what is reached when they are dialled.

use sandbar_policy::{AddressClass, Policy};

use crate::support::{at, get, target, typed};

use AddressClass::{LinkLocal, Loopback, Private, Public, Reserved};

/// Hosts of URLs, and what dialling them reaches.
const SPELLINGS: &[(&str, AddressClass)] = &[
    // This machine, as numbers in every base, short, padded, with a dot at the end.
    ("127.0.0.1", Loopback),
    ("127.0.0.1.", Loopback),
    ("127.1", Loopback),
    ("127.0.1", Loopback),
    ("127.255.255.254", Loopback),
    ("0x7f.0.0.1", Loopback),
    ("0X7F.1", Loopback),
    ("0x7f000001", Loopback),
    ("0x7F.0x0.0x0.0x1", Loopback),
    ("0177.0.0.1", Loopback),
    ("0177.1", Loopback),
    ("017700000001", Loopback),
    ("00000177.0.0.01", Loopback),
    ("2130706433", Loopback),
    ("127.0x0.1", Loopback),
    ("127.65535", Loopback),
    ("0.0.0.0", Loopback),
    ("0", Loopback),
    ("0x0", Loopback),
    ("00.0", Loopback),
    ("１２７.０.０.１", Loopback),
    ("127。0。0。1", Loopback),
    ("①②⑦.0.0.1", Loopback),
    ("%31%32%37.0.0.1", Loopback),
    ("[::1]", Loopback),
    ("[0:0:0:0:0:0:0:1]", Loopback),
    ("[0000:0000::0001]", Loopback),
    ("[::0.0.0.1]", Loopback),
    ("[::]", Loopback),
    ("[0::0]", Loopback),
    ("[::ffff:127.0.0.1]", Loopback),
    ("[::ffff:7f00:1]", Loopback),
    ("[::FFFF:7F00:0001]", Loopback),
    ("[0:0:0:0:0:ffff:127.0.0.1]", Loopback),
    ("[::ffff:0.0.0.0]", Loopback),
    ("[::127.0.0.1]", Loopback),
    ("[::7f00:1]", Loopback),
    ("[::ffff:0:127.0.0.1]", Loopback),
    ("[64:ff9b::127.0.0.1]", Loopback),
    ("[64:ff9b::7f00:1]", Loopback),
    ("[64:ff9b::0.0.0.0]", Loopback),
    ("[2002:7f00:1::]", Loopback),
    ("[2002:7f00:0001::1]", Loopback),
    ("[2002:0:0::]", Loopback),
    // Private networks.
    ("10.0.0.1", Private),
    ("10.1", Private),
    ("0xa.1", Private),
    ("0xa000001", Private),
    ("012.0.0.1", Private),
    ("167772161", Private),
    ("172.16.0.1", Private),
    ("172.31.255.255", Private),
    ("0xac.0x10.1", Private),
    ("192.168.1.1", Private),
    ("192.168.257", Private),
    ("0300.0250.1", Private),
    ("3232235777", Private),
    ("100.64.0.1", Private),
    ("100.127.255.255", Private),
    ("[::ffff:10.0.0.1]", Private),
    ("[::ffff:a00:1]", Private),
    ("[::10.0.0.1]", Private),
    ("[::ffff:0:10.0.0.1]", Private),
    ("[64:ff9b::10.0.0.1]", Private),
    ("[64:ff9b::c0a8:101]", Private),
    ("[2002:a00:1::]", Private),
    ("[2002:c0a8:0101::1]", Private),
    ("[fc00::1]", Private),
    ("[fd12:3456:789a::1]", Private),
    ("[fdff:ffff::1]", Private),
    ("[fec0::1]", Private),
    ("[feff::1]", Private),
    ("[fd00::5efe:10.0.0.1]", Private),
    ("[fd00:1::a9fe:1]", Private),
    // Metadata services, identity services, the rest of link-local.
    ("169.254.169.254", LinkLocal),
    ("169.254.169.254.", LinkLocal),
    ("169.254.43518", LinkLocal),
    ("169.16689662", LinkLocal),
    ("2852039166", LinkLocal),
    ("0xa9fea9fe", LinkLocal),
    ("0xa9.0xfe.0xa9.0xfe", LinkLocal),
    ("0251.0376.0251.0376", LinkLocal),
    ("0xA9.0376.43518", LinkLocal),
    ("１６９.２５４.１６９.２５４", LinkLocal),
    ("169。254。169。254", LinkLocal),
    ("169.254.170.2", LinkLocal),
    ("169.254.170.23", LinkLocal),
    ("169.254.169.253", LinkLocal),
    ("169.254.169.123", LinkLocal),
    ("169.254.42.42", LinkLocal),
    ("169.254.0.23", LinkLocal),
    ("169.254.0.0", LinkLocal),
    ("169.254.255.255", LinkLocal),
    ("100.100.100.200", LinkLocal),
    ("0x646464c8", LinkLocal),
    ("168.63.129.16", LinkLocal),
    ("2822734096", LinkLocal),
    ("192.0.0.192", LinkLocal),
    ("0xc00000c0", LinkLocal),
    ("[::ffff:169.254.169.254]", LinkLocal),
    ("[::ffff:a9fe:a9fe]", LinkLocal),
    ("[0:0:0:0:0:FFFF:A9FE:A9FE]", LinkLocal),
    ("[::169.254.169.254]", LinkLocal),
    ("[::a9fe:a9fe]", LinkLocal),
    ("[::ffff:0:169.254.169.254]", LinkLocal),
    ("[::ffff:100.100.100.200]", LinkLocal),
    ("[::ffff:168.63.129.16]", LinkLocal),
    ("[::ffff:192.0.0.192]", LinkLocal),
    ("[::c000:c0]", LinkLocal),
    ("[64:ff9b::169.254.169.254]", LinkLocal),
    ("[64:ff9b::a9fe:a9fe]", LinkLocal),
    ("[64:ff9b::6464:64c8]", LinkLocal),
    ("[64:ff9b::a83f:8110]", LinkLocal),
    ("[64:ff9b:1::169.254.169.254]", LinkLocal),
    ("[64:ff9b:1:abcd::a9fe:a9fe]", LinkLocal),
    ("[64:ff9b:1:a9fe:a9:fe00::]", LinkLocal),
    ("[64:ff9b:1:a9:fe:a9fe::]", LinkLocal),
    ("[64:ff9b:1:0:a9:fea9:fe00:0]", LinkLocal),
    ("[64:ff9b:1::100.100.100.200]", LinkLocal),
    ("[2002:a9fe:a9fe::]", LinkLocal),
    ("[2002:a9fe:a9fe::1]", LinkLocal),
    ("[2002:6464:64c8::]", LinkLocal),
    ("[2002:a83f:8110:1::1]", LinkLocal),
    ("[2001:0:a9fe:a9fe::]", LinkLocal),
    ("[2001:0:4136:e378:8000:63bf:5601:5601]", LinkLocal),
    ("[2001::9b9b:9b37]", LinkLocal),
    ("[2600:1234::5efe:169.254.169.254]", LinkLocal),
    ("[2600:1234::200:5efe:a9fe:a9fe]", LinkLocal),
    ("[2600:1234:0:1:0:5efe:100.100.100.200]", LinkLocal),
    ("[fd12::5efe:a9fe:a9fe]", LinkLocal),
    ("[fe80::1]", LinkLocal),
    ("[fe80::a9fe:a9fe]", LinkLocal),
    ("[febf:ffff::1]", LinkLocal),
    ("[fe80::5efe:10.0.0.1]", LinkLocal),
    ("[fd00:ec2::254]", LinkLocal),
    ("[fd00:ec2::23]", LinkLocal),
    ("[fd00:0ec2:0:0::253]", LinkLocal),
    ("[FD00:EC2::1:2]", LinkLocal),
    ("[fd20:ce::254]", LinkLocal),
    ("[fd20:00ce:0::0254]", LinkLocal),
    ("[fd00:c1::a9fe:a9fe]", LinkLocal),
    ("[fd00:c1::169.254.169.254]", LinkLocal),
    ("[fd00:42::42]", LinkLocal),
    ("[fd12:3456::a9fe:a9fe]", LinkLocal),
    ("[fdff::169.254.169.254]", LinkLocal),
    // What is nobody's address.
    ("0.0.0.1", Reserved),
    ("0.255.255.255", Reserved),
    ("1", Reserved),
    ("192.0.0.1", Reserved),
    ("192.0.2.1", Reserved),
    ("198.18.0.1", Reserved),
    ("198.51.100.1", Reserved),
    ("203.0.113.1", Reserved),
    ("224.0.0.1", Reserved),
    ("255.255.255.255", Reserved),
    ("4294967295", Reserved),
    ("0xffffffff", Reserved),
    ("[::ffff:224.0.0.1]", Reserved),
    ("[64:ff9b:1::8.8.8.8]", Reserved),
    ("[64:ff9b:1::10.0.0.1]", Reserved),
    ("[2001::1]", Reserved),
    ("[2001:db8::1]", Reserved),
    ("[2600:1234::5efe:10.0.0.1]", Reserved),
    ("[2600:1234::5efe:127.0.0.1]", Reserved),
    ("[3fff::1]", Reserved),
    ("[100::1]", Reserved),
    ("[ff02::1]", Reserved),
    ("[5f00::1]", Reserved),
    // What everybody reaches.
    ("8.8.8.8", Public),
    ("134744072", Public),
    ("0x8.8.8.8", Public),
    ("010.8.8.8", Public),
    ("168.63.129.17", Public),
    ("169.253.255.255", Public),
    ("169.255.0.0", Public),
    ("100.63.255.255", Public),
    ("100.128.0.1", Public),
    ("[2606:4700::1111]", Public),
    ("[::ffff:8.8.8.8]", Public),
    ("[64:ff9b::8.8.8.8]", Public),
    ("[2002:808:808::]", Public),
    ("[2600:1234::5efe:8.8.8.8]", Public),
];

/// Catches a spelling that is judged as something else than what it dials: by its text, by the outer form
/// alone, or not at all.
#[test]
fn every_spelling_is_judged_as_what_it_dials() {
    assert!(SPELLINGS.len() >= 150, "{}", SPELLINGS.len());
    let everywhere = Policy::anywhere();
    for &(spelling, class) in SPELLINGS {
        let url = url::Url::parse(&format!("http://{spelling}:8080/")).unwrap();
        let target = sandbar_policy::Target::try_from(&url).unwrap();
        let address = target.address().unwrap_or_else(|| panic!("{spelling} is a name"));
        assert_eq!(AddressClass::of(address), class, "{spelling}");
        // As a literal, and as what a name turns out to be.
        for host in [url.as_str(), "http://name.example/"] {
            let dialled = at(&everywhere, host, &address.to_string());
            assert_eq!(dialled.is_ok(), class != LinkLocal, "{spelling} as {host}");
        }
        let named =
            at(&typed("http://name.example/"), "http://name.example/", &address.to_string());
        assert_eq!(named.is_ok(), class == Public, "{spelling} of a name");
    }
}

/// Catches a literal that the user typed and cannot reach, and a metadata service that is reached by
/// another spelling than its own, which nobody types who means it.
#[test]
fn what_is_typed_is_reached_as_it_is() {
    for &(spelling, class) in SPELLINGS {
        let url = url::Url::parse(&format!("http://{spelling}/")).unwrap();
        let address = target(url.as_str()).unwrap().address().unwrap();
        let policy = typed(url.as_str());
        get(&policy, url.as_str()).unwrap();
        let own = match address {
            std::net::IpAddr::V4(_) => true,
            std::net::IpAddr::V6(v6) => {
                class != LinkLocal || matches!(v6.segments()[0], 0xfc00..=0xfebf)
            }
        };
        assert_eq!(at(&policy, url.as_str(), &address.to_string()).is_ok(), own, "{spelling}");
        at(&policy, url.as_str(), "8.8.4.4").unwrap_err();
    }
}
