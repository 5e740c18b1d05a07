//! Every limit of the core.

use core::time::Duration;

/// Bytes of an answer that are read. Metadata and token answers have a few thousand; those of large
/// identity providers, with all their scopes, some ten thousand.
pub const ANSWER_BYTES: usize = 1024 * 1024;

/// How long an exchange may take. 30 s: a user waits for it, and may try again.
pub const EXCHANGE_DEADLINE: Duration = Duration::from_secs(30);

/// Authorization servers of a resource that are looked at. Nobody has more than a few.
pub const ISSUERS: usize = 16;

/// Scopes that are asked for, in number: whoever publishes more publishes a catalogue.
pub const SCOPES: usize = 128;

/// Bytes of a text of a server that an error shows.
pub const SHOWN_BYTES: usize = 300;

/// Bytes of a token. A header field that is larger is refused by most servers.
pub const TOKEN_BYTES: usize = 64 * 1024;

/// Seconds between two questions for a token that a user has yet to allow, where the server does not
/// say (RFC 8628 section 3.2).
pub const USUAL_INTERVAL: u64 = 5;
