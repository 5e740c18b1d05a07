//! Bodies in a coding that was not asked for (python-sdk 2649, codex 12859): content delivery
//! networks compress for everybody.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use sandbar_mcp_core::{Error, ErrorCode, Failure};

use crate::script::{Reply, call_tool, legacy, modern};

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// With a header that has everything that one may have.
fn gzip_with_names(plain: &[u8]) -> Vec<u8> {
    let builder = flate2::GzBuilder::new().filename("f.json").comment("c").extra(vec![7; 300]);
    let mut encoder = builder.write(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// With the checksum of its header behind it (RFC 1952 section 2.3.1, FHCRC), which no encoder here
/// writes.
fn gzip_with_header_checksum(plain: &[u8]) -> Vec<u8> {
    let mut coded = gzip(plain);
    let data = coded.split_off(10);
    coded[3] |= 2;
    let mut checksum = flate2::Crc::new();
    checksum.update(&coded);
    let [low, high, ..] = checksum.sum().to_le_bytes();
    [coded, vec![low, high], data].concat()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// What a session's first request after its opening is answered with: id 2.
fn answer() -> Vec<u8> {
    let text = "x".repeat(20_000);
    format!(r#"{{"jsonrpc":"2.0","id":2,"result":{{"t":"{text}é"}}}}"#).into_bytes()
}

fn coded(coding: &str, content_type: &str, body: Vec<u8>) -> Reply {
    let length = body.len().to_string();
    Reply::new(200, content_type, body)
        .field("content-encoding", coding)
        .field("content-length", &length)
}

/// Catches a coded body that is refused, or read as if it were not, and an announced length taken
/// for that of the message.
#[test]
fn a_coded_answer_is_read_like_any_other() {
    let plain = answer();
    let two_members = [gzip(&plain[..100]), gzip(&plain[100..])].concat();
    let padded = [gzip(&plain), vec![0; 20]].concat();
    for (coding, body) in [
        ("gzip", gzip(&plain)),
        ("GZIP", gzip_with_names(&plain)),
        ("gzip", gzip_with_header_checksum(&plain)),
        ("x-gzip", two_members),
        ("gzip", padded),
        ("deflate", zlib(&plain)),
        ("deflate", raw_deflate(&plain)),
    ] {
        for size in [1, 7, 1000, body.len()] {
            let mut chunks = body.chunks(size).map(<[u8]>::to_vec);
            let reply = coded(coding, "application/json", chunks.next().unwrap());
            let reply = chunks.fold(reply, Reply::chunk);
            let (outcome, _) = call_tool(&mut modern(), [reply]);
            assert!(outcome.unwrap().ends_with("xé\"}"), "{coding} in chunks of {size}");
        }
    }
    let plain = Reply::result("{}").field("content-encoding", "Identity");
    assert_eq!(call_tool(&mut modern(), [plain]).0.unwrap(), "{}");
}

/// Catches a decoder that holds an event back until the next one pushes it out: the stream stays
/// open, and the answer waits in the decoder.
#[test]
fn an_event_in_a_coded_stream_is_read_when_it_is_there() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let note = "data: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\n";
    encoder.write_all(note.as_bytes()).unwrap();
    encoder.flush().unwrap();
    let first = std::mem::take(encoder.get_mut());
    encoder.write_all(b"data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n").unwrap();
    encoder.flush().unwrap();
    let second = std::mem::take(encoder.get_mut());
    let reply = coded("gzip", "text/event-stream", first).chunk(second).chunk("never read");
    let (outcome, script) = call_tool(&mut legacy(), [reply]);
    assert_eq!((outcome.unwrap(), script.notified().len()), ("{}".into(), 1));
}

/// Catches a refusal whose words are lost in its coding.
#[test]
fn a_coded_refusal_says_what_it_says() {
    let reply = Reply::new(502, "text/html", gzip(b"<h1>upstream is down</h1>"));
    let (outcome, _) = call_tool(&mut modern(), [reply.field("content-encoding", "gzip")]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.preview.contains("is down")));
    // Words that cannot be had are no reason to lose the status.
    for coding in ["br", "gzip"] {
        let reply = Reply::new(503, "text/html", "?").field("content-encoding", coding);
        let (outcome, _) = call_tool(&mut modern(), [reply]);
        assert!(matches!(outcome, Err(Error::Status(status)) if status.status == 503), "{coding}");
    }
}

/// Catches a body that is cut or broken and passes for a message.
#[test]
fn a_broken_coding_is_told_by_name() {
    let whole = gzip(&answer());
    let mut flipped = whole.clone();
    let last = flipped.len() - 8;
    flipped[last] ^= 1;
    for (coding, body, word) in [
        ("br", whole.clone(), "`br`"),
        ("gzip, br", whole.clone(), "`gzip, br`"),
        ("zstd", whole.clone(), "`zstd`"),
        ("gzip", b"{\"jsonrpc\"".to_vec(), "no gzip"),
        ("gzip", flipped, "checksum"),
        ("deflate", vec![0xFF; 50], "broken"),
    ] {
        let (outcome, _) = call_tool(&mut modern(), [coded(coding, "application/json", body)]);
        let Err(Error::InvalidMessage(text)) = outcome else { panic!("{outcome:?}") };
        assert!(text.contains(word), "{text}");
    }
    for length in [5, whole.len() / 2, whole.len() - 3] {
        let cut = whole[..length].to_vec();
        let reply = Reply::new(200, "application/json", cut).field("content-encoding", "gzip");
        let (outcome, _) = call_tool(&mut modern(), [reply]);
        assert_eq!(outcome, Err(Error::Http(Failure::sent(ErrorCode::IncompleteBody))), "{length}");
    }
}

/// Catches a header that is waited for without end, and a long one that is not.
#[test]
fn the_name_of_a_file_before_the_data_is_as_long_as_names_are() {
    let named = |bytes: usize| {
        let name = vec![b'n'; bytes];
        let mut encoder =
            flate2::GzBuilder::new().filename(name).write(Vec::new(), Compression::fast());
        encoder.write_all(&answer()).unwrap();
        encoder.finish().unwrap()
    };
    // Slices of 1024 bytes, four of which are as long as a header that is waited for.
    for (bytes, size, is_read) in [(4090, 1024, true), (5200, 1024, false), (1 << 20, 500, false)] {
        let body = named(bytes);
        let mut chunks = body.chunks(size).map(<[u8]>::to_vec);
        let reply = coded("gzip", "application/json", chunks.next().unwrap());
        let (outcome, _) = call_tool(&mut modern(), [chunks.fold(reply, Reply::chunk)]);
        match outcome {
            Ok(_) => assert!(is_read, "{bytes} in chunks of {size}"),
            Err(Error::InvalidMessage(text)) => {
                assert!(!is_read && text.contains("header is too long"), "{bytes}: {text}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Catches a small body that becomes a large one: the limit is on what comes out.
#[test]
fn a_bomb_is_stopped_at_the_limit_of_messages() {
    let zeros = vec![b' '; 64 << 20];
    let bomb = gzip(&zeros);
    assert!(bomb.len() < 100_000);
    let (outcome, _) = call_tool(&mut modern(), [coded("gzip", "application/json", bomb)]);
    let Err(Error::LimitExceeded(limit)) = outcome else { panic!("{outcome:?}") };
    assert!(limit.seen < 4 << 20, "{limit}");
}
