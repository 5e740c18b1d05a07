//! The vocabulary of one HTTP exchange: `sandbar:http/types` of `wit/`, in Rust, once.
//!
//! A request, the head of its response, the fields of both, and the ways in which an exchange
//! fails. The generated bindings of every guest and of the host use these types in place of their
//! own, so that nothing is translated where a value crosses a boundary; whoever does not cross one
//! (the protocol, the MCP core, the host's API) uses them as they are. Names, shapes and the order of
//! fields and cases are therefore those of the WIT, which documents them.
//!
//! - [`Request`], [`Response`], [`Field`]: what is sent and what comes back
//! - [`BodyCount`]: whether a body is whole, which whoever reads one has to judge
//! - [`Failure`]: the [`ErrorCode`], where it happened, and whether the server can have acted
//! - [`json`]: a failure as JSON text, for the two roads that carry text only
//! - [`refusal`]: the words for a request that cannot be sent
//! - [`hop`], [`redirect`]: what can be sent at all, and where a redirect leads
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod body;
mod failure;
pub mod hop;
pub mod json;
mod message;
pub mod redirect;
pub mod refusal;

pub use body::{BodyCount, BodySummary};
pub use failure::{ErrorCode, Failure, Limit, PeerError, Processed, SequenceError};
pub use message::{
    BEGINNING_BYTES, Deadline, Field, InvalidField, Nanoseconds, Phase, RedirectPolicy, Request,
    Response, is_token, nanoseconds,
};
