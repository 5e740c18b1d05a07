#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use core::time::Duration;

use proptest::prelude::*;

use super::{Decoder, Event, TooLarge};

const LIMIT: usize = 1 << 20;

/// What a stream amounts to.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    events: Vec<Event>,
    last_event_id: Option<String>,
    retry: Option<Duration>,
}

fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut decoder = Decoder::new(LIMIT);
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.feed(chunk, |event| events.push(event)).unwrap();
    }
    let last_event_id = decoder.last_event_id().map(str::to_owned);
    Outcome { events, last_event_id, retry: decoder.retry() }
}

/// The specification's own algorithm on the whole text, line by line.
fn model(stream: &str) -> Outcome {
    let stream = stream.strip_prefix('\u{FEFF}').unwrap_or(stream).replace("\r\n", "\n");
    let stream = stream.replace('\r', "\n");
    let mut outcome = Outcome::default();
    let (mut data, mut kind, mut id) = (String::new(), String::new(), None);
    // What follows the last line end is no line yet.
    let lines = stream.rsplit_once('\n').map_or("", |(lines, _)| lines);
    for line in lines.split('\n').filter(|_| stream.contains('\n')) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() => {
                outcome.last_event_id = id.take().or(outcome.last_event_id);
                let kind = std::mem::take(&mut kind);
                if let Some(whole) = std::mem::take(&mut data).strip_suffix('\n') {
                    outcome.events.push(Event { kind, data: Ok(whole.to_owned()) });
                }
            }
            "data" => data = data + value + "\n",
            "event" => kind = value.to_owned(),
            "id" if !value.contains('\0') => id = Some(value.to_owned()),
            "retry" if value.bytes().all(|b| b.is_ascii_digit()) && !value.is_empty() => {
                outcome.retry = Some(Duration::from_millis(value.parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
    }
    outcome
}

fn event(kind: &str, data: &str) -> Event {
    Event { kind: kind.to_owned(), data: Ok(data.to_owned()) }
}

const TRICKY: &str = "\u{FEFF}retry: 1500\r\nid: a\r\ndata:\r\n\r\n: comment\r\revent: x\rdata: 1\r\n\
    data:  é€😀\nid:b\n\ndata\ndata\n\nid\n\ndatabase: no\ndata: {\"k\": 1}\nid: 1/0\n\nretry:x\n\
    id: nul\0\ndata:last\n\ndata: lost";

/// Catches every state that is kept per chunk and not per stream: CR and LF apart, a character
/// apart, a field name apart, a byte order mark apart.
#[test]
fn two_chunks_decode_like_one_at_every_split_point() {
    let expected = model(TRICKY);
    let bytes = TRICKY.as_bytes();
    assert_eq!(decode([bytes]), expected);
    for split in 0..=bytes.len() {
        assert_eq!(decode([&bytes[..split], &bytes[split..]]), expected, "split at {split}");
    }
    assert_eq!(decode(bytes.chunks(1)), expected);
}

/// Catches a model that is wrong in the same way as the decoder: these are written by hand.
#[test]
fn the_tricky_stream_means_what_the_specification_says() {
    let outcome = decode([TRICKY.as_bytes()]);
    let expected = [
        event("", ""),
        event("x", "1\n é€😀"),
        event("", "\n"),
        event("", "{\"k\": 1}"),
        event("", "last"),
    ];
    assert_eq!(outcome.events, expected);
    assert_eq!(outcome.last_event_id.as_deref(), Some("1/0"));
    assert_eq!(outcome.retry, Some(Duration::from_millis(1500)));
}

/// Catches a decoder that takes an id into account before its event is complete: a stream that
/// breaks off there would be resumed after an event that never arrived.
#[test]
fn an_id_counts_once_its_event_is_complete() {
    assert_eq!(decode([&b"id: 1\ndata: x\n\nid: 2\ndata: y\n"[..]]).last_event_id.unwrap(), "1");
    assert_eq!(decode([&b"id: 1\n\n"[..]]).last_event_id.unwrap(), "1");
}

/// Catches a limit that counts only complete lines, or only one of many lines.
#[test]
fn an_event_over_the_limit_is_an_error_however_it_arrives() {
    let long_line = format!("data: {}\n\n", "x".repeat(101));
    let many_lines = format!("{}\n", "data: xxxxxxxxx\n".repeat(11));
    let endless = format!("data: {}", "x".repeat(101));
    let other_field = format!("other: {}\n", "x".repeat(101));
    for stream in [long_line, many_lines, endless, other_field] {
        for size in [1, 7, stream.len()] {
            let mut decoder = Decoder::new(100);
            let result: Result<(), _> =
                stream.as_bytes().chunks(size).try_for_each(|chunk| decoder.feed(chunk, |_| {}));
            let over = matches!(result, Err(TooLarge { limit: 100, seen: 101.. }));
            assert!(over, "{stream} in chunks of {size}: {result:?}");
        }
    }
}

/// Catches a limit that is off by one, or that counts field names and comments against the event.
#[test]
fn an_event_at_the_limit_passes_however_it_arrives() {
    let comment = ":".repeat(500);
    let stream = format!("{comment}\ndata: {}\n\n", "x".repeat(100));
    for size in [1, 7, stream.len()] {
        let (mut decoder, mut events) = (Decoder::new(100), 0);
        for chunk in stream.as_bytes().chunks(size) {
            decoder.feed(chunk, |_| events += 1).unwrap();
        }
        assert_eq!(events, 1, "chunks of {size}");
    }
}

/// Catches a line of another field that is copied again with every chunk: a server that sends it
/// byte by byte would keep the client busy.
#[test]
fn an_unfinished_line_grows_in_place() {
    let mut decoder = Decoder::new(LIMIT);
    let mut growths = 0;
    for _ in 0..10_000 {
        let capacity = decoder.partial.capacity();
        decoder.feed(b"x", |_| {}).unwrap();
        growths += usize::from(decoder.partial.capacity() != capacity);
    }
    assert!(growths < 100, "{growths}");
}

/// Catches a limit on other fields that is off by one.
#[test]
fn a_line_at_the_limit_passes_however_it_arrives() {
    let stream = format!("id: {}\n\n", "x".repeat(96));
    for size in [1, 7, stream.len()] {
        let mut decoder = Decoder::new(100);
        stream.as_bytes().chunks(size).for_each(|chunk| decoder.feed(chunk, |_| {}).unwrap());
        assert_eq!(decoder.last_event_id().unwrap().len(), 96, "chunks of {size}");
    }
}

/// Catches a lossy conversion, which changes what the server said without a word, and a stream that
/// ends with an event that nobody may want to read (java-sdk 885, vercel/ai 16002).
#[test]
fn what_is_not_utf8_concerns_its_own_event_alone() {
    let mut events = Vec::new();
    let stream = b"event: \xFF\ndata: x\n\nid: 1\nid: \xFF\ndata: \xFF\n\ndata: ok\n\n\xFF: z\n";
    let mut decoder = Decoder::new(LIMIT);
    decoder.feed(stream, |event| events.push(event)).unwrap();
    assert_eq!(events[0], event("\u{FFFD}", "x"));
    assert_eq!(events[1].data.clone().unwrap_err().into_bytes(), b"\xFF");
    assert_eq!(events[2], event("", "ok"));
    assert_eq!(decoder.last_event_id(), Some("1"));
}

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("data:".to_owned()),
        4 => Just("\n".to_owned()),
        3 => Just("\r\n".to_owned()),
        3 => Just("\r".to_owned()),
        2 => Just("id:".to_owned()),
        1 => Just("event:".to_owned()),
        1 => Just("retry:12".to_owned()),
        1 => Just(":".to_owned()),
        1 => Just(" ".to_owned()),
        1 => Just("\u{FEFF}".to_owned()),
        2 => "[a-zé€😀\0]{0,4}",
    ]
}

proptest! {
    /// Catches what the hand-written streams do not think of.
    #[test]
    fn any_stream_in_any_chunks_decodes_like_the_model(
        fragments in prop::collection::vec(fragment(), 0..60),
        sizes in prop::collection::vec(0_usize..9, 1..40),
    ) {
        let stream = fragments.concat();
        let (mut rest, mut chunks) = (stream.as_bytes(), Vec::new());
        for size in sizes {
            let (chunk, tail) = rest.split_at(size.min(rest.len()));
            chunks.push(chunk);
            rest = tail;
        }
        chunks.push(rest);
        prop_assert_eq!(decode(chunks), model(&stream));
    }

    /// Catches a panic or a loop on input that is no event stream at all.
    #[test]
    fn any_bytes_end_in_a_result(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut decoder = Decoder::new(64);
        let mut data = 0;
        let _ = decoder.feed(&bytes, |event| data += event.data.map_or(1, |data| data.len()));
        prop_assert!(data <= bytes.len());
    }
}
