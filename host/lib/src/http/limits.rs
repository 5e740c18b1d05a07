//! Every limit of the dialer, with its reason.

use std::fmt;
use std::time::Duration;

use sandbar_exchange::Phase;

/// Limits of one [`Dialer`](super::Dialer). `Default` gives the values that the fields document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialLimits {
    /// Time for a connection, from the name lookup to the end of the TLS handshake, where the
    /// request sets none. That of [`Phase::default_deadline`], 10 s.
    pub connect: Duration,
    /// The most that a request may ask for instead of `connect`, and the life of an attempt that
    /// its request no longer waits for. 2 min: what Linux itself gives a connection attempt.
    pub connect_at_most: Duration,
    /// Time from the start of a request on its connection to the head of the response, where the
    /// request sets none. That of [`Phase::default_deadline`], 5 min.
    pub first_byte: Duration,
    /// Time without a byte while a reader waits for the body, where the request sets none. That of
    /// [`Phase::default_deadline`], 5 min.
    pub idle: Duration,
    /// Bytes of the head of a response; in HTTP/2, those of its fields and 32 for each (RFC 9113
    /// section 6.5.2). 256 KiB: the largest heads that browsers accept. It is also the size at which the read buffer of an HTTP/1.1 connection stops growing; a frame of
    /// a body is at most twice as large.
    pub response_head: u32,
    /// Field lines of the head of a response. 128: above the 100 that common servers
    /// and proxies stop at.
    pub response_fields: u16,
    /// Connections to one host and port, idle ones included; a request beyond waits for one until
    /// its connect deadline. 1024: as many exchanges as one executor or one connection of the delta
    /// protocol may have, so that it is their limits that are met, not this one.
    pub connections_per_host: u16,
    /// Idle connections that are kept for one host and port. 32: enough for a burst of parallel
    /// calls to come back to.
    pub idle_connections_per_host: u16,
    /// How long an idle connection is kept. 60 s: below the keep-alive of the usual servers. A
    /// request that finds its connection closed is retried on another where none of it was sent.
    pub idle_connection: Duration,
    /// How long an HTTP/2 connection with open streams may be silent before it is asked for a sign of
    /// life (PING, RFC 9113 section 6.7). 30 s: below the idle timeouts of the usual middleboxes, and
    /// seldom enough for servers that count PINGs. A connection without streams is left in peace.
    pub http2_ping: Duration,
    /// How long the answer to that PING may take. 20 s: more than any network, and a machine that
    /// pages, need. A connection without it is given up, with the streams on it.
    pub http2_pong: Duration,
    /// How long the end of a body that its reader has dropped may take to arrive, so that its
    /// connection can be used again. 20 ms: the end of an event stream follows its last event
    /// within one, and a call that was given up must not go on for longer than anyone notices.
    pub linger: Duration,
    /// Addresses of one name that are tried. 16: what a name has more is not worth waiting for.
    pub addresses: u8,
}

/// Origins whose dialers are kept. 256: a dialer without connections is small; the bound is for
/// processes that connect to ever new servers.
pub(super) const DIALERS: usize = 256;

/// Bytes of a dropped body that are read within [`DialLimits::linger`]. 64 KiB: reading more costs more than a new connection.
pub(super) const LINGER_BYTES: usize = 64 * 1024;

impl Default for DialLimits {
    fn default() -> Self {
        Self {
            connect: Phase::Connect.default_deadline(),
            connect_at_most: Duration::from_secs(120),
            first_byte: Phase::FirstByte.default_deadline(),
            idle: Phase::Idle.default_deadline(),
            response_head: 256 * 1024,
            response_fields: 128,
            connections_per_host: 1024,
            idle_connections_per_host: 32,
            idle_connection: Duration::from_secs(60),
            http2_ping: Duration::from_secs(30),
            http2_pong: Duration::from_secs(20),
            linger: Duration::from_millis(20),
            addresses: 16,
        }
    }
}

impl DialLimits {
    /// The smallest read buffer that hyper accepts (it panics on less).
    const SMALLEST_READ_BUFFER: u32 = 8 * 1024;

