//! The host's HTTP dialer: the only place of the process that opens a connection for a guest.
//!
//! A [`Dialer`] owns one [`Policy`] and its pools. Every request is judged before anything is
//! resolved, every address is judged before it is dialled, and a pooled connection is only ever
//! reused under the policy, and the rule of it, that it was dialled under. [`Dialer::exchange`] follows redirects: each
//! hop is another request, which is judged like the first.
//!
//! `dialers.rs` keeps one of them for each origin that sessions are opened with.
//!
//! How a request travels through the files:
//!
//! | step | file |
//! |---|---|
//! | hop by hop, where redirects are followed | `exchange.rs` |
//! | is it a request that can be sent at all | `request.rs`, `endpoint.rs` |
//! | may it be sent | the crate `sandbar-policy` |
//! | which connections may it use, and on which terms | `pools.rs`, `terms.rs` |
//! | with which credentials | `authorize.rs` |
//! | directly or through a proxy | `proxy.rs` |
//! | a connection, where the pool has none | `connector.rs`, `slots.rs`, `resolve.rs`, `tcp.rs`, `tls.rs` |
//! | what a connection is made of | `link.rs`, `socket.rs`, `quickack.rs` |
//! | is a connection good for another request | `socket.rs`, `keep_alive.rs` |
//! | is it a response that can be gone on with | `interim.rs`, `response.rs` |
//! | deadlines up to the head, then of the body | `deadline.rs`, `body.rs` |
//! | what is left of a body that was dropped | `linger.rs` |
//! | what went wrong, and what whoever asked is told | `error.rs`, `tls_failure.rs`, `hyper_error.rs`, `failure.rs` |
//!
//! Limits and their reasons are in `limits.rs`.

mod authorize;
mod body;
mod connector;
mod deadline;
mod dialer;
mod dialers;
mod endpoint;
mod error;
mod exchange;
mod failure;
mod hyper_error;
mod interim;
mod keep_alive;
mod limits;
mod linger;
mod link;
mod pools;
mod proxy;
mod quickack;
mod request;
mod resolve;
mod response;
mod slots;
mod socket;
mod stats;
mod tcp;
mod terms;
mod tls;
mod tls_failure;

#[cfg(test)]
mod tests;

pub(crate) use self::authorize::Authorize;
pub use self::body::{RequestBody, ResponseBody};
pub use self::deadline::Timeouts;
pub use self::dialer::Dialer;
pub(crate) use self::dialers::{Dialers, InvalidUrl, check_url, without_credentials};
pub(crate) use self::error::with_cause;
pub use self::error::{DialError, SharedError};
pub use self::exchange::ExchangeBody;
pub(crate) use self::hyper_error::cause;
pub use self::limits::{DialLimit, DialLimits};
pub use self::proxy::{Proxies, ProxyFailure};
pub use self::request::InvalidRequest;
pub use self::response::InvalidResponse;
pub use self::stats::DialStats;
pub use self::tls::TlsRoots;
pub use self::tls_failure::TlsFailure;
/// What may be dialled, and how it is written.
pub use sandbar_policy::{
    AddressClass, Addresses, Asked, Denial, Explanation, InvalidPolicy, InvalidTarget, Mismatch,
    Permit, Policy, Ranges, Redirects, Remedy, RuleLimits, SCHEMA as POLICY_SCHEMA, Scheme, Step,
    Target, UnsupportedOrigin,
};
