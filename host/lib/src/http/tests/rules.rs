//! What is judged, and what is refused before judging.

use std::net::Ipv4Addr;

use http::{HeaderName, HeaderValue, Method};

use super::super::{
    AddressClass, Denial, DialError, InvalidRequest, InvalidTarget, Policy, Target, Timeouts,
};
use super::server::{OK, answer, dialer, get, listen, policy, request};

fn target(uri: &str) -> Result<Target, InvalidTarget> {
    Target::try_from(&uri.parse::<http::Uri>().unwrap())
}

/// Catches a policy that forgets to compare one of scheme, host and port, and a request that is
/// judged only after it was sent: nothing listens for it, so it would be refused otherwise.
#[tokio::test]
async fn another_scheme_host_or_port_is_denied() {
    let dialer = dialer("http://127.0.0.1:1/mcp");
    for url in [
        "https://127.0.0.1:1/mcp",
        "http://127.0.0.2:1/mcp",
        "http://127.0.0.1:2/mcp",
        "http://127.0.0.1/mcp",
        "http://localhost:1/mcp",
    ] {
        let error = get(&dialer, url).await.unwrap_err();
        assert!(matches!(error, DialError::Denied(Denial::Origin { .. })), "{url}: {error:?}");
    }
    assert_eq!(dialer.stats().requests_sent, 0);
}

/// Catches a denial that leaves the user guessing.
#[test]
fn a_denial_says_what_was_asked_and_what_is_allowed() {
    let denial = policy("https://example.com/mcp")
        .judge(&target("http://evil.example:81/").unwrap())
        .unwrap_err();
    let text = denial.to_string();
    for part in ["http://evil.example:81 is not allowed", "only https://example.com is", "give"] {
        assert!(text.contains(part), "{text}");
    }
}

/// Catches a name that leads into the local network or to this machine (DNS rebinding).
#[test]
fn a_name_may_lead_to_public_addresses_only() {
    let policy = policy("https://example.com/");
    let host = target("https://example.com/").unwrap();
    policy.judge_address(&host, "93.184.215.14".parse().unwrap()).unwrap();
    for inside in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:192.168.0.1"] {
        let denial = policy.judge_address(&host, inside.parse().unwrap()).unwrap_err();
        assert!(denial.to_string().contains("only a public address"), "{denial}");
    }
}

/// Catches an address in the URL that opens its whole class.
#[test]
fn a_typed_address_allows_itself_alone() {
    let policy = policy("http://10.0.0.1/");
    let host = target("http://10.0.0.1/").unwrap();
    policy.judge_address(&host, "10.0.0.1".parse().unwrap()).unwrap();
    policy.judge_address(&host, "10.0.0.2".parse().unwrap()).unwrap_err();
}

/// Catches spellings of one host that are judged as different hosts, or dialled as another host
/// than the judged one.
#[test]
fn spellings_of_a_host_are_one_target() {
    for spelling in ["http://0x7f.1/", "http://0177.0.0.1:80/", "http://2130706433/"] {
        assert_eq!(target(spelling), target("http://127.0.0.1/"), "{spelling}");
    }
    for spelling in ["https://EXAMPLE.com./", "HTTPS://example.COM:443/"] {
        assert_eq!(target(spelling), target("https://example.com/"), "{spelling}");
    }
    assert_eq!(target("http://[0:0::1]/"), target("http://[::1]/"));
    let spelt = target("HTTPS://EXAMPLE.com./x").unwrap();
    assert_eq!((spelt.port(), spelt.authority().as_str()), (443, "example.com:443"));
}

/// Catches URLs that name nothing to dial and are dialled anyway.
#[test]
fn urls_that_name_no_origin_are_invalid() {
    assert_eq!(target("/path"), Err(InvalidTarget::NotAbsolute));
    assert_eq!(target("ftp://h/"), Err(InvalidTarget::UnsupportedScheme("ftp".into())));
    assert_eq!(target("http://user:pw@h/"), Err(InvalidTarget::UserInformation));
    assert_eq!(target("http://h:0/"), Err(InvalidTarget::Port));
    assert!(matches!(target("http://1.2.3.4.5/"), Err(InvalidTarget::Host(_))));
}

