//! An OAuth client without I/O, for the authorization of MCP: what strangers write comes in, what to
//! ask next goes out.
//!
//! | what | where |
//! |---|---|
//! | what a server wants: `www-authenticate` | [`challenge`] |
//! | who guards it: protected resource metadata (RFC 9728) | [`resource`] |
//! | who guards it, in its own words: metadata of the authorization server (RFC 8414) | [`server`] |
//! | who to be there, and registering (RFC 7591) | [`client`], [`registration`] |
//! | what to ask for | [`scope`] |
//! | where the user goes, and what comes back (RFC 6749 section 4.1, RFC 9207) | [`authorization`], [`redirect`] |
//! | tokens (RFC 6749 section 5) and codes for devices (RFC 8628) | [`token`], [`device`] |
//!
//! The crate holds no socket, clock or randomness, and no secret: requests carry [`placeholder`]s.

pub mod authorization;
pub mod challenge;
pub mod client;
pub mod device;
mod document;
mod error;
pub mod limits;
pub mod placeholder;
pub mod redirect;
pub mod registration;
pub mod resource;
pub mod scope;
pub mod server;
mod text;
pub mod token;

pub use document::get;
pub use error::{Error, Mismatch, Refusal, Status};
