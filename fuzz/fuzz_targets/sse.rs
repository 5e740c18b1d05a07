//! Events do not depend on how the bytes of a stream were split, and no stream
//! makes the decoder hold more than its limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbar_mcp_core::sse::{Decoder, Event, TooLarge};

const LIMIT: usize = 64;

fn decode<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, Option<String>, Result<(), TooLarge>) {
    let mut decoder = Decoder::new(LIMIT);
    let mut events = Vec::new();
    for chunk in chunks {
        if let Err(error) = decoder.feed(chunk, |event| events.push(event)) {
            return (events, None, Err(error));
        }
    }
    (events, decoder.last_event_id().map(str::to_owned), Ok(()))
}

fuzz_target!(|input: (Vec<u8>, u8)| {
    let (bytes, size) = input;
    let whole = decode([bytes.as_slice()]);
    let split = decode(bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole.0, split.0);
    assert_eq!(whole.1, split.1);
    // How much had arrived when the limit was passed depends on the split.
    assert_eq!(whole.2.is_err(), split.2.is_err());
    let size = |event: &Event| event.data.as_ref().map_or_else(|odd| odd.as_bytes().len(), String::len);
    assert!(whole.0.iter().all(|event| size(event) <= LIMIT));
});
