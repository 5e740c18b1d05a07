//! The client's end: how much is asked for at once, and how much is held.

use sandbar_exchange::{BodySummary, ErrorCode, Failure};
use sandbar_protocol::client::{ClientSession, Event};
use sandbar_protocol::delta::Read;
use sandbar_protocol::extensions::{Extension, Extensions};
use sandbar_protocol::limits::{
    CONNECTION_RECEIVE_BYTES, MAX_CALLS, MAX_DELTA_BYTES, MAX_PIPELINED_CALLS, MAX_WINDOW_BYTES,
    MIN_WINDOW_BYTES, RECEIVE_HIGH_WATER_BYTES, WAITING_BYTES,
};
use serde_json::json;

use crate::support::{client, delta, get, head, sent_by_client, tell_client};

/// A delta of as many bytes as one may carry.
fn large_delta(name: &str, seq: u64) -> serde_json::Value {
    let base64 = format!("{}AA==", "AAAA".repeat(MAX_DELTA_BYTES / 3));
    delta(name, seq, &base64, false)
}

fn credit() -> Extensions {
    [Extension::Credit].into_iter().collect()
}

/// Catches the pipeline that stops a stock executor for ever, and calls that are never sent
/// because a cancelled one is still counted, or not counted although its response is due.
#[test]
fn a_stock_executor_has_a_limited_number_of_calls_to_answer() {
    let mut session = client(Extensions::NONE);
    let calls: Vec<_> = (0..400).map(|_| session.request(get("http://h/")).unwrap()).collect();
    assert_eq!(sent_by_client(&mut session).len(), MAX_PIPELINED_CALLS);
    session.cancel(calls[0]);
    assert!(session.poll_transmit().is_none());
    let mut sent = MAX_PIPELINED_CALLS;
    for rpc_id in 2..402 {
        tell_client(&mut session, &head(rpc_id));
        sent += sent_by_client(&mut session).len();
    }
    assert_eq!(sent, 400);
    let heads = std::iter::from_fn(|| session.poll_event());
    assert_eq!(heads.filter(|event| matches!(event, Event::Head { .. })).count(), 399);
}

/// Catches a client that fails a stream as stock clients do, or that never stops reading.
#[test]
fn a_slow_reader_stops_a_stock_executor_instead_of_failing() {
    let mut session = client(Extensions::NONE);
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &head(2));
    let mut seq = 0;
    while session.ready_for_input() {
        seq += 1;
        tell_client(&mut session, &large_delta("http-1", seq));
    }
    assert_eq!(seq as usize * MAX_DELTA_BYTES, RECEIVE_HIGH_WATER_BYTES);
    assert!(matches!(session.read(call, 1), Some(Read::Data(_))));
    assert!(session.ready_for_input());
}

/// Catches unread bytes that stay counted when nobody will read them any more.
#[test]
fn a_cancelled_body_makes_room() {
    let mut session = client(Extensions::NONE);
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    (1..=16).for_each(|seq| tell_client(&mut session, &large_delta("http-1", seq)));
    assert!(!session.ready_for_input());
    session.cancel(call);
    assert!(session.ready_for_input());
}

/// Catches memory that grows as long as the executor sends, where the caller does not look at
/// `ready_for_input`.
#[test]
fn a_flood_fails_its_stream_and_holds_no_more_than_the_limit() {
    let mut session = client(Extensions::NONE);
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &head(2));
    let fits = (CONNECTION_RECEIVE_BYTES / MAX_DELTA_BYTES) as u64;
    (1..=fits + 9).for_each(|seq| tell_client(&mut session, &large_delta("http-1", seq)));
    let mut held = 0;
    let end = loop {
        match session.read(call, usize::MAX).unwrap() {
            Read::Data(bytes) => held += bytes.len(),
            end => break end,
        }
    };
    assert_eq!(held, CONNECTION_RECEIVE_BYTES);
    assert!(matches!(end, Read::End(Err(Failure { code: ErrorCode::LimitExceeded(_), .. }))));
}

