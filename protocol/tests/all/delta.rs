//! The two ends of one stream.

use sandbar_exchange::{ErrorCode, Failure, SequenceError};
use sandbar_protocol::delta::{Incoming, Outgoing, Read, Receiver, Sender, Violation};
use sandbar_protocol::limits::{
    CONNECTION_RECEIVE_BYTES, DELTA_BYTES, MAX_DELTA_BYTES, SEND_BUFFER_BYTES,
};

use crate::support::summary;

const ROOM: usize = CONNECTION_RECEIVE_BYTES;

fn data(seq: u64, base64: &str) -> Incoming<'_> {
    Incoming { seq, base64, end: None }
}

fn clean_end(seq: u64) -> Incoming<'static> {
    Incoming { seq, base64: "", end: Some(Ok(())) }
}

fn deltas(sender: &mut Sender) -> Vec<Outgoing> {
    std::iter::from_fn(|| sender.poll_delta()).collect()
}

/// Catches numbering from 0, a terminal delta that repeats a number, and a second terminal one.
#[test]
fn deltas_count_from_one_and_the_last_is_terminal() {
    let mut sender = Sender::new(None);
    sender.push(b"a".to_vec());
    let first = sender.poll_delta();
    assert_eq!(first, Some(Outgoing::Data { seq: 1, bytes: b"a".to_vec() }));
    sender.finish(Ok(()));
    sender.finish(Err(Failure::sent(ErrorCode::Cancelled)));
    assert_eq!(deltas(&mut sender), [Outgoing::End { seq: 2, outcome: Ok(()) }]);
}

/// Catches a sender that needs bytes to number a delta.
#[test]
fn an_empty_body_is_one_terminal_delta() {
    let mut sender = Sender::new(Some(0));
    sender.push(Vec::new());
    assert_eq!(sender.poll_delta(), None);
    sender.finish(Ok(()));
    assert_eq!(deltas(&mut sender), [Outgoing::End { seq: 1, outcome: Ok(()) }]);
}

/// Catches one delta per chunk, which overruns the 256 frames that a stock client queues.
#[test]
fn small_chunks_that_wait_become_few_deltas() {
    let mut sender = Sender::new(None);
    for byte in 0..50_000_u32 {
        sender.push(byte.to_be_bytes().to_vec());
    }
    let sent = deltas(&mut sender);
    assert_eq!(sent.len(), 200_000_usize.div_ceil(DELTA_BYTES));
    let bytes: Vec<u8> = sent.into_iter().flat_map(into_bytes).collect();
    let expected: Vec<u8> = (0..50_000_u32).flat_map(u32::to_be_bytes).collect();
    assert_eq!(bytes, expected);
}

fn into_bytes(delta: Outgoing) -> Vec<u8> {
    match delta {
        Outgoing::Data { bytes, .. } => bytes,
        Outgoing::End { .. } => Vec::new(),
    }
}

/// Catches a sender that hands a large chunk through whole.
#[test]
fn a_large_chunk_is_split() {
    let mut sender = Sender::new(None);
    let body: Vec<u8> = (0..3 * DELTA_BYTES + 1).map(|byte| byte as u8).collect();
    sender.push(body.clone());
    let sent = deltas(&mut sender);
    assert_eq!(sent.len(), 4);
    let chunks: Vec<Vec<u8>> = sent.into_iter().map(into_bytes).collect();
    assert!(chunks.iter().all(|chunk| chunk.len() <= DELTA_BYTES));
    assert_eq!(chunks.concat(), body);
}

/// Catches credit that is checked per delta but not spent, and a terminal delta that needs some.
#[test]
fn no_byte_leaves_without_credit_but_the_end_does() {
    let mut sender = Sender::new(Some(3));
    assert_eq!(sender.room(), 3);
    sender.push(b"abc".to_vec());
    assert_eq!(sender.room(), 0);
    assert_eq!(sender.poll_delta().map(into_bytes).unwrap(), b"abc");
    assert_eq!((sender.room(), sender.is_ready()), (0, false));
    sender.grant(2);
    sender.push(b"defg".to_vec());
    assert_eq!(sender.poll_delta().map(into_bytes).unwrap(), b"de");
    assert_eq!(sender.poll_delta(), None);
    sender.finish(Ok(()));
    assert_eq!(sender.poll_delta(), None, "the end overtook bytes");
    sender.grant(2);
    assert_eq!(deltas(&mut sender).len(), 2);
}

