//! Every limit of the proxy that is not a setting.
//!
//! The one setting is the longest line of an agent: that of the largest message.

use core::time::Duration;

/// Messages of the agent that are under way or wait for their turn. More are refused with an error:
/// the answers to questions come on the same pipe as requests do, so that it is always read. Agents
/// have a handful, and each costs an exchange and a copy of its text.
pub const MESSAGES: usize = 1024;

/// Bytes of these messages, of the 256 MiB that a sandbox has: four of the largest, and their copies.
pub const MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// Requests of the server that wait for the agent's answer. More are answered with an error: one user
/// answers a few at a time.
pub const QUESTIONS: usize = 256;

/// How often a server may ask in place of one answer, on behalf of an agent that knows no such thing. An
/// honest form has a few pages.
pub const ROUNDS: u32 = 32;

/// Requests in one such question. A user answers one after another.
pub const QUESTIONS_AT_ONCE: usize = 16;

/// Resources that an agent may watch at a server for which they are one request. The list is sent with
/// each change of it.
pub const WATCHED_RESOURCES: usize = 1024;

/// Pause before a stream of changes is asked for again that ended.
pub const LISTENING_PAUSE: Duration = Duration::from_secs(2);

/// How often that pause is doubled, while the streams end with nothing told: to about a minute, which is
/// when servers and what is before them cut streams that are quiet.
pub const LISTENING_PAUSES: u32 = 5;

/// Calls that wait for their agent to try again with what the server asked. More than a user has open;
/// of more the oldest is given up. Together they hold [`QUESTIONS`] requests of the server, and these
/// and the answers that came meanwhile are no longer than the largest message.
pub const PARKED: usize = 64;

/// Pause before a request is sent again whose server is not ready yet, and asks for nothing.
pub const READY_PAUSE: Duration = Duration::from_secs(1);

/// How often in a row a stream of changes is asked for that does not begin.
pub const LISTENING_TRIES: u32 = 5;

/// How long what runs may go on when the agent has closed its end. Hosts give a server some seconds
/// before they send signals; whoever pipes a few lines in waits for their answers.
pub const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// How long the server may take to accept that what runs is given up, before its session is ended.
pub const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes of a broken line that an error quotes: enough to know it by.
pub const QUOTED_BYTES: usize = 80;
