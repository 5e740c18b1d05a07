use super::*;

const LIMIT: usize = 1 << 30;

/// How much is reserved once so many bytes of a body of the announced length have come, in chunks of
/// so many.
fn reserved(announced: usize, seen: usize, chunk: usize) -> usize {
    let mut buffer = Vec::new();
    for _ in 0..seen / chunk {
        assert!(feed_json(&mut buffer, announced, &vec![b' '; chunk], LIMIT).is_none());
    }
    buffer.capacity()
}

/// Catches an announcement that is believed, one that is not heeded although most of the body has
/// come, and a small body that is copied as it grows.
#[test]
fn an_announced_length_is_reserved_as_far_as_it_was_earned() {
    let eager = 1 << 20;
    assert_eq!(reserved(LIMIT, 1, 1), eager);
    assert_eq!(reserved(eager, 1, 1), eager);
    assert_eq!(reserved(eager / 2, 1, 1), eager / 2);
    assert_eq!(reserved(LIMIT, eager, 1 << 10), eager);
    assert_eq!(reserved(LIMIT, eager, eager), eager * RESERVE_FACTOR);
    assert_eq!(reserved(3 * eager, 2 * eager, eager), 3 * eager);
}

/// Catches a length that is taken for the truth, so that a body that goes on beyond it is lost, or
/// copied for every chunk.
#[test]
fn a_body_may_be_longer_than_it_was_announced() {
    let announced = 1 << 10;
    assert!(reserved(announced, 4 * announced, announced) >= 4 * announced);
    assert!(reserved(announced, announced + 1, 1) > announced + 1);
}

/// Catches a body that is taken for whole because nothing of it has come and nothing was announced.
#[test]
fn a_chunk_without_bytes_is_no_end() {
    let fields = vec![sandbar_exchange::Field::new("content-type", "application/json")];
    let head = Response { status: 200, fields, url: String::new() };
    let mut reply = Reply::begin(&head, LIMIT, Expected::Answer);
    reply.feed(b"");
    assert!(matches!(reply.next(), Part::NeedBytes));
}
