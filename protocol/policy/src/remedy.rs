//! What would allow an address that was denied.

use std::fmt;
use std::net::IpAddr;

use crate::address_class::{AddressClass, is_disguised, reached};
use crate::addresses::Addresses;
use crate::policy::Source;
use crate::rule::AllowRule;
use crate::target::Target;

/// What would allow an address that a rule does not allow, by who wrote the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// A URL of this address, typed in place of the other.
    Url(IpAddr),
    /// More addresses in the rule of a policy file.
    Addresses {
        /// What is missing there.
        address: IpAddr,
        /// The rule.
        rule: String,
        /// The name of the policy.
        policy: String,
    },
    /// Another rule in a policy file, and a URL of this address.
    Host {
        /// The host of both.
        address: IpAddr,
        /// The name of the policy.
        policy: String,
    },
    /// This on the list of an executor's operator, and a URL of it.
    List(Box<Target>),
    /// Nothing that could be added.
    Never,
}

impl Remedy {
    /// What a rule of this source would have needed to let a target be at an address.
    pub(crate) fn of(
        source: &Source,
        rule: &AllowRule,
        target: &Target,
        address: IpAddr,
        class: AddressClass,
    ) -> Self {
        let link_local = class == AddressClass::LinkLocal;
        // Such an address is only reached by its own spelling.
        let address = if link_local { reached(address) } else { address };
        if link_local && is_disguised(address) {
            return Self::Never;
        }
        match source {
            Source::Url => Self::Url(address),
            Source::List => Self::List(Box::new(target.at(address))),
            Source::File(policy) => match rule.addresses {
                Addresses::Of(_) if !link_local => {
                    Self::Addresses { address, rule: rule.id.clone(), policy: policy.clone() }
                }
                _ => Self::Host { address, policy: policy.clone() },
            },
            Source::Anything => Self::Never,
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(address) => {
                write!(f, "to reach {address}, give a URL with the address itself")
            }
            Self::Addresses { address, rule, policy } => write!(
                f,
                "the rule `{rule}` of the policy `{policy}` would need {address} among its `addresses`"
            ),
            Self::Host { address, policy } => write!(
                f,
                "to reach {address}, make it the `host` of a rule of the policy `{policy}`, and give \
                 a URL with the address itself"
            ),
            Self::List(target) => write!(
                f,
                "to reach {target}, give its URL, which the operator of this executor can add with \
                 `--allow {target}`"
            ),
            Self::Never => f.write_str("nothing that could be added to this policy allows it"),
        }
    }
}
