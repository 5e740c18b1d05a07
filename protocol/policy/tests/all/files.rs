//! Policy files: what is one, and where it is not.

use sandbar_policy::{Policy, SCHEMA};
use serde_json::Value;

/// A rule with these lines beside what it needs.
fn rule(lines: &str) -> String {
    let host = if lines.contains("host") { "" } else { "host = \"a.example\"\n" };
    let scheme = if lines.contains("scheme") { "" } else { "scheme = \"https\"\n" };
    format!("[[allow]]\nid = \"r\"\n{scheme}{host}{lines}\n")
}

fn mistake(text: &str) -> String {
    match Policy::parse("p.toml", text) {
        Ok(policy) => panic!("{text}\nis a policy: {policy:?}"),
        Err(invalid) => invalid.to_string(),
    }
}

/// Catches a mistake that is passed over: a key that nobody reads, for one, is a rule that does not hold.
#[test]
fn an_unknown_key_is_a_mistake_with_a_place_and_the_nearest_key() {
    assert_eq!(
        mistake(&rule("method = [\"GET\"]")),
        "p.toml:5:1: unknown key `method`; did you mean `methods`?"
    );
    assert_eq!(
        mistake("[[alow]]\nid = \"a\""),
        "p.toml:1:3: unknown key `alow`; did you mean `allow`?"
    );
    let text = mistake(&rule("[allow.limits]\nresponse_byte = 1"));
    assert!(text.contains(":6:1: unknown key `response_byte`; did you mean `response_bytes`?"));
    let text = mistake(&rule("zzz = 1"));
    assert!(text.contains("there are id, scheme, host"), "{text}");
    // What a rule that denies does not know.
    let text = mistake("[[deny]]\nid = \"d\"\nhost = \"a\"\nredirects = \"none\"");
    assert!(text.starts_with("p.toml:4:1: unknown key `redirects`"), "{text}");
}

/// Catches hosts that seem to be one thing and match another, or nothing at all.
#[test]
fn what_is_no_host_is_a_mistake() {
    for host in [
        "",
        "http://a.example",
        "https://[::1",
        "[::1junk",
        "http://*.",
        "*.",
        "**.a.example",
        "*.*.example",
        "*.127.0.0.1",
        "*.[::1]",
        "a.*.example",
        "a*.example",
        "*foo.com",
        "a.example:8080",
        "[::1]:8080",
        ":8080..70000",
        "exa[mple.com",
        "192.168.001.001",
        "0x7f.1",
        "2130706433",
        "127.1",
        "a.example/mcp",
        "user@a.example",
        "user:pass@a.example",
        "a.example#x",
        "a.example?x",
        "a example",
        " a.example",
        "a.example\\t",
        "a..example",
        ".a.example",
        "a.example..",
        "a%2eexample",
        "fe80::1%eth0",
        "::g",
        "256.1.1.1",
        "1.2.3.4.5",
        "a\\u0000b",
        "\\u00ad",
    ] {
        let text = mistake(&rule(&format!("host = \"{host}\"")));
        assert!(text.contains("`host`"), "{host}: {text}");
    }
}

