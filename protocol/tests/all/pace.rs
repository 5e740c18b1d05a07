//! The executor's end towards clients without credit: how fast deltas leave.

use std::time::Duration;

use proptest::prelude::*;
use sandbar_protocol::extensions::{Extension, Extensions};
use sandbar_protocol::limits::{
    DELTA_BYTES, PACED_BODY_BURST_BYTES, PACED_BYTE_INTERVAL, PACED_DELTA_BURST,
    PACED_DELTA_INTERVAL,
};
use sandbar_protocol::server::{CallId, CallMut, Event, ServerSession};
use serde_json::{Value, json};

use crate::support::{delta, open_stream, sent, sent_at, server, tell};

const START: Duration = Duration::ZERO;
const NANOSECOND: Duration = Duration::from_nanos(1);

/// A delta that left.
struct Sent {
    at: Duration,
    stream: usize,
    bytes: usize,
    done: bool,
}

impl Sent {
    fn new(at: Duration, message: &Value) -> Self {
        let params = &message["params"];
        let base64 = params["deltaBase64"].as_str().unwrap();
        let padding = base64.bytes().rev().take_while(|&byte| byte == b'=').count();
        Self {
            at,
            stream: params["requestId"].as_str().unwrap().parse().unwrap(),
            bytes: base64.len() / 4 * 3 - padding,
            done: params["done"].as_bool().unwrap(),
        }
    }
}

/// An upstream that always has the next chunk.
struct Source {
    call: CallId,
    left: usize,
    chunk: usize,
    finished: bool,
}

/// A server whose upstreams are faster than it may send, and the clock.
struct Flood {
    session: ServerSession,
    now: Duration,
    sources: Vec<Source>,
    sent: Vec<Sent>,
}

impl Flood {
    /// Streams of bodies and chunks of so many bytes, to a client that negotiated nothing.
    fn new(bodies: &[(usize, usize)]) -> Self {
        let mut session = server(Extensions::NONE);
        let sources = bodies.iter().enumerate().map(|(index, &(left, chunk))| {
            let call = open_stream(&mut session, index as u64, &index.to_string());
            Source { call, left, chunk, finished: false }
        });
        let sources = sources.collect();
        sent(&mut session);
        Self { session, now: START, sources, sent: Vec::new() }
    }

    /// Every upstream yields a chunk, if there is room for it; says whether one did.
    fn push(&mut self) -> bool {
        let mut pushed = false;
        for source in self.sources.iter_mut().filter(|source| !source.finished) {
            if source.left == 0 {
                source.finished = true;
                self.session.call(source.call).unwrap().finish(Ok(())).unwrap();
                pushed = true;
                continue;
            }
            let room = self.session.call(source.call).map_or(0, CallMut::room);
            let len = room.min(source.chunk).min(source.left);
            if len > 0 {
                self.session.call(source.call).unwrap().body(vec![0; len]).unwrap();
                source.left -= len;
                pushed = true;
            }
        }
        pushed
    }

    /// Sends what may be sent now; says whether there was anything.
    fn send(&mut self) -> bool {
        let messages = sent_at(&mut self.session, self.now);
        while self.session.poll_event().is_some() {}
        let now = self.now;
        self.sent.extend(messages.iter().map(|message| Sent::new(now, message)));
        !messages.is_empty()
    }

    /// Sends everything, however long it takes, and calls only when the server asks to be called.
    fn run(&mut self) {
        loop {
            while self.push() || self.send() {
                self.send();
            }
            let Some(due) = self.session.poll_timeout() else { return };
            assert!(due > self.now, "asks to be called again at once");
            self.now = due;
            self.send();
        }
    }

    fn bytes_of(&self, stream: usize) -> usize {
        let deltas = self.sent.iter().filter(|delta| delta.stream == stream);
        deltas.map(|delta| delta.bytes).sum()
    }
}

/// What flows in during a span of time.
fn regained(span: Duration, interval: Duration) -> usize {
    usize::try_from(span.as_nanos() / interval.as_nanos()).unwrap()
}

