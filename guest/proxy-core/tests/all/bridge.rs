//! A legacy agent in front of a modern server.

use crate::script::Both;
use sandbar_proxy_core::{Error, limits};

const LISTEN: &str = "subscriptions/listen";
const LISTS: &str = r#"{"tools":{"listChanged":true}}"#;
const ACKNOWLEDGED: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{}}"#;
const CHANGED: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}}"#;
const WATCH: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"x:y"}}"#;

/// Lets the pause end that the proxy waits for, if it waits. Says whether the server is asked again.
fn is_asked_again(both: &mut Both) -> bool {
    let before = both.times(LISTEN);
    if both.waits.is_empty() {
        return false;
    }
    both.proxy.handle_timer();
    both.act();
    both.times(LISTEN) > before
}

/// Catches a server that is asked for ever what it refuses every time, with an error in place of a
/// status.
#[test]
fn a_server_that_refuses_to_tell_of_changes_is_not_asked_for_ever() {
    let mut both = Both::bridged(LISTS);
    for asked in 1..=limits::LISTENING_TRIES {
        let call = both.call(LISTEN);
        both.waits.clear();
        both.answers(call, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#);
        assert!(is_asked_again(&mut both), "{asked}");
    }
    let call = both.call(LISTEN);
    both.waits.clear();
    both.answers(call, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#);
    assert!(!is_asked_again(&mut both));
}

/// Catches resources that are asked for again by which the server refused the whole, and an agent that
/// is told of no list because of them.
#[test]
fn a_server_that_refuses_the_resources_is_asked_for_the_lists_alone() {
    let mut both = Both::bridged(LISTS);
    both.says(WATCH);
    assert!(both.sent.last().unwrap().1.contains("x:y"));
    let call = both.call(LISTEN);
    both.answers(call, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#);
    assert!(is_asked_again(&mut both));
    assert!(!both.sent.last().unwrap().1.contains("x:y"));
}

/// Catches a stream that breaks, as streams do, and is taken for one that the server refused: the agent
/// would hear of its resources no more.
#[test]
fn a_stream_that_breaks_is_asked_for_with_the_resources_again() {
    let mut both = Both::bridged(LISTS);
    both.says(WATCH);
    let call = both.call(LISTEN);
    both.hears(call, ACKNOWLEDGED);
    both.ends(call, Err(Error::NoAnswer));
    assert!(is_asked_again(&mut both));
    assert!(both.sent.last().unwrap().1.contains("x:y"));
}

/// Catches a stream that is taken for one that tells something because it was acknowledged: a server
/// that ends it at once would be asked at the same pace for ever. And catches one that is given up, or
/// asked for slowly once it has told something.
#[test]
fn a_stream_that_tells_nothing_is_asked_for_more_and_more_seldom() {
    let mut both = Both::bridged(LISTS);
    for _ in 0..20 {
        let call = both.call(LISTEN);
        both.answers(call, ACKNOWLEDGED);
        assert!(is_asked_again(&mut both));
    }
    let longest = limits::LISTENING_PAUSE * 32;
    assert_eq!(both.waits[..3], [1, 2, 4].map(|times| limits::LISTENING_PAUSE * times));
    assert_eq!(both.waits.last(), Some(&longest));
    let call = both.call(LISTEN);
    both.hears(call, ACKNOWLEDGED);
    both.answers(call, CHANGED);
    assert_eq!(both.last(), CHANGED);
    assert_eq!(both.waits.last(), Some(&limits::LISTENING_PAUSE));
}
