//! What a policy says when it says no.

use std::net::IpAddr;

use crate::address_class::AddressClass;
use crate::addresses::Addresses;
use crate::remedy::Remedy;
use crate::rule::Mismatch;
use crate::target::Target;

/// A request or an address that the policy forbids.
///
/// The text says what was asked for, what is allowed, and what would allow it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// The request goes to another origin than the allowed one.
    #[error(
        "{asked} is not allowed: only {allowed} is, the origin of the URL that was given; \
         to reach {asked}, give its URL instead"
    )]
    Origin {
        /// Where the request goes.
        asked: Box<Target>,
        /// The only allowed origin.
        allowed: String,
    },
    /// The request goes to what the operator of an executor did not list.
    #[error(
        "{asked} is not allowed by the operator of this executor, only {} is; \
         the operator can add it with `--allow {asked}`",
        .allowed.join(", ")
    )]
    NotListed {
        /// Where the request goes.
        asked: Box<Target>,
        /// What the operator listed.
        allowed: Vec<String>,
    },
    /// Nothing is allowed.
    #[error(
        "{asked} is not allowed: the operator of this executor allows nothing; the operator can \
         add it with `--allow {asked}`, or with a rule in a file for `--policy`"
    )]
    Nothing {
        /// Where the request goes.
        asked: Box<Target>,
    },
    /// No rule of a policy allows the request.
    #[error(
        "{asked} is not allowed by the policy `{policy}`{}; a rule that allows it: {rule}",
        other(.near.as_ref())
    )]
    NoRule {
        /// Where the request goes.
        asked: Box<Target>,
        /// The name of the policy.
        policy: String,
        /// The rule that is about this origin, and what of the request it is not about.
        near: Option<(String, Mismatch)>,
        /// What would allow it: the header of its table in a policy, and its keys.
        rule: String,
    },
    /// A rule of a policy denies the request.
    #[error(
        "{asked} is denied by the rule `{rule}` of the policy `{policy}`, and no other can allow it"
    )]
    Rule {
        /// Where the request goes.
        asked: Box<Target>,
        /// The name of the policy.
        policy: String,
        /// The rule.
        rule: String,
    },
    /// The rule that allowed a request does not allow where it was redirected to.
    #[error(
        "a redirect from {from} to {asked} is not allowed by the rule `{rule}`; \
         `redirects = \"{setting}\"` there would follow it"
    )]
    Redirect {
        /// What redirects.
        from: Box<Target>,
        /// Where to.
        asked: Box<Target>,
        /// The rule that allowed the request.
        rule: String,
        /// What it would have to say.
        setting: &'static str,
    },
    /// A redirect from TLS to plain HTTP: what was said to one server alone would be said to the network.
    #[error(
        "a redirect from {from} to {asked} gives up TLS; to reach {asked}, give its URL instead"
    )]
    Downgrade {
        /// What redirects.
        from: Box<Target>,
        /// Where to.
        asked: Box<Target>,
    },
    /// The address belongs to those that only whoever types it may reach.
    #[error(
        "{address} ({class}) is never reached through a redirect; to reach it, give its URL instead"
    )]
    Metadata {
        /// Where the redirect leads.
        address: IpAddr,
        /// What the address was classified as.
        class: AddressClass,
    },
    /// The name resolves to an address that the policy does not allow for it.
    #[error("{host} is at {address} ({class}), and only {allowed} is allowed for it; {remedy}")]
    Address {
        /// The host of the allowed origin.
        host: String,
        /// An address that the host has.
        address: IpAddr,
        /// What the address was classified as.
        class: AddressClass,
        /// Which addresses are allowed.
        allowed: Addresses,
        /// What would allow it.
        remedy: Box<Remedy>,
    },
    /// A rule of a policy denies the address.
    #[error(
        "{host} is at {address} ({class}), which the rule `{rule}` of the policy `{policy}` denies"
    )]
    AddressRule {
        /// The host of the allowed origin.
        host: String,
        /// An address that the host has.
        address: IpAddr,
        /// What the address was classified as.
        class: AddressClass,
        /// The name of the policy.
        policy: String,
        /// The rule.
        rule: String,
    },
}

fn other(near: Option<&(String, Mismatch)>) -> String {
    match near {
        Some((rule, mismatch)) => format!(" (the rule `{rule}` is for another {mismatch})"),
        None => String::new(),
    }
}