/// Catches a host that is compared as it was written instead of as it is dialled.
#[test]
fn hosts_are_normalised_as_urls_are() {
    for (host, url) in [
        ("A.Example", "https://a.example/"),
        ("a.example.", "https://a.example/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("BÜCHER.example", "https://xn--bcher-kva.example/"),
        ("xn--bcher-kva.example", "https://xn--bcher-kva.example/"),
        ("*.Bücher.example.", "https://x.xn--bcher-kva.example/"),
        ("10.0.0.1", "https://0xa.1/"),
        ("::1", "https://[0:0:0::1]/"),
        ("[::1]", "https://[::1]/"),
        ("::ffff:10.0.0.1", "https://[::ffff:a00:1]/"),
    ] {
        let policy = Policy::parse("p", &rule(&format!("host = \"{host}\""))).unwrap();
        crate::support::get(&policy, url).unwrap();
    }
}

/// Catches values that are out of range or of another type, and are taken for something.
#[test]
fn every_other_mistake_is_one() {
    for lines in [
        "port = 0",
        "port = 65536",
        "port = -1",
        "port = \"443\"",
        "port = 1.5",
        "scheme = \"HTTPS\"",
        "scheme = \"*\"",
        "scheme = \"ftp\"",
        "methods = []",
        "methods = \"GET\"",
        "methods = [\"get\"]",
        "methods = [\"CONNECT\"]",
        "methods = [\"GET \"]",
        "methods = [1]",
        "path = \"mcp\"",
        "path = \"/mcp?x\"",
        "path = \"/mcp/../x\"",
        "path = \"/a%2fb\"",
        "addresses = []",
        "addresses = [\"publick\"]",
        "addresses = [\"link-local\"]",
        "addresses = [\"metadata\"]",
        "addresses = [\"169.254.0.0/16\"]",
        "addresses = [\"169.254.169.254\"]",
        "addresses = [\"fd00:ec2::254\"]",
        "addresses = [\"fe80::/10\"]",
        "addresses = [\"10.0.0.1/8\"]",
        "addresses = [\"10.0.0.0/33\"]",
        "addresses = [\"10.0.0.0/+8\"]",
        "addresses = [\"10.0.0.0/08\"]",
        "addresses = [\"10.0.0.0/\"]",
        "addresses = [\"10.0.0/8\"]",
        "addresses = [\"::/129\"]",
        "host = \"10.0.0.1\"\naddresses = [\"any\"]",
        "redirects = \"follow\"",
        "redirects = true",
        "limits = 1",
        "limits = { concurrent = 0 }",
        "limits = { total_seconds = 1.5 }",
        "id = \"twice\"",
    ] {
        let text = mistake(&rule(lines));
        assert!(text.starts_with("p.toml:"), "{lines}: {text}");
    }
    for text in [
        "allow = 1",
        "[allow]",
        "[[allow]]",
        "[[allow]]\nid = \"a\"\nscheme = \"https\"",
        "[[allow]]\nid = \"a\"\nhost = \"a\"",
        "[[allow]]\nid = \"a b\"\nscheme = \"https\"\nhost = \"a\"",
        "[[deny]]\nid = \"d\"",
        "[[deny]]\nid = \"d\"\npath = \"/a\"\naddresses = [\"any\"]",
        "[[deny]]\nid = \"d\"\nhost = \"a\"\n[[deny]]\nid = \"d\"\nhost = \"b\"",
        "x = ",
        "\u{0}",
    ] {
        mistake(text);
    }
    let many = "[[deny]]\nid = \"d\"\nhost = \"a\"\n".repeat(5000);
    assert!(mistake(&many).contains("more than 4096 rules"));
    assert!(mistake(&"#".repeat(1024 * 1024 + 1)).contains("more than 1048576 bytes"));
}

const LIMITS: &str = "\
[[allow]]
id = \"a\"
scheme = \"http\"
host = \"a\"
[allow.limits]
";

/// Catches a schema that knows other keys than the reader, in which an editor would lead astray.
#[test]
fn the_schema_knows_the_keys_that_are_read() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let keys = |pointer: &str| -> Vec<String> {
        schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect()
    };
    for (pointer, prefix) in [
        ("/properties", ""),
        ("/$defs/allow/properties", "[[allow]]\n"),
        ("/$defs/deny/properties", "[[deny]]\n"),
        ("/$defs/allow/properties/limits/properties", LIMITS),
    ] {
        // A key that is read has another mistake than that it is unknown.
        for key in keys(pointer) {
            let text = mistake(&format!("{prefix}{key} = {{ x = 1 }}"));
            assert!(!text.contains("unknown key") || text.contains("`x`"), "{key}: {text}");
        }
        let text = mistake(&format!("{prefix}zzzzzzzz = 1"));
        let (_, known) = text.split_once("there are ").unwrap();
        let mut known: Vec<_> = known.split(", ").map(str::to_owned).collect();
        known.sort();
        assert_eq!(known, keys(pointer), "{pointer}");
    }
}
