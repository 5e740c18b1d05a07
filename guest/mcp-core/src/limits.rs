//! Every limit of the core that is not a setting of the session.
//!
//! The one setting is `max-message-bytes` ([`crate::SessionConfig::max_message_bytes`]): it bounds
//! a JSON body, an SSE event and an SSE line.

use core::time::Duration;

/// Bytes of a failing or unexpected body that an error quotes. Enough for a human to recognise a
/// proxy's error page, and what `status-error.preview` promises.
pub const PREVIEW_BYTES: usize = 8192;

/// Bytes of a message or a body that the text of an error quotes: enough to know it by.
pub const QUOTED_BYTES: usize = 200;

/// Odd items of a result that its warning describes; of others it says how many they are.
pub const DESCRIBED_ODDITIES: usize = 3;

/// Bytes of a coded body that are decoded at once. deflate makes at most 1032 of one, so that at
/// most a megabyte comes out before the limit of the message is asked.
pub const CODED_SLICE_BYTES: usize = 1024;

/// Bytes of the header of a gzip body that are waited for. It is ten and perhaps the name of a file.
pub const GZIP_HEADER_BYTES: usize = 4096;

/// Bytes of an error that is no error object that its message shows.
pub const ODD_ERROR_BYTES: usize = 500;

/// Bytes of a failing response that are read in search of a JSON-RPC error. Error objects are
/// small; whatever is larger is reported by its status and beginning.
pub const REFUSAL_BODY_BYTES: usize = 64 * 1024;

/// Bytes reserved on the word of `content-length` alone.
pub const EAGER_RESERVE_BYTES: usize = 1024 * 1024;

/// How many times the bytes that have arrived are reserved for an announced length beyond
/// [`EAGER_RESERVE_BYTES`]. A large body is hardly copied as it grows, and a peer that only
/// announces one has to send a sixteenth of what it makes the client reserve.
pub const RESERVE_FACTOR: usize = 16;

/// Messages in one JSON-RPC batch. Only servers of 2025-03-26 send batches, and the limit keeps
/// an array of tiny elements from growing into a table many times its size.
pub const BATCH_MESSAGES: usize = 1024;

/// Bytes of an `Mcp-Session-Id`. Real ones are UUIDs or signed tokens; it is sent with every
/// request, so it must fit a header section.
pub const SESSION_ID_BYTES: usize = 4096;

/// Bytes of an SSE event id that is remembered for `Last-Event-ID`. A longer one would not fit a
/// request header, so the stream counts as not resumable.
pub const EVENT_ID_BYTES: usize = 4096;

/// Times in a row that a broken stream is resumed without a new event. Only an event resets the
/// count: a server that accepts and closes for ever is given up.
pub const UNPRODUCTIVE_RESUMPTIONS: u32 = 5;

/// The longest silence on the stream for what belongs to no request, before it is opened again: a
/// connection that has gone without a word is noticed by then.
pub const STANDING_SILENCE: Duration = Duration::from_secs(30 * 60);

/// Wait before a stream is resumed when the server gave no `retry`.
pub const DEFAULT_RETRY: Duration = Duration::from_millis(1000);

/// The shortest wait before a stream is resumed, whatever `retry` says, so that a server cannot
/// make the client a busy loop.
pub const MIN_RETRY: Duration = Duration::from_millis(50);

/// The longest wait before a stream is resumed, whatever `retry` says.
pub const MAX_RETRY: Duration = Duration::from_secs(60);

/// The longest that a session being closed waits for the server to be told of calls that were
/// given up. Half of the time that a host gives to all of the closing by default: the DELETE that
/// follows needs the rest.
pub const CANCELLATION_WAIT: Duration = Duration::from_secs(1);

/// Courtesies that are on their way at a time: answers to pings, refusals. More are left undone: a server
/// that asks for so many at once waits for none.
pub const COURTESIES: usize = 64;