/// Checks every span between two deltas of one stream.
fn check_deltas<'a>(deltas: impl Iterator<Item = &'a Sent>) {
    let times: Vec<Duration> = deltas.map(|delta| delta.at).collect();
    for (first, &start) in times.iter().enumerate() {
        for (count, &at) in (1..).zip(&times[first..]) {
            let most = PACED_DELTA_BURST as usize + regained(at - start, PACED_DELTA_INTERVAL);
            assert!(count <= most, "{count} deltas from {start:?} to {at:?}");
        }
    }
}

/// Checks every span between two deltas of a connection.
fn check_bytes(deltas: &[Sent]) {
    for (first, delta) in deltas.iter().enumerate() {
        let mut sum = 0;
        for later in &deltas[first..] {
            sum += later.bytes;
            let regained = regained(later.at - delta.at, PACED_BYTE_INTERVAL);
            let most = PACED_BODY_BURST_BYTES as usize + regained + DELTA_BYTES;
            assert!(sum <= most, "{sum} bytes from {:?} to {:?}", delta.at, later.at);
        }
    }
}

/// Sends one delta after the other for as long as it is not too early.
fn exhaust(session: &mut ServerSession, call: CallId, chunk: usize, now: Duration) -> usize {
    let unpaced = 1000;
    let left = (0..unpaced).take_while(|_| {
        session.call(call).unwrap().body(vec![0; chunk]).unwrap();
        session.poll_transmit(now).is_some()
    });
    let left = left.count();
    assert!(left < unpaced, "it is never too early");
    left
}

/// Catches one delta per chunk: the case in which a stock client's queue of 256 overflows.
#[test]
fn a_flood_of_tiny_chunks_becomes_few_deltas() {
    let mut flood = Flood::new(&[(4_000_000, 20)]);
    while flood.sources[0].left > 0 {
        for _ in 0..40 {
            flood.push();
            flood.send();
        }
        flood.now += Duration::from_millis(1);
        assert!(flood.now < Duration::from_secs(60), "stands still");
    }
    flood.run();
    assert_eq!(flood.bytes_of(0), 4_000_000);
    assert!(flood.sent.len() > PACED_DELTA_BURST as usize, "was no flood");
    check_deltas(flood.sent.iter());
}

/// Catches a body that leaves as fast as it comes: the case in which a stock client's queue of
/// 16 MiB overflows. Catches one that is slower than it has to be.
#[test]
fn a_large_body_leaves_at_the_rate_of_the_connection() {
    let body = 60_000_000;
    let mut flood = Flood::new(&[(body, 256 * 1024)]);
    flood.run();
    assert_eq!(flood.bytes_of(0), body);
    check_bytes(&flood.sent);
    let paced = u32::try_from(body).unwrap() - PACED_BODY_BURST_BYTES;
    assert!(flood.now <= PACED_BYTE_INTERVAL * paced, "{:?}", flood.now);
}

/// Catches a pace that every stream has for itself, and one that serves the same stream again
/// and again while the others wait.
#[test]
fn streams_share_the_rate_of_the_connection_evenly() {
    let body = 8_000_000;
    let mut flood = Flood::new(&[(body, 256 * 1024); 4]);
    flood.run();
    check_bytes(&flood.sent);
    let mut sums = [0_usize; 4];
    for delta in &flood.sent {
        sums[delta.stream] += delta.bytes;
        let unfinished = sums.iter().filter(|&&sum| sum < body);
        let (least, most) = (unfinished.clone().min(), unfinished.max());
        assert!(most.unwrap_or(&0) - least.unwrap_or(&0) <= 2 * DELTA_BYTES, "{sums:?}");
    }
    assert_eq!(sums, [body; 4]);
}

/// Catches a delay for streams of few events, or a merge of what nobody waits for.
#[test]
fn the_first_deltas_leave_at_once_and_apart() {
    let mut session = server(Extensions::NONE);
    let call = open_stream(&mut session, 1, "s");
    sent(&mut session);
    for seq in 1..u64::from(PACED_DELTA_BURST) {
        session.call(call).unwrap().body(b"Man".to_vec()).unwrap();
        assert_eq!(sent(&mut session), [delta("s", seq, "TWFu", false)]);
    }
    session.call(call).unwrap().finish(Ok(())).unwrap();
    assert_eq!(sent(&mut session), [delta("s", u64::from(PACED_DELTA_BURST), "", true)]);
}

