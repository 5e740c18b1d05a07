//! Why a request is allowed or not: every rule, and what of the request it is not about.

use std::net::IpAddr;

use crate::address_class::AddressClass;
use crate::addresses::{Addresses, Ranges};
use crate::denial::Denial;
use crate::policy::Policy;
use crate::rule::{Asked, Mismatch};

/// What a policy makes of a request, rule by rule. The verdict is that of [`Policy::judge`] and
/// [`Policy::judge_address`]: nothing is judged here a second time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The rules, in the order in which they are looked at.
    pub steps: Vec<Step>,
    /// The rules that allow it, one of each key, or why it is denied.
    pub verdict: Result<Vec<String>, Denial>,
    /// The addresses that its host may have, by each of those rules.
    pub addresses: Vec<Addresses>,
    /// The address that was asked about, and what it is.
    pub address: Option<(IpAddr, AddressClass)>,
}

/// A rule that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The policy that it is of.
    pub policy: String,
    /// Its id.
    pub rule: String,
    /// Whether it allows what it is about, or denies it.
    pub allows: bool,
    /// What of the request it is not about; none where it is about all of it.
    pub mismatch: Option<Mismatch>,
    /// The addresses that it denies, where it denies some and that of the host is not known.
    pub addresses: Option<Ranges>,
}

impl Policy {
    /// Explains what is judged of a request, and of an address that its host may have. Where that is a
    /// literal, it is the address.
    #[must_use]
    pub fn explain(&self, asked: &Asked<'_>, address: Option<IpAddr>) -> Explanation {
        let address = address.or_else(|| asked.target.address());
        let judged = self.judge(asked).and_then(|permit| {
            address.map_or(Ok(()), |address| self.judge_address(asked.target, &permit, address))?;
            Ok(permit)
        });
        let addresses = self.judge(asked).map(|permit| self.addresses(&permit));
        Explanation {
            steps: self.steps(asked, address),
            verdict: judged.map(|permit| self.rules(&permit).map(str::to_owned).collect()),
            addresses: addresses.unwrap_or_default(),
            address: address.map(|address| (address, AddressClass::of(address))),
        }
    }

    fn steps(&self, asked: &Asked<'_>, address: Option<IpAddr>) -> Vec<Step> {
        let mut steps = Vec::new();
        for key in self.keys() {
            let step = |rule: &str, allows, mismatch, addresses| Step {
                policy: key.source.to_string(),
                rule: rule.to_owned(),
                allows,
                mismatch,
                addresses,
            };
            steps.extend(key.deny.iter().map(|rule| {
                let open = rule.addresses.clone().filter(|_| address.is_none());
                step(&rule.id, false, rule.mismatch(asked, address), open)
            }));
            steps.extend(
                key.allow.iter().map(|rule| step(&rule.id, true, rule.scope.mismatch(asked), None)),
            );
        }
        steps
    }
}
