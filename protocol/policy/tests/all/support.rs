//! Policies and requests in a few words.

use sandbar_policy::{Asked, Denial, InvalidTarget, Permit, Policy, Target};

pub(crate) fn target(uri: &str) -> Result<Target, InvalidTarget> {
    Target::try_from(&uri.parse::<http::Uri>().unwrap())
}

/// What is allowed where this URL was typed.
pub(crate) fn typed(url: &str) -> Policy {
    Policy::origin(&url.parse().unwrap()).unwrap()
}

/// A policy file that is one.
pub(crate) fn file(text: &str) -> Policy {
    Policy::parse("policy.toml", text).unwrap()
}

/// Judges a GET.
pub(crate) fn get(policy: &Policy, url: &str) -> Result<Permit, Denial> {
    request(policy, "GET", url)
}

/// Judges a request, its URL as it is sent.
pub(crate) fn request(policy: &Policy, method: &str, url: &str) -> Result<Permit, Denial> {
    let uri: http::Uri = url.parse().unwrap();
    let target = Target::try_from(&uri).unwrap();
    policy.judge(&Asked::new(&target, method, uri.path()))
}

/// Judges an address that the host of a GET has.
pub(crate) fn at(policy: &Policy, url: &str, address: &str) -> Result<(), Denial> {
    let permit = get(policy, url)?;
    policy.judge_address(&target(url).unwrap(), &permit, address.parse().unwrap())
}