/// Catches a wait for one stream that is a wait for all of them.
#[test]
fn a_stream_that_waits_delays_neither_others_nor_responses() {
    let mut session = server(Extensions::NONE);
    let flooded = open_stream(&mut session, 1, "flooded");
    sent(&mut session);
    assert_eq!(exhaust(&mut session, flooded, 1, START), PACED_DELTA_BURST as usize);
    let other = open_stream(&mut session, 2, "other");
    session.call(other).unwrap().body(b"Man".to_vec()).unwrap();
    tell(&mut session, &json!({"id": 3, "method": "environment/status"}));
    let messages = sent(&mut session);
    assert_eq!(messages.len(), 3);
    assert_eq!([&messages[0]["id"], &messages[1]["id"]], [2, 3]);
    assert_eq!(messages[2], delta("other", 1, "TWFu", false));
}

/// Catches a connection that withholds, together with bytes, what has none.
#[test]
fn a_connection_that_waits_delays_neither_ends_nor_responses() {
    let mut session = server(Extensions::NONE);
    let flooded: Vec<CallId> =
        (0..2).map(|id| open_stream(&mut session, id, &format!("s{id}"))).collect();
    sent(&mut session);
    for &call in &flooded {
        exhaust(&mut session, call, DELTA_BYTES, START);
    }
    let empty = open_stream(&mut session, 2, "empty");
    session.call(empty).unwrap().finish(Ok(())).unwrap();
    let messages = sent(&mut session);
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["id"], 2);
    assert_eq!(messages[1], delta("empty", 1, "", true));
}

/// Catches a pace where the client says itself how much it takes.
#[test]
fn with_credit_nothing_is_paced() {
    let mut session = server([Extension::Credit].into_iter().collect());
    let small = open_stream(&mut session, 1, "small");
    let large = open_stream(&mut session, 2, "large");
    sent(&mut session);
    for (call, chunk, count) in [(small, 1, 1000), (large, DELTA_BYTES, 1000)] {
        for _ in 0..count {
            session.call(call).unwrap().body(vec![0; chunk]).unwrap();
            assert!(session.poll_transmit(START).is_some());
            assert_eq!(session.poll_timeout(), None);
        }
    }
}

/// Catches a time at which it is still too early, one after which nothing has left for longer
/// than it had to, and a terminal delta that leaves without its turn.
#[test]
fn poll_timeout_is_the_moment_at_which_something_leaves() {
    let mut session = server(Extensions::NONE);
    let call = open_stream(&mut session, 1, "s");
    sent(&mut session);
    assert_eq!(session.poll_timeout(), None);
    exhaust(&mut session, call, 1, START);
    session.call(call).unwrap().finish(Ok(())).unwrap();
    for turn in 1..=2 {
        let due = PACED_DELTA_INTERVAL * turn;
        assert_eq!(session.poll_timeout(), Some(due));
        assert!(session.poll_transmit(due - NANOSECOND).is_none());
        assert_eq!(session.poll_timeout(), Some(due));
        assert_eq!(sent_at(&mut session, due).len(), 1);
    }
    assert_eq!(session.poll_timeout(), None, "the stream is over");
}

/// Catches a debt that is not paid, and a wait for bytes that asks to be called too often.
#[test]
fn poll_timeout_covers_the_bytes_of_the_connection() {
    let mut session = server(Extensions::NONE);
    let calls = [1, 2].map(|id| open_stream(&mut session, id, &id.to_string()));
    sent(&mut session);
    // The last one leaves with a debt of all its bytes but one.
    let burst = PACED_BODY_BURST_BYTES as usize - 1;
    let mut left = burst;
    while left > 0 {
        let [mut first, mut second] = [left.div_ceil(2), left / 2].map(|len| len.min(DELTA_BYTES));
        for (call, len) in calls.into_iter().zip([&mut first, &mut second]) {
            session.call(call).unwrap().body(vec![0; *len]).unwrap();
            left -= *len;
        }
        sent(&mut session);
    }
    session.call(calls[0]).unwrap().body(vec![0; DELTA_BYTES]).unwrap();
    assert_eq!(sent(&mut session).len(), 1);
    session.call(calls[1]).unwrap().body(vec![0; 1]).unwrap();
    assert_eq!(sent(&mut session), [Value::Null; 0]);
    let debt = u32::try_from(DELTA_BYTES).unwrap();
    let due = PACED_BYTE_INTERVAL * debt;
    assert_eq!(session.poll_timeout(), Some(due));
    assert!(session.poll_transmit(due - NANOSECOND).is_none());
    assert_eq!(sent_at(&mut session, due).len(), 1);
}

