//! Every limit of the protocol, with its unit and its reason.
//!
//! Bytes of a body are counted decoded, before base64; bytes of a message are counted as they
//! travel, without the newline or the WebSocket header.

use core::time::Duration;

/// Longest message that is sent or accepted, in bytes: 16 MiB.
///
/// A stock executor cuts a connection whose WebSocket frame is longer, so nothing longer is
/// worth sending, and nothing that this protocol needs comes near it.
pub const MAX_MESSAGE_BYTES: usize = 16 * MIB;

/// Most bytes that one delta may carry: 1 MiB, the cap that stock clients enforce.
pub const MAX_DELTA_BYTES: usize = MIB;

/// Most bytes that the sender puts into one delta: 64 KiB.
///
/// A stock client queues 256 frames or 16 MiB per connection, whichever comes first, and fails
/// the stream beyond that; frames of 64 KiB reach both at once. It is also the turn that one
/// stream gets before the next one.
pub const DELTA_BYTES: usize = 64 * KIB;

/// Body bytes that a sender queues per stream: 256 KiB, four turns.
///
/// Enough to keep the transport busy while the upstream is read again, small enough that a
/// stalled stream costs little.
pub const SEND_BUFFER_BYTES: usize = 256 * KIB;

/// Body bytes that a server queues over all streams of a connection: 8 MiB.
pub const CONNECTION_SEND_BYTES: usize = 8 * MIB;

/// Deltas that a stream without credit sends as soon as it has them: 128.
///
/// Half of what a stock client queues per stream before it fails it. Its socket is read whether or
/// not its queues are, so only the clock can tell what is left of them. No event of a stream that
/// has few of them waits for this.
pub const PACED_DELTA_BURST: u32 = 128;

/// Time after which a stream without credit may send one delta more: 10 ms, 100 deltas per second.
///
/// What arrives in between is merged into one. A stock client keeps up with a delta per 5 to 20 ms,
/// and [`DELTA_BYTES`] in each of them are more than [`PACED_BYTE_INTERVAL`] allows.
pub const PACED_DELTA_INTERVAL: Duration = Duration::from_millis(10);

/// Body bytes that the streams of a connection without credit send at once: 8 MiB.
///
/// Half of what a stock client queues per connection before it fails a stream.
pub const PACED_BODY_BURST_BYTES: u32 = 8 << 20;

/// Time after which a connection without credit may send one body byte more: 1 us, 1 MB/s.
///
/// A stock client takes 50 s to read an event of 60 MB, wherever it comes from: it reads the more
/// slowly the larger the event has become. At 2 MB/s it fails.
pub const PACED_BYTE_INTERVAL: Duration = Duration::from_micros(1);

/// Body bytes that a server collects for one buffered call: 10 MiB.
///
/// In base64 that is 13.4 MiB, which leaves room for the fields in one message.
pub const BUFFERED_BODY_BYTES: usize = 10 * MIB;

/// Body bytes that a server collects over all buffered calls of a connection: 32 MiB.
pub const CONNECTION_BUFFERED_BYTES: usize = 32 * MIB;

/// Calls of one connection, waiting, running or streaming: 1024.
///
/// Stock executors have no such limit; MCP clients hold tens of streams.
pub const MAX_CALLS: usize = 1024;

/// Calls that a server runs at once before their response is known: 128.
///
/// Each one is an upstream connection in the making. Calls beyond that wait in order.
pub const MAX_RUNNING_CALLS: usize = 128;

/// Bytes of request bodies, URLs and fields that wait to be sent, per connection: 32 MiB.
///
/// A client counts URLs until their response is known.
pub const WAITING_BYTES: usize = 32 * MIB;

/// Bytes of request bodies, URLs and fields that a server holds, waiting and running, per connection:
/// 64 MiB.
///
/// Five of the largest messages. A running request is held where it is sent from, too, and its sandbox
/// has memory for these, for what is buffered and for what is being read.
pub const REQUEST_BYTES: usize = 64 * MIB;

/// Bytes of replies that wait to be sent before a server stops reading: 32 MiB.
///
/// Holds two of the largest buffered responses.
pub const REPLY_BYTES: usize = 32 * MIB;

/// Calls without a response that a client keeps in flight towards a stock executor: 100.
///
/// A stock executor whose queues of 128 messages fill in both directions stops for ever; 260
/// pipelined calls do it, 200 do not.
pub const MAX_PIPELINED_CALLS: usize = 100;

/// Answers to requests of an executor that wait to be sent: 256, at most 2 MiB.
///
/// Executors ask nothing of clients; one that does, and reads, never has so many open.
pub const MAX_REFUSALS: usize = 256;

/// Bytes that a client holds unread over all streams before it asks not to be fed: 16 MiB.
///
/// What stock clients allow a connection. Beyond it they fail the stream; here the transport
/// waits instead.
pub const RECEIVE_HIGH_WATER_BYTES: usize = 16 * MIB;

/// Bytes that a client holds unread over all streams at the very most: 64 MiB.
///
/// Credit is handed out from this sum. A delta that would pass it fails its own stream.
pub const CONNECTION_RECEIVE_BYTES: usize = 64 * MIB;

/// Most credit that one stream holds: 4 MiB.
///
/// Fills 40 MB/s at a round trip of 100 ms.
pub const MAX_WINDOW_BYTES: usize = 4 * MIB;

/// Least credit that one stream holds, whatever the others hold: 64 KiB, one turn.
///
/// [`MAX_CALLS`] streams of it are [`CONNECTION_RECEIVE_BYTES`].
pub const MIN_WINDOW_BYTES: usize = 64 * KIB;

/// Longest response head that a client accepts, as encoded bytes: 1 MiB.
pub const HEAD_BYTES: usize = MIB;

/// Longest JSON-RPC id or stream id, in bytes: 256. Ids outlive their message.
pub const ID_BYTES: usize = 256;

/// Longest error text that is kept of a peer's, in bytes: 8 KiB.
pub const ERROR_TEXT_BYTES: usize = 8 * KIB;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
