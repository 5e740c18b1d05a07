//! Servers that stop in the middle of things.

use super::scene::{BOTH_ERAS, GOOD, assert_names, good_answer, mcp, open, options, sandbar, text};
use crate::support::{
    fault::{Chunk, Response, Script},
    fault_server::FaultServer,
};
use sandbar::types::Era;
use sandbar::{Error, HttpError, HttpFailure};
use std::time::Duration;

/// Long enough for a loopback exchange to begin, short enough to wait for.
const SHORT: Duration = Duration::from_millis(150);

/// The error of a call with a short idle timeout, of which the server sends only this much. The
/// server must see that the client has left, and the session must go on.
async fn silence_after(era: Era, part: Script) -> Error {
    let script = mcp(era).on("tools/call", Script::respond(good_answer())).on_call(
        "tools/call",
        0,
        part.hang(),
    );
    let server = FaultServer::start_mcp(script).await;
    let session = open(&server, era).await;
    let error = text(session.call_tool("t", None).idle_timeout(SHORT)).await.unwrap_err();
    server.closed_early(0).await;
    assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
    error
}

/// Catches a wait without an end, and one that ends on our side alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_runs_into_the_first_byte_timeout() {
    for era in BOTH_ERAS {
        let error = silence_after(era, Script::new()).await;
        assert!(
            matches!(error, Error::Http(HttpFailure { code: HttpError::FirstByteTimeout, .. })),
            "{error:?}"
        );
        assert_names(&error, &["did not begin to answer in time"]);
        let head = Script::new().send(b"HTTP/1.1 200 OK\r\ncontent-");
        let error = silence_after(era, head).await;
        assert!(
            matches!(error, Error::Http(HttpFailure { code: HttpError::FirstByteTimeout, .. })),
            "{error:?}"
        );
    }
}

/// Catches a deadline that ends with the head of the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_in_its_answer_runs_into_the_idle_timeout() {
    for era in BOTH_ERAS {
        for part in [
            Script::respond(Response::json(200, "{").declared_length(100)),
            Script::respond(Response::event_stream()),
            Script::respond(Response::event_stream()).send(Chunk::new("data: {\"jsonrpc\"")),
        ] {
            let error = silence_after(era, part).await;
            assert!(
                matches!(error, Error::Http(HttpFailure { code: HttpError::IdleTimeout, .. })),
                "{error:?}"
            );
            assert_names(&error, &["silent for too long"]);
        }
    }
}

/// Catches an opening that waits for ever, and an idle timeout that only calls have.
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_with_a_silent_server_runs_into_the_idle_timeout_of_the_session() {
    for era in BOTH_ERAS {
        let server = FaultServer::start(|_| Script::new().hang()).await;
        let options = options(&server, era).idle_timeout(SHORT);
        let error = sandbar().connect_with(options).await.unwrap_err();
        assert!(
            matches!(error, Error::Http(HttpFailure { code: HttpError::FirstByteTimeout, .. })),
            "{error:?}"
        );
        server.closed_early(0).await;
    }
}

/// Catches a deadline of the call that liveliness extends, or that only stops the waiting: this
/// server sends comments for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_lively_server_without_an_answer_runs_into_the_timeout_of_the_call() {
    for era in BOTH_ERAS {
        let endless = Script::new()
            .send(Response::event_stream())
            .send_repeatedly(b"8\r\n: busy\n\n\r\n", u64::MAX);
        let script = mcp(era).on("tools/call", Script::respond(good_answer())).on_call(
            "tools/call",
            0,
            endless,
        );
        let server = FaultServer::start_mcp(script).await;
        let session = open(&server, era).await;
        let call = session.call_tool("t", None).timeout(SHORT).idle_timeout(Duration::MAX);
        let error = text(call).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { after } if after == SHORT), "{error:?}");
        assert_names(&error, &["no answer within 150ms"]);
        server.closed_early(0).await;
        assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
    }
}
