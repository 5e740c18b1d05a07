//! Answers that are larger than a session accepts.

use super::scene::{
    BOTH_ERAS, GOOD, assert_fails, assert_names, good_answer, good_message, mcp, options, sandbar,
    text,
};
use crate::support::{
    fault::{Chunk, Response, Script},
    fault_server::FaultServer,
};
use sandbar::error::HttpLimit;
use sandbar::types::Era;
use sandbar::{Error, HttpError, HttpFailure};

/// What the sessions of these tests accept, in bytes, unless a test says otherwise.
const LIMIT: u64 = 1024 * 1024;

/// Asserts that an answer is refused at `limit`, though the server would go on for ever: that it
/// sees its connection closed, and that the session goes on.
async fn assert_too_large(era: Era, limit: u64, answer: Script, is_seen: fn(u64) -> bool) {
    let script =
        mcp(era).on("tools/call", Script::respond(good_answer())).on_call("tools/call", 0, answer);
    let server = FaultServer::start_mcp(script).await;
    let options = options(&server, era).max_message_bytes(limit);
    let session = sandbar().connect_with(options).await.unwrap();
    let error = text(session.call_tool("t", None)).await.unwrap_err();
    match &error {
        Error::MessageTooLarge { name, limit: reached, seen } => {
            assert_eq!((name.as_str(), *reached), ("max-message-bytes", limit));
            assert!(is_seen(*seen), "{seen}");
        }
        other => panic!("{other:?}"),
    }
    assert_names(&error, &["max-message-bytes", &limit.to_string()]);
    server.closed_early(0).await;
    assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
}

/// Catches a client that downloads what it has been told is too much.
#[tokio::test(flavor = "multi_thread")]
async fn an_announced_length_beyond_the_limit_is_refused_before_the_body() {
    for era in BOTH_ERAS {
        let head = Response::json(200, "").declared_length(17_000_000);
        let answer = Script::respond(head).hang();
        assert_too_large(era, 16 * 1024 * 1024, answer, |seen| seen == 17_000_000).await;
    }
}

/// Catches a JSON body that is collected for ever because it announces no length.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_json_body_is_cut_off_at_the_limit() {
    for era in BOTH_ERAS {
        let spaces = endless(b' ');
        let answer = Script::respond(Response::json(200, "").chunks_follow());
        let answer = answer.send_repeatedly(spaces, u64::MAX);
        assert_too_large(era, LIMIT, answer, is_just_above).await;
    }
}

/// Catches limits that hold for events but not for their lines, and the other way round.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_line_and_an_endless_event_are_cut_off_at_the_limit() {
    for era in BOTH_ERAS {
        let stream = || Script::new().send(Response::event_stream());
        let line = stream().send(Chunk::new("data: ")).send_repeatedly(endless(b'x'), u64::MAX);
        assert_too_large(era, LIMIT, line, is_just_above).await;
        let lines = "data: 12345678\n".repeat(1024).into_bytes();
        let event = stream().send_repeatedly(framed(lines), u64::MAX);
        assert_too_large(era, LIMIT, event, is_just_above).await;
    }
}

/// Within a read or two of the limit.
const fn is_just_above(seen: u64) -> bool {
    seen > LIMIT && seen < 2 * LIMIT
}

fn endless(byte: u8) -> Vec<u8> {
    framed(vec![byte; 16 * 1024])
}

/// The bytes as one chunk.
fn framed(data: Vec<u8>) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), &data, b"\r\n"].concat()
}

/// Catches comments that count as part of an event, which they are none of: a stream that is kept
/// alive for days is no message.
#[tokio::test(flavor = "multi_thread")]
async fn comments_do_not_count() {
    let comment = framed(format!(":{}\n\n", "-".repeat(16 * 1024)).into_bytes());
    let server = FaultServer::start_mcp(
        mcp(Era::Modern).on(
            "tools/call",
            Script::new()
                .send(Response::event_stream())
                .send_repeatedly(comment, 2 * LIMIT / (16 * 1024))
                .send(Chunk::new(format!("data: {}\n\n", good_message())))
                .hang(),
        ),
    )
    .await;
    let options = options(&server, Era::Modern).max_message_bytes(LIMIT);
    let session = sandbar().connect_with(options).await.unwrap();
    assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
}

/// Catches heads that are kept whatever their size, and a limit that is blamed on the server's
/// HTTP.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_header_fields_is_a_limit() {
    let is_limit = |error: &Error| {
        matches!(error, Error::Http(HttpFailure { code: HttpError::LimitExceeded(HttpLimit { setting: name, value }), .. })
            if name == "response_head" && *value == Some(256 * 1024))
    };
    for flood in [good_answer().field_flood(300, 4), good_answer().field_flood(20, 32 * 1024)] {
        // The client leaves while the server may still be sending.
        assert_fails(Script::respond(flood), is_limit, &["response_head", "262144"]).await;
    }
}