/// Requests of a server that wait for their answer. More are refused: one user answers a few at a
/// time, and each is held until then.
pub const SERVER_REQUESTS: usize = 256;

/// How often a server may ask for input in place of the answer to one request. An honest form has a
/// few pages.
pub const INPUT_ROUNDS: u32 = 32;

/// How often a server may say in place of an answer that it is not ready yet. With the waits between,
/// a quarter of an hour: as long as people take to sign in or to pay somewhere else.
pub const WAITING_ROUNDS: u32 = 90;

/// The wait before a server is asked again that is not ready yet, the first time. Doubled each time.
pub const FIRST_READY_WAIT: Duration = Duration::from_millis(500);

/// The longest of these waits: a person who does something elsewhere takes longer than that.
pub const LONGEST_READY_WAIT: Duration = Duration::from_secs(10);

/// The wait before a server is asked how far a task is, where it did not say.
pub const FIRST_POLL: Duration = Duration::from_secs(1);

/// The shortest of these waits, whatever a server says: a task is for what takes long.
pub const SHORTEST_POLL: Duration = Duration::from_millis(100);

/// The longest, whatever a server says: somebody waits for the result.
pub const LONGEST_POLL: Duration = Duration::from_secs(60);

/// Pages of tools that are asked for on the way to a call whose mirrored arguments do not fit.
pub const ERRAND_PAGES: u32 = 32;

/// Answers of a server that are kept for as long as they say that they hold: the pages of its lists,
/// and some resources.
pub const CACHED_ANSWERS: usize = 64;

/// Bytes of these answers, of the 256 MiB that a sandbox has.
pub const CACHED_BYTES: usize = 4 * 1024 * 1024;

/// The longest that an answer is used, whatever a server says: sessions live for days.
pub const LONGEST_FRESHNESS: Duration = Duration::from_secs(60 * 60);

/// Answers that came on a stream on which they were not due, and are kept until their call asks. More
/// at once than any server confuses.
pub const ELSEWHERE_ANSWERS: usize = 16;

/// Bytes of these answers, of the 256 MiB that a sandbox has: one of the largest messages by default.
pub const ELSEWHERE_BYTES: usize = 16 * 1024 * 1024;

/// Calls that are listened to and have not been made. Whoever listens makes the call next, and hosts
/// allow fewer calls in flight.
pub const LISTENERS: usize = 1024;

/// Notifications and requests that are kept while a session is being opened and nobody can listen
/// yet. Servers that log during the handshake send a handful; what exceeds it is dropped.
pub const EVENTS_WHILE_OPENING: usize = 64;

/// Notifications that are told at once. What one piece of a body holds is told together, and this
/// bounds what is put together first.
pub const NOTIFICATIONS_AT_ONCE: usize = 64;

/// Tools whose `x-mcp-header` annotations are remembered. Tools beyond it are refused from
/// `tools/list`, because calls of them could not carry the headers they need.
pub const ANNOTATED_TOOLS: usize = 4096;

/// Bytes of tool names, property paths and header names remembered for `x-mcp-header`.
pub const ANNOTATION_BYTES: usize = 1024 * 1024;

/// The longest that finding out the era waits for an answer to the probe. A server that knows the
/// probe answers at once, without doing anything; one that is silent is asked in the other era then.
pub const PROBE_DEADLINE: Duration = Duration::from_secs(10);

/// The longest `Retry-After` that is waited for. Whoever asks for more is told: a person or a
/// scheduler knows better what to do meanwhile.
pub const RETRY_AFTER_AT_MOST: Duration = Duration::from_secs(10);

/// Cookies that a session keeps. Balancers set one or two.
pub const COOKIES: usize = 32;

/// Bytes of the name and value of a cookie; what browsers allow (RFC 6265 section 6.1).
pub const COOKIE_BYTES: usize = 4096;

/// Bytes of a text that are searched: nobody hides it behind a long preface.
pub(crate) const SEARCHED_BYTES: usize = 1024;
