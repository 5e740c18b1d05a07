//! Limits of sessions and executors as their users meet them, with their reasons.

use std::time::Duration;

/// The largest message that a session accepts by default: 16 MiB. Larger ones
/// are rare enough to be asked for, and each is held in memory several times.
pub(crate) const MAX_MESSAGE_BYTES: u64 = 16 * 1024 * 1024;

/// Pages that a list is put together from; a server that goes on for ever is
/// cut off. 1000 pages of a hundred entries are more than anyone can use.
pub(crate) const PAGES: usize = 1000;

/// Bytes that the items of a list may hold in memory, nearly. 64 MiB: a list of that length is four
/// times as large as the largest message by default.
pub(crate) const LIST_BYTES: usize = 64 * 1024 * 1024;

/// When a cancellation is said for the second time. 20 ms: a guest that is not busy has honoured it
/// long before.
pub(crate) const FIRST_REPEAT: Duration = Duration::from_millis(20);

/// Exchanges of one executor at a time. 1000 slow streams are a use that it is
/// made for; the delta protocol allows 1024.
pub(crate) const EXCHANGES: usize = 1024;

/// Changes of a legacy server that wait for whoever watches. 256: whoever is that far behind asks for
/// everything again, which costs less than to hear of each.
pub(crate) const UNREAD_CHANGES: usize = 256;

/// The longest silence of a server in answer to an agent, where nothing else is said. A day: an agent
/// gives up what it does not want any more, and a connection that is gone is noticed otherwise.
pub(crate) const AGENT_SILENCE: Duration = Duration::from_secs(24 * 60 * 60);
