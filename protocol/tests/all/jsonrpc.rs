//! Messages and lines.

use proptest::prelude::*;
use sandbar_protocol::jsonrpc::{
    ErrorObject, LineDecoder, LineTooLong, Message, ParseError, RequestId, error_response, response,
};
use serde_json::json;

/// Catches a parser that tells requests from notifications by the method, or that takes a
/// `null` result for a missing one.
#[test]
fn the_members_present_decide_the_kind_of_a_message() {
    let parse = |text: &'static str| Message::parse(text.as_bytes()).unwrap();
    assert!(matches!(parse(r#"{"id":1,"method":"m"}"#), Message::Request { .. }));
    assert!(matches!(parse(r#"{"method":"m","params":{}}"#), Message::Notification { .. }));
    assert!(matches!(parse(r#"{"id":1,"result":null}"#), Message::Response { .. }));
    let error = parse(r#"{"error":{"code":-1,"message":"x"},"id":1}"#);
    assert!(matches!(error, Message::Error { .. }));
}

/// Catches a parser that lets a message be two things, or none.
#[test]
fn members_of_several_kinds_are_refused() {
    for text in [
        r#"{"id":1}"#,
        r#"{}"#,
        r#"{"method":"m","result":1,"id":1}"#,
        r#"{"id":1,"result":1,"error":{"code":1,"message":""}}"#,
        r#"{"result":1}"#,
    ] {
        let outcome = Message::parse(text.as_bytes());
        assert!(matches!(outcome, Err(ParseError::Kind)), "{text}");
    }
}

/// Catches a strict parser: stock peers send `trace`, others `jsonrpc`.
#[test]
fn unknown_members_are_ignored() {
    let text = r#"{"jsonrpc":"2.0","trace":{"traceparent":"00-"},"id":"a","method":"m"}"#;
    let Message::Request { id, params, .. } = Message::parse(text.as_bytes()).unwrap() else {
        panic!("not a request");
    };
    assert_eq!(id, RequestId::String("a".into()));
    assert!(params.is_none());
}

/// Catches ids that are rounded, taken as absent, or kept at any length.
#[test]
fn ids_that_are_no_short_string_and_no_integer_are_refused() {
    let long = format!(r#""{}""#, "x".repeat(257));
    for id in ["1.5", "null", "true", "9223372036854775808", "[1]", &long] {
        let text = format!(r#"{{"id":{id},"method":"m"}}"#);
        let outcome = Message::parse(text.as_bytes());
        assert!(matches!(outcome, Err(ParseError::Id)), "{id}");
    }
}

/// Catches a writer that adds `jsonrpc` or puts members in another order than stock executors.
#[test]
fn replies_have_the_members_of_stock_executors_in_their_order() {
    let id = RequestId::Number(7);
    assert_eq!(response(&id, &json!({"a": 1})), r#"{"id":7,"result":{"a":1}}"#);
    let error = ErrorObject::new(-32600, "no");
    let expected = r#"{"error":{"code":-32600,"message":"no"},"id":7}"#;
    assert_eq!(error_response(&id, &error), expected);
}

/// Catches a decoder that waits for the newline before it counts.
#[test]
fn a_line_over_the_limit_is_refused_before_its_end_arrives() {
    let mut decoder = LineDecoder::new(4);
    let mut input: &[u8] = b"1234\n123";
    assert_eq!(decoder.next_line(&mut input).unwrap().unwrap(), &b"1234"[..]);
    assert!(decoder.next_line(&mut input).unwrap().is_none());
    let mut input: &[u8] = b"45";
    let error = decoder.next_line(&mut input).unwrap_err();
    assert_eq!(error, LineTooLong { limit: 4 });
    assert_eq!(error.to_string(), "line is longer than 4 bytes");
}

/// Catches a decoder that drops a last line without a newline, or invents one from white space.
#[test]
fn the_end_of_the_stream_ends_the_last_line() {
    let mut decoder = LineDecoder::new(8);
    let mut input: &[u8] = b"a\n {} ";
    decoder.next_line(&mut input).unwrap().unwrap();
    assert!(decoder.next_line(&mut input).unwrap().is_none());
    assert_eq!(decoder.finish().unwrap(), b" {} ");

    let mut decoder = LineDecoder::new(8);
    let mut input: &[u8] = b" \r";
    assert!(decoder.next_line(&mut input).unwrap().is_none());
    assert!(decoder.finish().is_none());
}

proptest! {
    /// Catches a decoder whose lines depend on where the transport cut the bytes, or that
    /// passes blank lines on.
    #[test]
    fn lines_do_not_depend_on_how_the_bytes_were_split(
        text in "[ab\\r \\n]{0,60}",
        cuts in prop::collection::vec(1_usize..9, 0..60),
    ) {
        let mut expected: Vec<Vec<u8>> = text.split('\n').map(|line| line.as_bytes().to_vec()).collect();
        let last = expected.pop().unwrap();
        let blank = |line: &Vec<u8>| line.iter().all(u8::is_ascii_whitespace);
        expected.retain(|line| !blank(line));

        let mut decoder = LineDecoder::new(100);
        let mut lines = Vec::new();
        let mut rest = text.as_bytes();
        let mut cuts = cuts.into_iter();
        while !rest.is_empty() {
            let (mut chunk, after) = rest.split_at(cuts.next().unwrap_or(7).min(rest.len()));
            rest = after;
            while let Some(line) = decoder.next_line(&mut chunk).unwrap() {
                lines.push(line.into_owned());
            }
        }
        prop_assert_eq!(lines, expected);
        prop_assert_eq!(decoder.finish(), Some(last).filter(|line| !blank(line)));
    }
}
