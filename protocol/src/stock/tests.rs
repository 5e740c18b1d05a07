use super::*;
use alloc::vec;

fn other(text: &str) -> ErrorCode {
    ErrorCode::Other(text.into())
}

fn limit(value: Option<u64>) -> ErrorCode {
    ErrorCode::LimitExceeded(Limit { setting: "calls".into(), value })
}

/// What is said of each failure, and what a client makes of it that knows nothing but words.
fn sentences() -> [(ErrorCode, &'static str, ErrorCode); 18] {
    let failed = |cause: &str| ErrorCode::ConnectionFailed(cause.into());
    [
        (ErrorCode::Dns("d".into()), "name did not resolve: d", failed("name did not resolve: d")),
        (ErrorCode::ConnectionRefused, "connection refused", failed("connection refused")),
        (failed("c"), "connection failed: c", failed("connection failed: c")),
        (ErrorCode::ConnectTimeout, "connect timed out", ErrorCode::TotalTimeout),
        (ErrorCode::Tls("t".into()), "tls failed: t", failed("tls failed: t")),
        (ErrorCode::FirstByteTimeout, "first byte timed out", ErrorCode::TotalTimeout),
        (ErrorCode::IdleTimeout, "body timed out while idle", ErrorCode::TotalTimeout),
        (ErrorCode::TotalTimeout, "request timed out", ErrorCode::TotalTimeout),
        (ErrorCode::Protocol("p".into()), "protocol violated: p", failed("protocol violated: p")),
        (
            ErrorCode::IncompleteBody,
            "error decoding response body",
            failed("error decoding response body"),
        ),
        (limit(Some(3)), "limit calls of 3 reached", failed("limit calls of 3 reached")),
        (limit(None), "limit calls reached", failed("limit calls reached")),
        (
            ErrorCode::Redirect("too many redirects".into()),
            "too many redirects",
            ErrorCode::Redirect("too many redirects".into()),
        ),
        (
            ErrorCode::Sequence(SequenceError { expected: 2, received: 1 }),
            "received seq 1, expected 2",
            failed("received seq 1, expected 2"),
        ),
        (
            ErrorCode::Disconnected("d".into()),
            "executor disconnected: d",
            failed("executor disconnected: d"),
        ),
        (ErrorCode::Cancelled, "cancelled", failed("cancelled")),
        (
            ErrorCode::Peer(PeerError { code: -32601, message: "m".into() }),
            "executor answered -32601: m",
            failed("executor answered -32601: m"),
        ),
        (other("o"), "o", failed("o")),
    ]
}

/// Catches words that change for stock clients, which match on them and log them, and a failure
/// before its response that such a client would not try again.
#[test]
fn what_failed_is_said_in_these_words_and_understood_from_them() {
    for (error, words, understood) in sentences() {
        let said = say(&error, Stage::Head);
        assert_eq!(said, (-32603, format!("http/request failed: {words}")));
        assert_eq!(understand(said.0, &said.1), Failure::sent(understood));
    }
}

/// Catches a broken body that a client would send its request again for, or takes for a failed
/// connection.
#[test]
fn a_buffered_body_that_broke_is_understood_as_incomplete() {
    for (error, words, _) in sentences() {
        let said = say(&error, Stage::BufferedBody);
        let message = format!("failed to read http/request response body: {words}");
        assert_eq!(said, (-32603, message));
        assert_eq!(understand(said.0, &said.1), Failure::sent(ErrorCode::IncompleteBody));
    }
}

/// Catches a terminal delta in other words than the error of a call has, and one whose words are
/// lost on the way.
#[test]
fn the_end_of_a_stream_is_said_in_the_same_words() {
    for (error, words, _) in sentences() {
        let understood = match &error {
            ErrorCode::IncompleteBody => error.clone(),
            _ => other(words),
        };
        assert_eq!(say_end(&error), words);
        assert_eq!(understand_end(words), Failure::sent(understood));
    }
}

/// Catches a refusal that a client would repeat in vain, one that is thought processed, and a
/// relay that says the name of the method twice.
#[test]
fn what_is_refused_is_not_said_to_have_failed() {
    let invalid = |reason: &str| ErrorCode::InvalidRequest(reason.into());
    let relative = "http/request url is invalid: relative URL without a base";
    for (error, message) in [
        (invalid("url is invalid: relative URL without a base"), relative),
        (invalid(relative), relative),
        (ErrorCode::Denied("no rule".into()), "http/request denied by policy: no rule"),
    ] {
        for stage in [Stage::Head, Stage::BufferedBody] {
            let said = say(&error, stage);
            assert_eq!(said, (-32602, message.to_string()));
            assert_eq!(understand(said.0, &said.1), Failure::unsent(invalid(message)));
        }
    }
    assert_eq!(say_end(&ErrorCode::Denied("no rule".into())), "denied by policy: no rule");
}

/// Catches a sentence of the protocol's own that is not recognised as one when it is relayed.
#[test]
fn a_refusal_of_the_protocol_is_relayed_as_it_is() {
    let name = "x".to_string();
    for refusal in [
        InvalidRequest::Method,
        InvalidRequest::Url("empty host".into()),
        InvalidRequest::Scheme("ftp".into()),
        InvalidRequest::Field(FieldError::Name),
        InvalidRequest::Field(FieldError::Value { name: name.clone() }),
        InvalidRequest::Field(FieldError::NotText { name: name.clone() }),
        InvalidRequest::EnvironmentVariable { field: name.clone(), variable: name.clone() },
        InvalidRequest::StreamActive(name),
        InvalidRequest::StreamIdTooLong,
    ] {
        let words = refusal.to_string();
        let said = say(&understand(code::INVALID_PARAMS, &words).code, Stage::Head);
        assert_eq!(said, (code::INVALID_PARAMS, words));
    }
}

/// Catches an error of another kind that is taken for a failed exchange, and a text of a peer that
/// is kept however long it is.
#[test]
fn an_error_that_fits_no_sentence_is_the_peers_own() {
    for (code, message) in [(-32600, "x"), (-32601, "http/request failed: x"), (-32603, "x")] {
        let peer = ErrorCode::Peer(PeerError { code, message: message.into() });
        assert_eq!(understand(code, message), Failure::sent(peer));
    }
    let long = "x".repeat(1 << 20);
    let said = vec![
        understand(-32602, &long),
        understand(-32603, &long),
        understand(-32603, &format!("{FAILED}{long}")),
        understand(-32603, &format!("{FAILED}{REDIRECT}{long}")),
        understand_end(&long),
    ];
    for failure in said {
        assert!(failure.to_string().len() < 10_000);
    }
}
