//! Requests, redirects and addresses under policies of every kind.

use sandbar_policy::{Asked, Denial, InvalidTarget, Mismatch, Policy};

use crate::support::{at, file, get, request, target, typed};

/// Catches a denial that leaves the user guessing.
#[test]
fn a_denial_says_what_was_asked_and_what_is_allowed() {
    let denial = get(&typed("https://example.com/mcp"), "http://evil.example:81/").unwrap_err();
    let text = denial.to_string();
    for part in ["http://evil.example:81 is not allowed", "only https://example.com is", "give"] {
        assert!(text.contains(part), "{text}");
    }
}

/// Catches a name that leads into the local network or to this machine (DNS rebinding).
#[test]
fn a_name_may_lead_to_public_addresses_only() {
    let url = "https://example.com/";
    at(&typed(url), url, "93.184.215.14").unwrap();
    for inside in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:192.168.0.1"] {
        let denial = at(&typed(url), url, inside).unwrap_err();
        assert!(denial.to_string().contains("only a public address"), "{denial}");
    }
}

/// Catches an address in the URL that opens its whole class.
#[test]
fn a_typed_address_allows_itself_alone() {
    let url = "http://10.0.0.1/";
    at(&typed(url), url, "10.0.0.1").unwrap();
    at(&typed(url), url, "10.0.0.2").unwrap_err();
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

/// Catches a name that only looks like this machine's and is let into it, and one of its own that is
/// kept out.
#[test]
fn localhost_leads_to_this_machine_and_nowhere_else() {
    let judge = |url: &str, address: &str| at(&typed(url), url, address);
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

/// Catches an executor's list that is taken for a list of hosts, and one that
/// opens the metadata service to whoever can name it.
#[test]
fn what_an_operator_lists_is_allowed_wherever_it_is_but_at_link_local_addresses() {
    let listed = [url::Url::parse("http://internal:8080/").unwrap()];
    let policy = Policy::origins(&listed).unwrap();
    let internal = "http://internal:8080/mcp";
    at(&policy, internal, "10.1.2.3").unwrap();
    at(&policy, internal, "169.254.169.254").unwrap_err();
    let denial = get(&policy, "http://internal:8081/").unwrap_err();
    assert!(denial.to_string().contains("--allow http://internal:8081"), "{denial}");
}

/// Catches an executor without a list that hands out a machine's identity.
#[test]
fn anywhere_is_everywhere_but_link_local() {
    let policy = Policy::anywhere();
    let host = "http://metadata.internal/";
    for allowed in ["127.0.0.1", "10.1.2.3", "93.184.215.14", "::1"] {
        at(&policy, host, allowed).unwrap();
    }
    for denied in ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "100.100.100.200"]
    {
        at(&policy, host, denied).unwrap_err();
    }
}

/// Catches a path in a list that is parsed and forgotten, and one that is a prefix of characters.
#[test]
fn a_listed_path_is_honoured() {
    let listed = |url: &str| Policy::origins([&url::Url::parse(url).unwrap()]);
    let policy = listed("https://a.example/mcp").unwrap();
    for allowed in ["https://a.example/mcp", "https://a.example/mcp/x?y"] {
        get(&policy, allowed).unwrap();
    }
    for denied in ["https://a.example/", "https://a.example/mcpx", "https://a.example/mcp/..%2fx"] {
        let denial = get(&policy, denied).unwrap_err();
        assert!(denial.to_string().contains("only https://a.example/mcp is"), "{denial}");
    }
    get(&listed("https://a.example").unwrap(), "https://a.example/anything").unwrap();
    for url in ["https://a.example/mcp?x", "https://a.example/mcp#x", "https://a.example/a%2fb"] {
        listed(url).unwrap_err();
    }
}

/// Catches an executor that dials before somebody says what.
#[test]
fn nothing_is_allowed_unless_something_is() {
    let url = "https://a.example/mcp";
    for policy in [Policy::nothing(), file(""), file("[[deny]]\nid = \"d\"\nhost = \"*\"")] {
        get(&policy, url).unwrap_err();
        get(&Policy::anywhere().within(&policy), url).unwrap_err();
        get(&policy.within(&Policy::anywhere()), url).unwrap_err();
    }
    let denial = get(&Policy::nothing(), url).unwrap_err().to_string();
    assert!(denial.contains("--allow https://a.example"), "{denial}");
}

const RULES: &str = r#"
[[allow]]
id = "mcp"
scheme = "https"
host = "a.example"
methods = ["GET", "POST"]
path = "/mcp"
redirects = "none"

[[allow]]
id = "below"
scheme = "https"
host = "*.b.example"
port = 8443
addresses = ["private"]

[[allow]]
id = "wide"
scheme = "http"
host = "*"
port = "*"
addresses = ["10.0.0.0/8", "loopback"]
redirects = "listed"

[[deny]]
id = "no-admin"
path = "/mcp/admin"

[[deny]]
id = "no-delete"
host = "*.b.example"
methods = ["DELETE"]

[[deny]]
id = "no-gateway"
addresses = ["10.0.0.1"]
"#;

/// Catches a rule of which one key is not looked at, and a denial that another rule undoes.
#[test]
fn every_key_of_a_rule_counts_and_deny_wins() {
    let policy = file(RULES);
    let rules = |permit| policy.rules(&permit).map(str::to_owned).collect::<Vec<_>>();
    for (method, url, rule) in [
        ("POST", "https://a.example/mcp", "mcp"),
        ("GET", "https://A.EXAMPLE.:443/mcp/x", "mcp"),
        ("PUT", "https://x.b.example:8443/", "below"),
        ("GET", "https://x.y.b.example:8443/mcp", "below"),
        ("GET", "http://a.example:81/", "wide"),
    ] {
        assert_eq!(rules(request(&policy, method, url).unwrap()), [rule], "{method} {url}");
    }
    for (method, url, why) in [
        ("PUT", "https://a.example/mcp", "for another method"),
        ("get", "https://a.example/mcp", "for another method"),
        ("GET", "https://a.example/", "for another path"),
        ("GET", "https://a.example:8443/mcp", "for another port"),
        ("GET", "https://b.example:8443/", "no"),
        ("GET", "https://xb.example:8443/", "no"),
        ("GET", "https://x.b.example/", "for another port"),
        ("GET", "https://a.example/mcp/admin", "`no-admin`"),
        ("GET", "https://a.example/mcp/ADMIN/x", "`no-admin`"),
        ("GET", "http://c.example/mcp/%61dmin", "`no-admin`"),
        ("GET", "http://c.example/x/..%2fmcp%2fadmin", "`no-admin`"),
        ("DELETE", "https://x.b.example:8443/", "`no-delete`"),
        ("delete", "http://x.b.example/", "`no-delete`"),
    ] {
        let denial = request(&policy, method, url).unwrap_err().to_string();
        assert!(denial.contains(why), "{method} {url}: {denial}");
    }
}

/// Catches addresses that a rule of a file lets through by default, or by another rule.
#[test]
fn addresses_are_those_of_the_rule_that_allowed_the_request() {
    let policy = file(RULES);
    for (url, address, allowed) in [
        ("https://a.example/mcp", "93.184.215.14", true),
        ("https://a.example/mcp", "10.1.2.3", false),
        ("https://a.example/mcp", "127.0.0.1", false),
        ("https://x.b.example:8443/", "10.1.2.3", true),
        ("https://x.b.example:8443/", "fd12::1", true),
        ("https://x.b.example:8443/", "93.184.215.14", false),
        ("http://c.example/", "10.1.2.3", true),
        ("http://c.example/", "::ffff:10.1.2.3", true),
        ("http://c.example/", "127.0.0.1", true),
        ("http://c.example/", "0.0.0.0", true),
        ("http://c.example/", "192.168.0.1", false),
        ("http://10.9.9.9/", "10.9.9.9", true),
        ("http://192.168.0.1/", "192.168.0.1", false),
        // Denied, whatever allows the request.
        ("http://c.example/", "10.0.0.1", false),
        ("http://c.example/", "::ffff:10.0.0.1", false),
        ("https://x.b.example:8443/", "10.0.0.1", false),
    ] {
        assert_eq!(at(&policy, url, address).is_ok(), allowed, "{url} at {address}");
    }
}

/// Catches a redirect that a rule does not allow, and one to a metadata service that somebody typed for
/// another purpose.
#[test]
fn redirects_go_where_the_rule_of_the_request_says() {
    let text = format!(
        "[[allow]]\nid = \"typed\"\nscheme = \"http\"\nhost = \"169.254.169.254\"\n{RULES}"
    );
    let policy = file(&text);
    let redirect = |from: &str, to: &str| {
        let uri: http::Uri = from.parse().unwrap();
        let from = target(from).unwrap();
        policy.judge_redirect(&Asked::new(&from, "GET", uri.path()), &target(to).unwrap())
    };
    redirect("https://x.b.example:8443/", "https://x.b.example:8443/y").unwrap();
    redirect("http://c.example/", "https://a.example/mcp").unwrap();
    for (from, to, setting) in [
        ("https://a.example/mcp", "https://a.example/mcp/x", "redirects = \"same-origin\""),
        ("https://a.example/mcp", "http://c.example/", "redirects = \"listed\""),
        ("https://x.b.example:8443/", "https://y.b.example:8443/", "redirects = \"listed\""),
    ] {
        let denial = redirect(from, to).unwrap_err().to_string();
        assert!(denial.contains(setting), "{from} {to}: {denial}");
    }
    at(&policy, "http://169.254.169.254/", "169.254.169.254").unwrap();
    let denial = redirect("http://c.example/", "http://169.254.169.254/").unwrap_err();
    assert!(matches!(denial, Denial::Metadata { .. }), "{denial}");
    // Not even where everything is allowed.
    let (secure, plain) = ("https://a.example/mcp", "http://a.example/mcp");
    let everywhere = |from: &str, to: &str| {
        let from = target(from).unwrap();
        Policy::anywhere().judge_redirect(&Asked::new(&from, "POST", "/mcp"), &target(to).unwrap())
    };
    let denial = everywhere(secure, plain).unwrap_err();
    assert!(matches!(denial, Denial::Downgrade { .. }), "{denial}");
    everywhere(plain, secure).unwrap();
    everywhere(plain, "http://b.example/").unwrap();
}

/// Catches a key that widens the other, at the request or at the address.
#[test]
fn two_keys_allow_what_each_of_them_allows() {
    let (url, elsewhere) = ("https://a.example/mcp", "https://a.example/other");
    let granted = file(RULES);
    let session = |url: &str| Policy::origin_within(&url.parse().unwrap(), &granted).unwrap();
    let policy = session(url);
    assert_eq!(policy.rules(&get(&policy, url).unwrap()).collect::<Vec<_>>(), ["the URL", "mcp"]);
    get(&policy, elsewhere).unwrap_err();
    get(&policy, "http://c.example/").unwrap_err();
    at(&policy, url, "93.184.215.14").unwrap();
    at(&policy, url, "10.1.2.3").unwrap_err();
    // The operator says at which addresses a name may be.
    let inside = "https://x.b.example:8443/";
    at(&session(inside), inside, "10.1.2.3").unwrap();
    at(&session(inside), inside, "93.184.215.14").unwrap_err();
    // And whether redirects leave the origin.
    get(&session("http://c.example/"), url).unwrap();
    for (one, other) in [(typed(url), granted.clone()), (granted, typed(url))] {
        let both = one.within(&other);
        at(&both, url, "93.184.215.14").unwrap();
        get(&both, elsewhere).unwrap_err();
    }
}

/// Catches a denial that leaves an operator guessing what to write.
#[test]
fn a_denial_shows_a_rule_that_would_allow_it() {
    let denial = request(&file(RULES), "PATCH", "https://d.example:444/x").unwrap_err();
    let policy = with_the_rule_of(&denial);
    request(&policy, "PATCH", "https://d.example:444/x").unwrap();
    request(&policy, "GET", "https://d.example:444/x").unwrap_err();
    let literal = request(&file(RULES), "GET", "https://[fd00::1]:81/").unwrap_err();
    at(&with_the_rule_of(&literal), "https://[fd00::1]:81/", "fd00::1").unwrap();
    // What cannot be written is not shown.
    for method in ["get", "X_Y", "CONNECT"] {
        let denial = request(&file(RULES), method, "https://d.example/x").unwrap_err();
        request(&with_the_rule_of(&denial), method, "https://d.example/x").unwrap();
    }
}

/// Catches advice that does not help: to type an address that the rule of a file or an operator's list
/// would deny all the same, to list one that no range has, or in a spelling that is never dialled.
#[test]
fn a_denied_address_has_the_remedy_of_whoever_wrote_the_rule() {
    let list = |url: &str| Policy::origins([&url.parse().unwrap()]).unwrap();
    let advice = |policy: &Policy, url: &str, address: &str| {
        let Denial::Address { remedy, .. } = at(policy, url, address).unwrap_err() else {
            panic!("{address}")
        };
        remedy.to_string()
    };
    let (mcp, metadata) = ("https://a.example/mcp", "169.254.169.254");
    let (typed, rules) = (typed(mcp), file(RULES));
    let told = advice(&typed, mcp, "10.1.2.3");
    assert!(told.contains("to reach 10.1.2.3, give a URL"), "{told}");
    let told = advice(&typed, mcp, "::ffff:169.254.169.254");
    assert!(told.contains("to reach 169.254.169.254, give a URL"), "{told}");
    // The rule of a file, with what it is told to have.
    let told = advice(&rules, mcp, "10.1.2.3");
    assert_eq!(
        told,
        "the rule `mcp` of the policy `policy.toml` would need 10.1.2.3 among its `addresses`"
    );
    let wider = RULES.replace("path = \"/mcp\"\n", "path = \"/mcp\"\naddresses = [\"10.1.2.3\"]\n");
    at(&file(&wider), mcp, "10.1.2.3").unwrap();
    for address in [metadata, "::ffff:169.254.169.254", "64:ff9b::169.254.169.254"] {
        let told = advice(&rules, mcp, address);
        assert!(told.contains("169.254.169.254, make it the `host` of a rule"), "{told}");
    }
    // The list of an operator, with what is to be added.
    for (listed, address, add) in [
        (mcp, "169.254.169.254", "https://169.254.169.254"),
        (mcp, "2002:a9fe:a9fe::", "https://169.254.169.254"),
        ("http://localhost:81/", "10.1.2.3", "http://10.1.2.3:81"),
        ("http://localhost:81/", "fd00::1", "http://[fd00::1]:81"),
        (mcp, "fe80::1", "https://[fe80::1]"),
    ] {
        let told = advice(&list(listed), listed, address);
        assert!(told.contains(&format!("`--allow {add}`")), "{told}");
        let own = target(add).unwrap().address().unwrap().to_string();
        at(&list(add), add, &own).unwrap();
    }
    // What no rule has.
    let hidden = "64:ff9b:1::169.254.169.254";
    let anywhere = Policy::anywhere();
    for (policy, address) in
        [(&anywhere, metadata), (&anywhere, hidden), (&typed, hidden), (&rules, hidden)]
    {
        let told = advice(policy, mcp, address);
        assert!(told.contains("nothing that could be added"), "{told}");
    }
}

/// The file with the rule that a denial shows, a key on each line.
fn with_the_rule_of(denial: &Denial) -> Policy {
    let Denial::NoRule { rule, .. } = denial else { panic!("{denial}") };
    let (table, keys) = rule.split_once(" with ").unwrap();
    file(&format!("{RULES}\n{table}\n{}\n", keys.replace(", ", "\n")))
}

/// Catches a session that gets all of a file by a rule for another path of its server, and one that
/// follows redirects where a second rule for its path does not.
#[test]
fn a_session_is_granted_more_than_its_origin_by_rules_for_its_path_alone() {
    let rule = |id: &str, keys: &str| {
        format!("[[allow]]\nid = \"{id}\"\nscheme = \"https\"\nhost = \"{id}.example\"\n{keys}\n")
    };
    let elsewhere = "https://b.example/";
    let session = |rules: &[&str], url: &str| {
        let rules = rules.iter().enumerate().map(|(index, keys)| {
            rule("a", keys).replace("id = \"a\"", &format!("id = \"a{index}\""))
        });
        let granted = file(&(rules.collect::<String>() + &rule("b", "")));
        let policy = Policy::origin_within(&url.parse().unwrap(), &granted).unwrap();
        get(&policy, url).unwrap();
        get(&policy, elsewhere).is_ok()
    };
    let (docs, mcp) = ("path = \"/docs\"\nredirects = \"listed\"", "path = \"/mcp\"");
    for rules in [[docs, mcp], [mcp, docs]] {
        assert!(!session(&rules, "https://a.example/mcp?x"));
        assert!(session(&rules, "https://a.example/docs/x"));
    }
    // Whichever of them a request turns out to be about.
    let (listed, post) = ("methods = [\"GET\"]\nredirects = \"listed\"", "methods = [\"POST\"]");
    assert!(session(&[listed], "https://a.example/mcp"));
    assert!(!session(&[listed, post], "https://a.example/mcp"));
    // A key without a rule for the path grants nothing by the rule of another key.
    let one = file(&(rule("a", docs) + &rule("b", "")));
    let other = Policy::origins(&[elsewhere, "https://a.example/"].map(|url| url.parse().unwrap()));
    let url = "https://a.example/mcp".parse().unwrap();
    let policy = Policy::origin_within(&url, &one.within(&other.unwrap())).unwrap();
    get(&policy, elsewhere).unwrap_err();
}

/// Catches an explanation that says something else than the judge.
#[test]
fn an_explanation_names_the_rules_and_the_verdict() {
    let policy = file(RULES);
    let host = target("http://c.example/").unwrap();
    let asked = Asked::new(&host, "GET", "/mcp");
    let explained = policy.explain(&asked, Some("10.0.0.1".parse().unwrap()));
    assert_eq!(explained.steps.len(), 6);
    assert!(matches!(explained.verdict, Err(Denial::AddressRule { .. })), "{explained:?}");
    let explained = policy.explain(&asked, None);
    assert_eq!(explained.verdict.unwrap(), ["wide"]);
    let steps = explained.steps.iter().filter(|step| step.allows && step.mismatch.is_none());
    assert_eq!(steps.map(|step| step.rule.as_str()).collect::<Vec<_>>(), ["wide"]);
    // Rules that deny addresses are about those, and about a name that leads to one that is a host.
    let denying = file(&format!("{RULES}\n[[deny]]\nid = \"host\"\nhost = \"10.0.0.2\"\n"));
    for (address, gateway, literal, denied) in [
        (Some("10.0.0.1"), None, Some(Mismatch::Host), true),
        (Some("::ffff:10.0.0.1"), None, Some(Mismatch::Host), true),
        (Some("10.0.0.2"), Some(Mismatch::Address), None, true),
        (Some("10.0.0.3"), Some(Mismatch::Address), Some(Mismatch::Host), false),
        (None, None, Some(Mismatch::Host), false),
    ] {
        let explained = denying.explain(&asked, address.map(|text| text.parse().unwrap()));
        let step = |id: &str| explained.steps.iter().find(|step| step.rule == id).unwrap();
        assert_eq!(step("no-gateway").mismatch, gateway, "{address:?}");
        // Where the address is not known, at which it would be denied.
        assert_eq!(step("no-gateway").addresses.is_some(), address.is_none(), "{address:?}");
        assert_eq!(step("host").mismatch, literal, "{address:?}");
        assert_eq!(explained.verdict.is_err(), denied, "{address:?}");
    }
    assert_eq!(Mismatch::Address.to_string(), "address");
    // A literal is an address.
    let literal = target("http://192.168.0.1/").unwrap();
    let explained = policy.explain(&Asked::new(&literal, "GET", "/"), None);
    assert!(matches!(explained.verdict, Err(Denial::Address { .. })), "{explained:?}");
}
