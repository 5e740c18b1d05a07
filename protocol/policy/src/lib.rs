//! What may be dialled: the rules, how they are written, and the one judge of requests and addresses.
//!
//! A [`Policy`] comes from a URL that somebody typed ([`Policy::origin`]), from a list
//! ([`Policy::origins`]), or from a file ([`Policy::parse`]), and judges all the same: every request
//! ([`Policy::judge`]), every redirect ([`Policy::judge_redirect`]), and every address that a host turns
//! out to have ([`Policy::judge_address`]). What is not allowed is denied. Nothing is resolved, read or
//! dialled here.
//!
//! | what | where |
//! |---|---|
//! | the judge | `policy.rs`, `denial.rs`, `remedy.rs`, `explanation.rs` |
//! | what a rule is about | `rule.rs`, `host_pattern.rs`, `path.rs` |
//! | addresses | `addresses.rs`, `address_class.rs` |
//! | how rules are written | `file.rs`, `table.rs`, `policy.schema.json` |
//! | scheme, host and port, as they are judged and dialled | `target.rs` |
//!
//! Limits and their reasons are in `limits.rs`.
#![forbid(unsafe_code)]

mod address_class;
mod addresses;
mod denial;
mod explanation;
mod file;
mod host_pattern;
mod limits;
mod path;
mod policy;
mod remedy;
mod rule;
mod suggestion;
mod table;
mod target;

pub use address_class::AddressClass;
pub use addresses::{Addresses, InvalidRange, Network, Ranges};
pub use denial::Denial;
pub use explanation::{Explanation, Step};
pub use file::{InvalidPolicy, SCHEMA};
pub use host_pattern::{HostPattern, InvalidHost};
pub use path::{InvalidPath, PathPrefix};
pub use policy::{Permit, Policy, UnsupportedOrigin};
pub use remedy::Remedy;
pub use rule::{Asked, Mismatch, Redirects, RuleLimits};
pub use target::{InvalidTarget, Scheme, Target};