/// Catches a cancelled stream that sends what it had queued, that waits for its time to say that
/// it is over, that says it twice, or that leaves a time behind at which nothing happens.
#[test]
fn a_cancelled_stream_that_waits_ends_at_once() {
    for chunk in [1, DELTA_BYTES] {
        let mut session = server([Extension::Cancel].into_iter().collect());
        let calls = [1, 2, 3].map(|id| open_stream(&mut session, id, &id.to_string()));
        sent(&mut session);
        let mut left = 0;
        for call in calls {
            left += exhaust(&mut session, call, chunk, START);
        }
        assert!(left >= PACED_DELTA_BURST as usize);
        for (id, call) in [1, 2, 3].into_iter().zip(calls) {
            assert!(session.poll_timeout().is_some());
            let params = json!({"requestId": id.to_string()});
            tell(&mut session, &json!({"method": "http/request/cancel", "params": params}));
            let event = session.poll_event();
            assert!(matches!(event, Some(Event::Cancel { call: cancelled }) if cancelled == call));
            let messages = sent(&mut session);
            assert_eq!(messages.len(), 1);
            assert_eq!(messages[0]["params"]["requestId"], id.to_string());
            assert_eq!(messages[0]["params"]["error"], "cancelled");
        }
        assert_eq!(session.poll_timeout(), None);
        assert_eq!(sent_at(&mut session, Duration::from_secs(60)), [Value::Null; 0]);
    }
}

/// Catches a timer that outlives its connection.
#[test]
fn a_lost_connection_waits_for_no_time() {
    let mut session = server(Extensions::NONE);
    let call = open_stream(&mut session, 1, "s");
    sent(&mut session);
    exhaust(&mut session, call, 1, START);
    session.handle_disconnect();
    assert_eq!(session.poll_timeout(), None);
}

/// Catches a buffer that grows while its stream waits, and a caller that is not told when the
/// wait is over.
#[test]
fn a_stream_that_waits_holds_its_upstream_up() {
    let mut session = server(Extensions::NONE);
    let call = open_stream(&mut session, 1, "s");
    sent(&mut session);
    exhaust(&mut session, call, 1, START);
    while let room @ 1.. = session.call(call).map_or(0, CallMut::room) {
        session.call(call).unwrap().body(vec![0; room]).unwrap();
    }
    assert!(sent(&mut session).is_empty());
    assert!(session.poll_event().is_none());
    assert_eq!(sent_at(&mut session, PACED_DELTA_INTERVAL).len(), 1);
    assert!(matches!(session.poll_event(), Some(Event::Writable { call: id }) if id == call));
    assert_eq!(session.call(call).map_or(0, CallMut::room), DELTA_BYTES);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Catches a stream that is parked and forgotten, a pace that some mix of streams outruns,
    /// and a second end.
    #[test]
    fn called_at_its_timeouts_alone_a_server_sends_everything(
        bodies in prop::collection::vec((0_usize..6_000_000, 1000_usize..200_000), 1..6),
    ) {
        let mut flood = Flood::new(&bodies);
        flood.run();
        check_bytes(&flood.sent);
        for (stream, &(body, _)) in bodies.iter().enumerate() {
            prop_assert_eq!(flood.bytes_of(stream), body);
            let deltas = || flood.sent.iter().filter(|delta| delta.stream == stream);
            prop_assert_eq!(deltas().filter(|delta| delta.done).count(), 1);
            prop_assert!(deltas().next_back().unwrap().done);
            check_deltas(deltas());
        }
    }
}
