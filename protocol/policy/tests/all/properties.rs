//! What holds of every policy and every request.

use proptest::prelude::*;
use sandbar_policy::{Asked, Policy, Target};

use crate::support::file;

fn path() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/", "//", "mcp", "admin", "..", ".", "%2e", "%2E%2e", "%2f", "%5c", "\\", ";", ";x=1",
        "%25", "2e", "2f", "%", "a", "MCP", "%6d", "%00",
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| format!("/{}", pieces.concat()))
}

/// What a server makes of a path: decoded so many times, with backslashes and parameters or without.
fn reading(path: &str, decodings: usize, backslashes: bool, parameters: bool) -> Vec<String> {
    let mut path = path.as_bytes().to_vec();
    for _ in 0..decodings {
        let mut decoded = Vec::new();
        let mut rest = path.as_slice();
        while let Some((&byte, after)) = rest.split_first() {
            let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
            match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
                Some(code) if byte == b'%' => {
                    decoded.push(code);
                    rest = &after[2..];
                }
                _ => {
                    decoded.push(byte);
                    rest = after;
                }
            }
        }
        path = decoded;
    }
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split(|byte| *byte == b'/' || backslashes && *byte == b'\\') {
        let segment = String::from_utf8_lossy(segment);
        let name = if parameters { segment.split(';').next().unwrap() } else { &segment };
        match name {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name.to_owned()),
        }
    }
    segments
}

proptest! {
    /// Catches a path that some server takes for one outside of the prefix that is allowed, or inside of
    /// the one that is denied.
    #[test]
    fn no_reading_of_a_path_slips_past_a_prefix(
        path in path(), decodings in 0_usize..4, backslashes: bool, parameters: bool,
    ) {
        let segments = reading(&path, decodings, backslashes, parameters);
        let target = Target::try_from(&"https://a.example/".parse::<http::Uri>().unwrap()).unwrap();
        let judge = |policy: &Policy| policy.judge(&Asked::new(&target, "GET", &path));
        let allow = |path| format!("[[allow]]\nid=\"a\"\nscheme=\"https\"\nhost=\"*\"\n{path}");
        if judge(&file(&allow("path=\"/mcp\""))).is_ok() {
            prop_assert_eq!(segments.first().map(String::as_str), Some("mcp"), "{}", path);
        }
        let denying = allow("") + "[[deny]]\nid=\"d\"\npath=\"/admin\"";
        if judge(&file(&denying)).is_ok() {
            let first = segments.first().map(|first| first.to_ascii_lowercase());
            prop_assert_ne!(first.as_deref(), Some("admin"), "{}", path);
        }
    }

    /// Catches a text that panics whoever reads it, and a policy that is not the same when it is read
    /// again.
    #[test]
    fn any_text_is_a_policy_or_a_mistake(text in "(\\[\\[(allow|deny)\\]\\]\n|[a-z]{2,9} = |\"[a-z.*/:0-9%]{0,12}\"\n|\\[|\\]|,|[0-9]{1,6}\n|.){0,40}") {
        prop_assert_eq!(Policy::parse("p", &text), Policy::parse("p", &text));
    }

    /// Catches a rule that undoes one that denies, wherever it stands.
    #[test]
    fn deny_never_loses(host in "[a-c]\\.example", allowed in prop::collection::vec("(\\*|[a-c])\\.example", 0..5)) {
        let mut text = format!("[[deny]]\nid = \"d\"\nhost = \"{host}\"\n");
        for (index, allowed) in allowed.iter().enumerate() {
            text += &format!("[[allow]]\nid = \"a{index}\"\nscheme = \"http\"\nhost = \"{allowed}\"\n");
        }
        let policy = file(&text);
        let denied = crate::support::get(&policy, &format!("http://{host}/"));
        prop_assert!(denied.is_err());
        for other in ["a.example", "b.example", "c.example"] {
            let listed = allowed.iter().any(|allowed| allowed == other || allowed == "*.example");
            let judged = crate::support::get(&policy, &format!("http://{other}/"));
            prop_assert_eq!(judged.is_ok(), listed && other != host);
        }
    }

    /// Catches keys that together allow what one of them denies.
    #[test]
    fn two_keys_never_allow_more_than_one(one in rules(), other in rules(), url in url()) {
        let (one, other) = (file(&one), file(&other));
        let both = one.clone().within(&other);
        let judge = |policy: &Policy| crate::support::get(policy, &url).is_ok();
        prop_assert_eq!(judge(&both), judge(&one) && judge(&other));
    }
}

fn url() -> impl Strategy<Value = String> {
    "https?://[ab]\\.example(:8[01])?/[ab]?".prop_map(String::from)
}

fn rules() -> impl Strategy<Value = String> {
    let rule = (
        "https?",
        "(\\*|[ab]\\.example|\\*\\.example)",
        "(8[01]|\"\\*\")",
        "/[ab]?",
        any::<bool>(),
    );
    prop::collection::vec(rule, 0..4).prop_map(|rules| {
        let mut text = String::new();
        for (index, (scheme, host, port, path, allows)) in rules.into_iter().enumerate() {
            let kind = if allows { "allow" } else { "deny" };
            text += &format!(
                "[[{kind}]]\nid = \"r{index}\"\nscheme = \"{scheme}\"\nhost = \"{host}\"\nport = {port}\npath = \"{path}\"\n"
            );
        }
        text
    })
}
