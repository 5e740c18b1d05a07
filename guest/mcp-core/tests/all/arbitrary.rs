//! Servers that say anything at all.

use proptest::prelude::*;
use sandbar_mcp_core::{ErrorCode, Failure, Session, SessionConfig, typed};

use crate::script::{Reply, Script, config, legacy, modern, outgoing};

/// Pieces of what servers say, right and wrong.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "data: ", "\n\n", "\n", "id: 1\n", "event: endpoint\n", "retry: 1\n", ": x\n",
            r#"{"jsonrpc":"2.0","id":$ID,"result":"#, r#"{"content":[{"type":"text"}]}"#,
            r#"{"supportedVersions":["2026-07-28"]}"#, r#"{"protocolVersion":"2025-11-25"}"#,
            r#""error":{"code":-32000,"message":"Session not found"}"#, r#""id":"$ID""#, "{", "}",
            "[", "]", ",", "null", "\u{FEFF}", r#""\ud800""#, r#""method":"ping","id":7"#,
            r#""method":"notifications/progress","params":{"progressToken":$ID}"#,
            r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":-32022,"data":{"supported":[]}}}"#,
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    prop::sample::select(vec![
        Failure::sent(ErrorCode::IncompleteBody),
        Failure::sent(ErrorCode::IdleTimeout),
        Failure::sent(ErrorCode::TotalTimeout),
        Failure::sent(ErrorCode::ConnectionFailed("x".into())),
        Failure::unsent(ErrorCode::ConnectionFailed("x".into())),
        Failure::unsent(ErrorCode::ConnectionRefused),
    ])
}

fn reply() -> impl Strategy<Value = Reply> {
    let status = prop::sample::select(vec![
        200_u16, 200, 200, 202, 204, 301, 400, 401, 404, 405, 410, 429, 500, 503,
    ]);
    let media_type =
        prop::sample::select(vec!["application/json", "text/event-stream", "text/html", ""]);
    let field = prop::option::of(prop::sample::select(vec![
        ("content-encoding", "gzip"),
        ("content-encoding", "deflate"),
        ("content-encoding", "br"),
        ("content-length", "5"),
        ("mcp-session-id", "s9"),
        ("retry-after", "1"),
        ("set-cookie", "a=b; Path=/; Max-Age=x"),
        ("www-authenticate", "Bearer"),
    ]));
    let chunks = prop::collection::vec(prop::collection::vec(piece(), 0..8), 0..4);
    let end = prop::option::of(failure());
    let answered = (status, media_type, field, chunks, end).prop_map(
        |(status, media_type, field, chunks, end)| {
            let reply = Reply::new(status, media_type, "");
            let reply = match field {
                Some((name, value)) => reply.field(name, value),
                None => reply,
            };
            let reply = chunks.into_iter().fold(reply, |reply, chunk| reply.chunk(chunk.concat()));
            match end {
                Some(failure) => reply.broken(failure),
                None => reply,
            }
        },
    );
    prop_oneof![4 => answered, 1 => failure().prop_map(Reply::failure)]
}

/// Replies, and silence after them.
fn server() -> impl Strategy<Value = Vec<Reply>> {
    let silence = || Reply::failure(Failure::sent(ErrorCode::FirstByteTimeout));
    prop::collection::vec(reply(), 0..12)
        .prop_map(move |replies| replies.into_iter().chain((0..40).map(|_| silence())).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Catches an opening that panics, goes on for ever or asks something out of turn.
    #[test]
    fn every_opening_ends(replies in server()) {
        let mut session = Session::new(SessionConfig { era: None, ..config() }).unwrap();
        let call = session.open();
        let _ = Script::new(replies).run_leniently(&mut session, call);
    }

    /// Catches a call that panics, has no outcome, or whose result nobody could read; and a request
    /// that reaches the server a second time where it may have run.
    #[test]
    fn every_call_has_an_outcome(
        replies in server(),
        is_modern in any::<bool>(),
        method in prop::sample::select(vec!["tools/call", "tools/list", "x/y"]),
    ) {
        let mut session = if is_modern { modern() } else { legacy() };
        let call = session.request(outgoing(method, Some(r#"{"name":"t"}"#))).unwrap();
        let outcome = Script::new(replies).run_leniently(&mut session, call);
        if let Ok(result) = outcome {
            let raw = serde_json::from_str::<&serde_json::value::RawValue>(&result);
            prop_assert!(raw.is_ok(), "{}", result);
            let _ = typed::ToolPage::parse(&result);
            let _ = typed::ToolResult::parse(result);
        }
    }
}