/// Catches a session whose memory of the URLs that it has sent has no limit, or is never freed.
#[test]
fn urls_that_wait_for_their_response_are_limited_in_bytes() {
    let mut session = client(Extensions::NONE);
    let url = format!("http://h/{}", "u".repeat(WAITING_BYTES / 4));
    let mut calls = Vec::new();
    for _ in 0..3 {
        calls.push(session.request(get(&url)).unwrap());
        session.poll_transmit().unwrap();
    }
    session.request(get(&url)).unwrap_err();
    tell_client(&mut session, &head(2));
    calls.push(session.request(get(&url)).unwrap());
    session.request(get(&url)).unwrap_err();
    session.cancel(calls[1]);
    session.request(get(&url)).unwrap();
}

/// Catches windows that are handed out without regard to the sum, or down to nothing.
#[test]
fn windows_shrink_as_streams_share_the_connection() {
    let mut session = client(credit());
    for _ in 0..MAX_CALLS {
        session.request(get("http://h/")).unwrap();
    }
    let windows: Vec<usize> = sent_by_client(&mut session)
        .iter()
        .map(|message| message["params"]["creditBytes"].as_u64().unwrap() as usize)
        .collect();
    assert_eq!(windows.len(), MAX_CALLS);
    assert_eq!(windows[0], MAX_WINDOW_BYTES);
    assert_eq!(windows[MAX_CALLS - 1], MIN_WINDOW_BYTES);
    assert!(windows.iter().sum::<usize>() <= 2 * CONNECTION_RECEIVE_BYTES);
}

/// Catches grants for bytes that nobody has read, and a client that forgets to grant.
#[test]
fn credit_is_granted_as_the_body_is_read() {
    let mut session = client(credit());
    let call = session.request(get("http://h/")).unwrap();
    session.poll_transmit().unwrap();
    tell_client(&mut session, &head(2));
    (1..=4).for_each(|seq| tell_client(&mut session, &large_delta("http-1", seq)));
    assert!(session.ready_for_input(), "the other streams have accounts of their own");
    assert!(session.poll_transmit().is_none());
    for _ in 0..2 {
        session.read(call, MAX_DELTA_BYTES);
    }
    let params = json!({"requestId": "http-1", "bytes": 2 * MAX_DELTA_BYTES});
    let grant = json!({"method": "http/request/credit", "params": params});
    assert_eq!(sent_by_client(&mut session), [grant]);
    (5..=6).for_each(|seq| tell_client(&mut session, &large_delta("http-1", seq)));
    tell_client(&mut session, &delta("http-1", 7, "YQ==", false));
    let end = end_of(&mut session, call);
    assert!(matches!(end, Err(Failure { code: ErrorCode::Protocol(_), .. })));
}

fn end_of(
    session: &mut ClientSession,
    call: sandbar_protocol::client::CallId,
) -> Result<BodySummary, Failure> {
    loop {
        match session.read(call, usize::MAX).unwrap() {
            Read::Data(_) => {}
            Read::Pending => panic!("the stream goes on"),
            Read::End(end) => return end,
        }
    }
}

/// Catches a shortcut for the usual shape of a delta that other shapes do not pass: members in
/// another order, members that are not known, white space.
#[test]
fn a_delta_is_read_whatever_the_shape_of_its_message() {
    for message in [
        r#"{"method":"http/request/bodyDelta","params":{"requestId":"http-1","seq":1,"deltaBase64":"aGk="}}"#,
        r#"{"params":{"deltaBase64":"aGk=","seq":1,"requestId":"http-1"},"method":"http/request/bodyDelta"}"#,
        r#"{"jsonrpc":"2.0","method":"http\/request\/bodyDelta","params":{"requestId":"http-1","seq":1,"deltaBase64":"aGk="}}"#,
        r#" { "method" : "http/request/bodyDelta" , "trace" : {} , "params" : { "requestId" : "http\u002d1" , "seq" : 1 , "deltaBase64" : "aGk\u003d" , "new" : [] } } "#,
    ] {
        let mut session = client(Extensions::NONE);
        let call = session.request(get("http://h/")).unwrap();
        session.poll_transmit().unwrap();
        tell_client(&mut session, &head(2));
        session.handle_message(message.as_bytes());
        assert_eq!(session.read(call, 64), Some(Read::Data(b"hi".to_vec())), "{message}");
    }
}