    /// `response_head` as the size of a read buffer.
    pub(super) fn read_buffer(&self) -> usize {
        let bytes = self.response_head.max(Self::SMALLEST_READ_BUFFER);
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }
}

/// A limit of the dialer that was reached, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DialLimit {
    /// The head of the response is larger than `response_head` bytes, or has more than
    /// `response_fields` field lines.
    ResponseHead {
        /// `response_head`, in bytes.
        bytes: u32,
        /// `response_fields`.
        fields: u16,
    },
    /// All connections to the host were in use until the connect deadline.
    ConnectionsPerHost {
        /// `connections_per_host`.
        connections: u16,
    },
    /// The exchange goes beyond what the rule that allowed it has under `limits`.
    Rule {
        /// The key: `request_bytes`, `response_bytes` or `concurrent`.
        setting: &'static str,
        /// Its value.
        value: u64,
    },
}

impl DialLimit {
    /// That of the head of a response.
    pub(super) fn response_head(limits: &DialLimits) -> Self {
        Self::ResponseHead { bytes: limits.response_head, fields: limits.response_fields }
    }
}

impl fmt::Display for DialLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResponseHead { bytes, fields } => write!(
                f,
                "the head of the response exceeds `response_head` ({bytes} bytes) \
                 or `response_fields` ({fields})"
            ),
            Self::Rule { setting, value } => {
                write!(f, "the rule that allows this has a `{setting}` of {value}")
            }
            Self::ConnectionsPerHost { connections } => write!(
                f,
                "all connections to the host are in use, \
                 and `connections_per_host` is {connections}"
            ),
        }
    }
}

/// How soon after its last byte a server closes a connection that it never meant to keep. 100 ms: a
/// loaded one takes a while, and no keep-alive is as short.
pub(super) const CLOSED_AT_ONCE: Duration = Duration::from_millis(100);

/// How long the second request of a dialer waits after the answer to the first. 10 ms: the end of a
/// connection that a server does not keep is there by then, and once per process nobody feels it.
pub(super) const FIRST_REUSE: Duration = Duration::from_millis(10);

/// For how long such a server's connections are used once. One minute: it may have been restarted, with
/// other settings or as what is behind it.
pub(super) const SINGLE_USE: Duration = Duration::from_secs(60);

/// How many such servers are remembered. 256 are more than a client has, and 40 KiB at most.
pub(super) const SINGLE_USE_HOSTS: usize = 256;

/// Bytes that an HTTP/2 server may send ahead on one stream: 2 MiB cover a path of 160 Mbit/s at
/// 100 ms, and bound what a stream that nobody reads can occupy.
pub(super) const HTTP2_STREAM_WINDOW: u32 = 2 * 1024 * 1024;

/// Bytes that an HTTP/2 server may send ahead on all streams of a connection: two full streams,
/// so that one that nobody reads cannot stop the others.
pub(super) const HTTP2_CONNECTION_WINDOW: u32 = 2 * HTTP2_STREAM_WINDOW;

/// Bytes of an HTTP/2 frame: 64 KiB instead of the default 16 KiB save three frames of four.
pub(super) const HTTP2_FRAME: u32 = 64 * 1024;

/// How much more than `response_head` an HTTP/2 head may have before it is left undecoded. Four times:
/// h2, which decodes it, tells a head beyond its own limit no different from a malformed one, and ours
/// has a name.
pub(super) const HTTP2_HEAD_MARGIN: u32 = 4;

/// Empty frames of a body that are skipped before other tasks get their turn. 32: a server that sends
/// nothing else must not keep the thread.
pub(super) const EMPTY_FRAMES_PER_POLL: usize = 32;

/// Interim responses before the final one: 64. Servers send one or two; those that tell of progress so
/// have a final one within that.
pub(super) const INTERIM_RESPONSES: u32 = 64;

/// Pools of a policy, one for each rule that is in use: 4096, what a policy may have of rules. Each is a
/// few hundred bytes, and where two keys make more of them they begin anew.
pub(super) const POOLS: usize = 4096;
