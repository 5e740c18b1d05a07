//! Any text is a policy or a mistake, and a policy explains what it judges; two keys allow what both allow.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbar_policy::{Asked, Policy, Target};

fuzz_target!(|input: (String, String, String, u8)| {
    let (text, other, path, which) = input;
    let policy = Policy::parse("p", &text);
    assert_eq!(policy, Policy::parse("p", &text));
    let Ok(policy) = policy else { return };
    let other = Policy::parse("o", &other).unwrap_or_else(|_| Policy::anywhere());
    let hosts =
        ["https://a.example/", "http://b.a.example:8080/", "http://10.0.0.1/", "https://[::1]/"];
    let url = hosts[usize::from(which) % hosts.len()].parse::<http::Uri>().expect("a URL");
    let target = Target::try_from(&url).expect("a target");
    for method in ["GET", "POST"] {
        let asked = Asked::new(&target, method, &path);
        let judged = policy.judge(&asked);
        let both = policy.clone().within(&other).judge(&asked);
        assert_eq!(both.is_ok(), judged.is_ok() && other.judge(&asked).is_ok());
        let explained = policy.explain(&asked, None);
        if let Err(denial) = &judged {
            assert_eq!(explained.verdict.as_ref().err(), Some(denial));
        }
        let denies = |step: &sandbar_policy::Step| !step.allows && step.mismatch.is_none();
        if let Ok(permit) = judged {
            let link_local = "169.254.169.254".parse().expect("an address");
            assert!(policy.judge_address(&target, &permit, link_local).is_err());
            // Those that deny and are about the request are about its address alone.
            let denying = explained.steps.iter().any(denies);
            assert!(!denying || text.contains("addresses"));
        }
    }
});
