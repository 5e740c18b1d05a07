//! What a policy says when it says no.

use std::net::IpAddr;

use super::address_class::AddressClass;
use super::policy::AddressRule;
use super::target::Target;

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
        allowed: Box<Target>,
    },
    /// The request goes to an origin that the operator of an executor did not list.
    #[error(
        "{asked} is not allowed by the operator of this executor, only {} is; \
         the operator can add it with `--allow {asked}`",
        .allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    NotListed {
        /// Where the request goes.
        asked: Box<Target>,
        /// What the operator listed.
        allowed: Vec<Target>,
    },
    /// The name resolves to an address that the policy does not allow for it.
    #[error(
        "{host} is at {address} ({class}), and only {allowed} is allowed for it; \
         to reach {address}, give a URL with the address itself"
    )]
    Address {
        /// The host of the allowed origin.
        host: String,
        /// An address that the host has.
        address: IpAddr,
        /// What the address was classified as.
        class: AddressClass,
        /// Which addresses are allowed.
        allowed: AddressRule,
    },
}
