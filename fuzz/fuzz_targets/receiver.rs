//! A receiver against a model that keeps everything.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sandbar_exchange::{ErrorCode, Failure};
use sandbar_protocol::delta::{Incoming, Read, Receiver};
use sandbar_protocol::http::decode_base64;

#[derive(Arbitrary, Debug)]
enum Op {
    /// Skips some numbers, carries any text, may be terminal and clean or not.
    Delta(u8, String, Option<bool>),
    /// The delta that is due, with as many triples of bytes.
    Next(u8, Option<bool>),
    Read(u16),
    Grant,
    Disconnect,
}

/// Bytes in order, and whether the end was clean, once there is an end.
#[derive(Default)]
struct Model {
    bytes: Vec<u8>,
    seq: u64,
    credit: usize,
    clean: Option<bool>,
}

impl Model {
    fn delta(&mut self, seq: u64, base64: &str, end: Option<bool>) {
        let text = if end == Some(false) { "" } else { base64 };
        let due = |bytes: &Vec<u8>| seq == self.seq + 1 && bytes.len() <= self.credit;
        match (self.clean, decode_base64(text).ok().filter(due)) {
            (Some(_), _) => {}
            (None, None) => self.clean = Some(false),
            (None, Some(bytes)) => {
                self.seq = seq;
                self.credit -= bytes.len();
                self.bytes.extend(bytes);
                self.clean = end;
            }
        }
    }
}

fuzz_target!(|input: (u8, Vec<Op>)| {
    let window = usize::from(input.0);
    let mut model = Model { credit: window, ..Model::default() };
    let mut receiver = Receiver::new(Some(window));
    let mut read = Vec::new();
    for op in input.1 {
        let (seq, base64, end) = match op {
            Op::Delta(skip, base64, end) => (model.seq + u64::from(skip), base64, end),
            Op::Next(triples, end) => (model.seq + 1, "AAEC".repeat(triples.into()), end),
            Op::Read(max) => {
                match receiver.read(max.into()) {
                    Read::Data(bytes) => read.extend(bytes),
                    Read::Pending => assert!(max == 0 || read.len() == model.bytes.len()),
                    Read::End(end) => {
                        assert_eq!((&read, Some(end.is_ok())), (&model.bytes, model.clean));
                        assert!(end.is_err() || end.unwrap().bytes == Some(read.len() as u64));
                    }
                }
                continue;
            }
            Op::Grant => {
                model.credit += receiver.grant();
                assert!(model.credit + model.bytes.len() - read.len() <= window);
                continue;
            }
            Op::Disconnect => {
                receiver.handle_disconnect("cut");
                model.clean.get_or_insert(false);
                continue;
            }
        };
        model.delta(seq, &base64, end);
        let end =
            end.map(|clean| clean.then_some(()).ok_or(Failure::sent(ErrorCode::IncompleteBody)));
        let _ = receiver.handle_delta(Incoming { seq, base64: &base64, end }, 0);
        assert_eq!(receiver.queued(), model.bytes.len() - read.len());
    }
});
