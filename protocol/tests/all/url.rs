//! Which URLs are refused before anybody dials them, and in which words.

use sandbar_protocol::extensions::Extensions;
use serde_json::json;

use crate::support::{sent, server, started, tell};

/// The text with which a request is refused; none if it is started.
fn refused(changes: &[(&str, serde_json::Value)]) -> Option<String> {
    let mut params = json!({"method": "GET", "url": "http://h/", "requestId": "r"});
    for (name, value) in changes {
        params[name] = value.clone();
    }
    let mut session = server(Extensions::NONE);
    tell(&mut session, &json!({"id": 1, "method": "http/request", "params": params}));
    let Some(answer) = sent(&mut session).pop() else {
        started(&mut session);
        return None;
    };
    assert_eq!(answer["error"]["code"], -32602);
    Some(answer["error"]["message"].as_str().unwrap().to_owned())
}

/// Catches words that a stock executor does not use, a scheme that is compared in one case only,
/// and a colon anywhere that is taken for the end of a scheme.
#[test]
fn a_url_that_nobody_can_dial_is_refused_in_the_words_of_a_stock_executor() {
    let relative = "http/request url is invalid: relative URL without a base";
    let empty = "http/request url is invalid: empty host";
    for (url, expected) in [
        ("", relative),
        ("/relative", relative),
        ("h", relative),
        ("//h/a:b", relative),
        (":80/", relative),
        ("1http://h/", relative),
        ("ht tp://h/", relative),
        ("http", relative),
        ("http:", empty),
        ("http://", empty),
        ("HTTPS:///", empty),
        ("http://?q", empty),
        ("http://#f", empty),
        ("  http://  ", empty),
        ("ftp://h/", "http/request only supports http and https URLs, got ftp"),
        ("FILE:///etc", "http/request only supports http and https URLs, got file"),
        ("h:80/", "http/request only supports http and https URLs, got h"),
        ("a+b-c.1:x", "http/request only supports http and https URLs, got a+b-c.1"),
    ] {
        assert_eq!(refused(&[("url", url.into())]).as_deref(), Some(expected), "{url:?}");
    }
}

/// Catches a check that judges more of a URL than its scheme and authority, where whoever dials
/// takes it or words the cause.
#[test]
fn the_rest_of_a_url_is_left_to_whoever_dials() {
    for url in [
        "http://h",
        "HTTP://h/",
        "https://[::1]:1/?q#f",
        "http://u:p@h/",
        "http://h:99999/",
        "http:h",
        "http:///h",
        "http:\\\\h\\x",
        " http://h/ ",
    ] {
        assert_eq!(refused(&[("url", url.into())]), None, "{url:?}");
    }
}

/// Catches another order of the checks: of several mistakes, a stock executor names the first.
#[test]
fn the_body_is_judged_before_the_method_the_url_and_the_fields() {
    let body = ("bodyBase64", json!("!"));
    let method = ("method", json!("GE T"));
    let url = ("url", json!("ftp://h/"));
    let fields = ("headers", json!([{"name": "a b", "value": ""}]));
    let mistakes = [body, method, url, fields];
    let first = |from: usize| refused(&mistakes[from..]).unwrap();
    assert!(first(0).starts_with("Invalid "), "{}", first(0));
    assert!(first(1).contains("method"), "{}", first(1));
    assert!(first(2).contains("ftp"), "{}", first(2));
    assert!(first(3).contains("header name"), "{}", first(3));
}

/// Catches words that a stock executor does not use of a number where text belongs: it knows but one
/// kind of them.
#[test]
fn any_number_is_called_a_number() {
    for number in [json!(1), json!(-1), json!(1.5)] {
        let words = "invalid type: number, expected a string";
        assert_eq!(refused(&[("method", number)]).as_deref(), Some(words));
    }
}