/// Catches a window that is only as large as the last grant, or that wraps.
#[test]
fn grants_add_up_without_wrapping() {
    let mut sender = Sender::new(Some(u64::MAX));
    sender.grant(u64::MAX);
    assert_eq!(sender.room(), SEND_BUFFER_BYTES);
}

/// Catches a cancellation that first sends what nobody wants any more.
#[test]
fn an_abort_drops_what_is_queued() {
    let mut sender = Sender::new(None);
    sender.push(b"abc".to_vec());
    sender.finish(Ok(()));
    sender.abort(Failure::sent(ErrorCode::Cancelled));
    let outcome = Err(Failure::sent(ErrorCode::Cancelled));
    assert_eq!(deltas(&mut sender), [Outgoing::End { seq: 1, outcome }]);
    sender.abort(Failure::sent(ErrorCode::TotalTimeout));
    assert_eq!(deltas(&mut sender), []);
}

/// Catches a receiver that calls the end of the bytes a clean end, or miscounts.
#[test]
fn a_clean_end_counts_bytes_and_deltas() {
    let mut receiver = Receiver::new(None);
    receiver.handle_delta(data(1, "aGVs"), ROOM).unwrap();
    receiver.handle_delta(data(2, ""), ROOM).unwrap();
    receiver.handle_delta(data(3, "bG8="), ROOM).unwrap();
    assert_eq!(receiver.read(usize::MAX), Read::Data(b"hello".to_vec()));
    assert_eq!(receiver.read(usize::MAX), Read::Pending);
    receiver.handle_delta(clean_end(4), ROOM).unwrap();
    assert_eq!(receiver.read(usize::MAX), Read::End(Ok(summary(5, 2))));
}

/// Catches a receiver that skips over a gap, takes a repeat, or starts at 0; and one that loses
/// what came in order before.
#[test]
fn a_delta_out_of_order_is_reported_with_both_numbers() {
    for received in [0, 1, 3, u64::MAX] {
        let mut receiver = Receiver::new(None);
        receiver.handle_delta(data(1, "YQ=="), ROOM).unwrap();
        let violation = receiver.handle_delta(data(received, "Yg=="), ROOM).unwrap_err();
        let error = SequenceError { expected: 2, received };
        assert_eq!(violation, Violation::Sequence(error));
        // Ignored, though it is the number that was due.
        receiver.handle_delta(data(2, "Yg=="), ROOM).unwrap();
        assert_eq!(receiver.read(usize::MAX), Read::Data(b"a".to_vec()));
        let failure = Failure::sent(ErrorCode::Sequence(error));
        assert_eq!(receiver.read(usize::MAX), Read::End(Err(failure)));
    }
}

/// Catches a first number that is taken as the start, whatever it is.
#[test]
fn the_first_delta_must_be_number_one() {
    for received in [0, 2] {
        let mut receiver = Receiver::new(None);
        let violation = receiver.handle_delta(data(received, "YQ=="), ROOM).unwrap_err();
        let error = SequenceError { expected: 1, received };
        assert_eq!(violation, Violation::Sequence(error));
    }
}

/// Catches a receiver that drops the bytes of a terminal delta, or yields them twice.
#[test]
fn bytes_in_a_clean_terminal_delta_count() {
    let mut receiver = Receiver::new(None);
    let last = Incoming { seq: 1, base64: "YQ==", end: Some(Ok(())) };
    receiver.handle_delta(last, ROOM).unwrap();
    assert_eq!(receiver.read(usize::MAX), Read::Data(b"a".to_vec()));
    assert_eq!(receiver.read(usize::MAX), Read::End(Ok(summary(1, 1))));
    assert_eq!(receiver.read(usize::MAX), Read::End(Ok(summary(1, 1))));
}

/// Catches a receiver that passes on what came beside an error.
#[test]
fn bytes_beside_an_error_are_dropped() {
    let mut receiver = Receiver::new(None);
    let incomplete = Failure::sent(ErrorCode::IncompleteBody);
    let end = Some(Err(incomplete.clone()));
    receiver.handle_delta(Incoming { seq: 1, base64: "YQ==", end }, ROOM).unwrap();
    assert_eq!(receiver.read(usize::MAX), Read::End(Err(incomplete)));
}

