//! Requests that the agent gives up before the server has been sent them.

use crate::script::{Both, NO_SESSION, cancellation, modern};

/// Catches a request that is carried although it was given up in the same read: what is dropped before
/// it has begun goes out all the same, and the tool runs.
#[test]
fn what_is_given_up_in_the_same_read_is_never_sent() {
    let legacy = r#"{"jsonrpc":"2.0","id":"a","method":"tools/call"}"#;
    for request in [modern("a", "tools/call", ""), legacy.to_owned()] {
        for mut both in [Both::new(), Both::bridged("{}"), Both::parked(64 * 1024)] {
            let before = both.sent.len();
            let request = request.replace(r#""id":"a""#, r#""id":"b""#);
            both.says(&format!("{request}\n{}", cancellation("b")));
            assert_eq!(both.sent.len(), before, "{:?}", both.sent.last());
            assert_eq!(both.cancelled, []);
            // Its id is free again.
            both.says(&request);
            assert_eq!(both.sent.len(), before + 1);
        }
    }
}

/// Catches a cancellation that finds nothing to drop where the request was carried already.
#[test]
fn what_is_given_up_later_is_dropped() {
    let mut both = Both::new();
    both.says(&modern("a", "tools/call", ""));
    both.says(&cancellation("a"));
    assert_eq!(both.cancelled, [both.call("tools/call")]);
    assert_eq!(both.sent.len(), 1);
}

/// Catches a call that is made once the session is open although it was given up before, and a session
/// that is given up with the only call that waited for it.
#[test]
fn what_is_given_up_while_a_session_is_opened_is_never_sent_in_it() {
    let mut both = Both::new();
    both.says(&modern("a", "tools/call", ""));
    both.answers(both.call("tools/call"), NO_SESSION);
    both.says(&cancellation("a"));
    both.opens();
    assert_eq!((both.times("tools/call"), both.told.len()), (1, 0));
    both.says(&modern("b", "x/later", ""));
    assert_eq!(
        both.sent.last().unwrap().1,
        r#"{"jsonrpc":"2.0","id":"b","method":"x/later","params":{}}"#
    );
    assert!(both.proxy.poll_action().is_none());
}
