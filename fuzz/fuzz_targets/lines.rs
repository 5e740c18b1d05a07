//! Lines do not depend on how the bytes were split.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbar_protocol::jsonrpc::{LineDecoder, LineTooLong};

const LIMIT: usize = 16;

fn lines(chunks: &[&[u8]]) -> (Vec<Vec<u8>>, Result<Option<Vec<u8>>, LineTooLong>) {
    let mut decoder = LineDecoder::new(LIMIT);
    let mut lines = Vec::new();
    for mut chunk in chunks.iter().copied() {
        loop {
            match decoder.next_line(&mut chunk) {
                Ok(Some(line)) => lines.push(line.into_owned()),
                Ok(None) => break,
                Err(error) => return (lines, Err(error)),
            }
        }
    }
    (lines, Ok(decoder.finish()))
}

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (bytes, cuts) = input;
    let mut chunks = Vec::new();
    let mut rest = bytes.as_slice();
    for cut in cuts {
        let (chunk, after) = rest.split_at(usize::from(cut).min(rest.len()));
        chunks.push(chunk);
        rest = after;
    }
    chunks.push(rest);
    let split = lines(&chunks);
    assert_eq!(split, lines(&[&bytes]));
    assert!(split.0.iter().all(|line| line.len() <= LIMIT && !line.contains(&b'\n')));
});