/// Catches an error text that repeats the credentials of the URL it complains about.
#[test]
fn a_policy_that_cannot_be_made_hides_credentials() {
    for user in ["user:hunter2@", "hunter2@", ":hunter2@"] {
        let url = format!("https://{user}example.com/?token=hunter2").parse().unwrap();
        let error = Policy::origin(&url).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert_eq!(error.to_string(), "`https://example.com` cannot be allowed");
    }
}

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
        ("0.0.0.0", Reserved),
        ("192.0.2.1", Reserved),
        ("224.0.0.1", Reserved),
        ("255.255.255.255", Reserved),
        ("2606:4700::1111", Public),
        ("::", Reserved),
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
        ("0.0.0.0", "0.255.255.255", Reserved),
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
        assert!(neighbours.map(class_of).all(|class| class == Public), "{first:x} {last:x}");
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

/// Catches a name that only looks like this machine's and is let into it, and one of its own that is
/// kept out.
#[test]
fn localhost_leads_to_this_machine_and_nowhere_else() {
    let judge = |url: &str, address: &str| {
        policy(url).judge_address(&target(url).unwrap(), address.parse().unwrap())
    };
    for url in ["http://localhost/", "http://app.localhost/", "http://LOCALHOST./"] {
        judge(url, "127.0.0.1").unwrap();
        judge(url, "::1").unwrap();
        let denial = judge(url, "93.184.215.14").unwrap_err();
        assert!(denial.to_string().contains("only a loopback address"), "{denial}");
    }
    for url in ["http://notlocalhost/", "http://localhost.example/"] {
        judge(url, "93.184.215.14").unwrap();
        judge(url, "127.0.0.1").unwrap_err();
    }
}

/// Catches a caller that frames messages itself, which is how requests are smuggled, and one
/// that opens a tunnel past the policy.
#[tokio::test]
async fn hop_by_hop_fields_and_connect_are_refused() {
    let url = "http://127.0.0.1:1/";
    let dialer = dialer(url);
    for name in
        ["connection", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authorization"]
    {
        let mut request = request(url);
        let name = HeaderName::from_static(name);
        request.headers_mut().insert(name.clone(), HeaderValue::from_static("x"));
        let error = dialer.send(request, Timeouts::default()).await.unwrap_err();
        let expected = InvalidRequest::ForbiddenField(name);
        assert!(matches!(error, DialError::InvalidRequest(said) if said == expected));
    }
    let mut connect = request(url);
    *connect.method_mut() = Method::CONNECT;
    let error = dialer.send(connect, Timeouts::default()).await.unwrap_err();
    assert!(matches!(error, DialError::InvalidRequest(InvalidRequest::ConnectMethod)));
}

/// Catches a `host` field that names another host than the judged one.
#[tokio::test]
async fn the_host_field_follows_from_the_url() {
    let (listener, url) = listen().await;
    let dialer = dialer(&url);
    let mut request = request(&url);
    request.headers_mut().insert("host", HeaderValue::from_static("evil.example"));
    let (_, (_stream, head)) =
        tokio::join!(dialer.send(request, Timeouts::default()), answer(&listener, OK));
    assert!(head.contains(&format!("host: {}", listener.local_addr().unwrap())), "{head}");
    assert!(!head.contains("evil"), "{head}");
}

/// Catches an executor's list that is taken for a list of hosts, and one that
/// opens the metadata service to whoever can name it.
#[test]
fn what_an_operator_lists_is_allowed_wherever_it_is_but_at_link_local_addresses() {
    let listed = [url::Url::parse("http://internal:8080/").unwrap()];
    let policy = Policy::origins(&listed).unwrap();
    let internal = target("http://internal:8080/mcp").unwrap();
    policy.judge(&internal).unwrap();
    policy.judge_address(&internal, "10.1.2.3".parse().unwrap()).unwrap();
    policy.judge_address(&internal, "169.254.169.254".parse().unwrap()).unwrap_err();
    let denial = policy.judge(&target("http://internal:8081/").unwrap()).unwrap_err();
    assert!(denial.to_string().contains("--allow http://internal:8081"), "{denial}");
}

/// Catches an executor without a list that hands out a machine's identity.
#[test]
fn anywhere_is_everywhere_but_link_local() {
    let policy = Policy::anywhere();
    let host = target("http://metadata.internal/").unwrap();
    policy.judge(&host).unwrap();
    for allowed in ["127.0.0.1", "10.1.2.3", "93.184.215.14", "::1"] {
        policy.judge_address(&host, allowed.parse().unwrap()).unwrap();
    }
    for denied in ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "100.100.100.200"]
    {
        policy.judge_address(&host, denied.parse().unwrap()).unwrap_err();
    }
}