/// Catches an end that is replaced by a later one.
#[test]
fn only_the_first_end_counts() {
    let mut receiver = Receiver::new(None);
    receiver.handle_delta(clean_end(1), ROOM).unwrap();
    let end = Some(Err(Failure::sent(ErrorCode::IncompleteBody)));
    receiver.handle_delta(Incoming { seq: 2, base64: "", end }, ROOM).unwrap();
    receiver.handle_disconnect("late");
    assert_eq!(receiver.read(1), Read::End(Ok(summary(0, 0))));
}

/// Catches a disconnection that hides queued bytes, or that shows as a wrong number.
#[test]
fn a_disconnection_comes_after_what_was_received() {
    let mut receiver = Receiver::new(None);
    receiver.handle_delta(data(1, "YWI="), ROOM).unwrap();
    receiver.handle_disconnect("reset");
    assert_eq!(receiver.read(1), Read::Data(b"a".to_vec()));
    assert_eq!(receiver.read(1), Read::Data(b"b".to_vec()));
    let lost = Failure::sent(ErrorCode::Disconnected("reset".into()));
    assert_eq!(receiver.read(1), Read::End(Err(lost)));
}

/// Catches a cap that is off by one, or that counts base64.
#[test]
fn a_delta_may_carry_the_cap_and_no_byte_more() {
    let base64 = |bytes: usize| match bytes % 3 {
        0 => "AAAA".repeat(bytes / 3),
        1 => format!("{}AA==", "AAAA".repeat(bytes / 3)),
        _ => format!("{}AAA=", "AAAA".repeat(bytes / 3)),
    };
    let mut receiver = Receiver::new(None);
    receiver.handle_delta(data(1, &base64(MAX_DELTA_BYTES)), ROOM).unwrap();
    let violation = receiver.handle_delta(data(2, &base64(MAX_DELTA_BYTES + 1)), ROOM);
    assert_eq!(violation, Err(Violation::Oversize));
    assert_eq!(receiver.queued(), MAX_DELTA_BYTES);
}

/// Catches a lenient decoder, which would read bytes that nobody sent.
#[test]
fn base64_is_strict() {
    for text in ["_-8=", "YQ", "YWJj\n", "!!!", "YR=="] {
        let mut receiver = Receiver::new(None);
        let violation = receiver.handle_delta(data(1, text), ROOM);
        assert!(matches!(violation, Err(Violation::Base64(_))), "{text:?}");
    }
}

/// Catches credit that is not enforced, or that counts bytes already granted again.
#[test]
fn a_sender_that_overruns_its_credit_breaks_its_stream() {
    let mut receiver = Receiver::new(Some(4));
    receiver.handle_delta(data(1, "YWJj"), 0).unwrap();
    let violation = receiver.handle_delta(data(2, "YWI="), 0);
    assert_eq!(violation, Err(Violation::Overrun { credit: 1 }));
    let words = "delta overran the credit of 1 bytes".to_owned();
    assert_eq!(Failure::from(violation.unwrap_err()), Failure::sent(ErrorCode::Protocol(words)));
}

/// Catches a grant for every read, and one for bytes that are still queued.
#[test]
fn what_was_read_is_granted_again_once_it_is_half_the_window() {
    let mut receiver = Receiver::new(Some(6));
    receiver.handle_delta(data(1, "YWJjZGVm"), 0).unwrap();
    receiver.read(2);
    assert!(!receiver.wants_grant());
    receiver.read(1);
    assert!(receiver.wants_grant());
    assert_eq!(receiver.grant(), 3);
    assert!(!receiver.wants_grant());
    receiver.handle_delta(data(2, "Z2hp"), 0).unwrap();
    let violation = receiver.handle_delta(data(3, "ag=="), 0);
    assert_eq!(violation, Err(Violation::Overrun { credit: 0 }));
}

/// Catches a grant of nothing, which would be a message for nothing.
#[test]
fn nothing_is_granted_before_anything_was_read() {
    for window in [0, 1] {
        assert!(!Receiver::new(Some(window)).wants_grant());
    }
    assert_eq!(Receiver::new(None).grant(), 0);
}

/// Catches a stream without credit that grows past what its connection holds.
#[test]
fn a_stream_without_credit_is_held_to_the_room_of_its_connection() {
    let mut receiver = Receiver::new(None);
    receiver.handle_delta(data(1, "YWI="), 2).unwrap();
    assert_eq!(receiver.handle_delta(data(2, "YWI="), 1), Err(Violation::Flood));
}
