//! Limits of signing in and of stored sign-ins, with their reasons.

use std::time::Duration;

/// How long before its end a token is refreshed. 60 s: clocks differ, and a request takes time.
pub(crate) const AHEAD_OF_EXPIRY: Duration = Duration::from_secs(60);

/// The wait before a token is asked for again that could not be had. 10 s: requests go on meanwhile with
/// what there is, and an authorization server that is down is not asked by each of them.
pub(super) const RETRY_RENEWAL: Duration = Duration::from_secs(10);

/// How long another process may hold the lock of a sign-in. 45 s: a refresh takes 30 at the most.
pub(crate) const LOCK_WAIT: Duration = Duration::from_secs(45);

/// Bytes of a stored sign-in: two tokens of the largest size, and what goes with them.
pub(crate) const ENTRY_BYTES: u64 = 512 * 1024;

/// Sign-ins of a store that are looked at. Nobody uses a thousand servers.
pub(crate) const ENTRIES: usize = 4096;

/// Sign-ins in a row that one operation may ask for. A server that still wants more scopes after
/// three will not be satisfied.
pub(crate) const SIGN_INS: u32 = 3;

/// Bytes of a request to the listener for redirects: a code and what goes with it has a few thousand.
pub(crate) const REDIRECT_BYTES: usize = 64 * 1024;

/// Connections to that listener at a time: a browser opens a few ahead of need.
pub(crate) const REDIRECT_CONNECTIONS: usize = 16;

/// How long a connection to that listener may take to ask.
pub(crate) const REDIRECT_WAIT: Duration = Duration::from_secs(10);

/// Random bytes of a verifier and of a state: 256 bits (RFC 7636 section 7.1).
pub(crate) const RANDOM_BYTES: usize = 32;
