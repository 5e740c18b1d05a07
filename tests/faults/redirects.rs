//! Answers that point elsewhere.

use super::scene::{
    BOTH_ERAS, GOOD, assert_names, good_answer, mcp, open, options, outcomes, sandbar, text,
};
use crate::support::{
    fault::{Response, Script},
    fault_server::FaultServer,
};
use sandbar::types::Era;
use sandbar::{Error, HttpError, HttpFailure, Session};

/// A server that answers calls at `/mcp` with a redirect, and well at `/moved`.
async fn moved(era: Era, status: u16) -> FaultServer {
    let script = mcp(era).on("tools/call", Script::respond(good_answer()));
    FaultServer::start(move |request| {
        let is_call = request.rpc_method().as_deref() == Some("tools/call");
        if is_call && request.target == "/mcp" {
            return Script::respond(Response::redirect(status, "moved"));
        }
        script.script_for(request)
    })
    .await
}

/// Catches a client that follows by GET, without the body, or without credentials where it may
/// keep them (RFC 9110, sections 15.4.8 and 15.4.9).
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_within_the_origin_keeps_method_content_and_fields() {
    for era in BOTH_ERAS {
        for status in [307, 308] {
            let server = moved(era, status).await;
            let options = options(&server, era).field("authorization", "Bearer t");
            let session = sandbar().connect_with(options).await.unwrap();
            assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
            let requests = server.requests();
            let [.., asked, again] = requests.as_slice() else { panic!("{requests:?}") };
            assert_eq!((asked.target.as_str(), again.target.as_str()), ("/mcp", "/moved"));
            assert_eq!((asked.method.as_str(), again.method.as_str()), ("POST", "POST"));
            assert_eq!((&asked.body, &asked.fields), (&again.body, &again.fields));
            assert_eq!(again.field("authorization"), Some("Bearer t"));
        }
    }
}

/// Catches a POST that is repeated where the server asked for a GET (RFC 9110, section 15.4.4).
#[tokio::test(flavor = "multi_thread")]
async fn see_other_is_followed_by_get_without_content() {
    let server = moved(Era::Modern, 303).await;
    let session = open(&server, Era::Modern).await;
    // This server has nothing for GET.
    let error = text(session.call_tool("t", None)).await.unwrap_err();
    assert!(matches!(&error, Error::Status(status) if status.status == 405), "{error:?}");
    let last = server.requests().pop().unwrap();
    assert_eq!((last.method.as_str(), last.target.as_str()), ("GET", "/moved"));
    assert!(last.body.is_empty());
    assert_eq!((last.field("content-type"), last.field("content-length")), (None, None));
}

/// Asserts that the policy denied the way from `from` to `to`, and that nobody came there.
fn assert_denied(error: &Error, from: &FaultServer, to: &FaultServer) {
    assert!(
        matches!(error, Error::Http(HttpFailure { code: HttpError::Denied(_), .. })),
        "{error:?}"
    );
    assert_names(error, &["denied by policy", &from.url(""), &to.url("")]);
    assert_eq!(to.connections(), 0);
}

/// Catches a policy that is asked about the first hop only, and a denial that does not say what
/// was denied.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_another_origin_is_denied_and_nobody_comes_there() {
    for era in BOTH_ERAS {
        for status in [301, 302, 303, 307, 308] {
            let other = FaultServer::start(|_| Script::respond(good_answer())).await;
            let redirect = Script::respond(Response::redirect(status, &other.url("/mcp")));
            let script = mcp(era).on("tools/call", Script::respond(good_answer())).on_call(
                "tools/call",
                0,
                redirect,
            );
            let server = FaultServer::start_mcp(script).await;
            let session = open(&server, era).await;
            let error = text(session.call_tool("t", None)).await.unwrap_err();
            assert_denied(&error, &server, &other);
            assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
        }
    }
}

/// The same for the first request of all.
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_is_redirected_to_another_origin_is_denied() {
    let other = FaultServer::start(|_| Script::respond(good_answer())).await;
    let location = other.url("/mcp");
    let server =
        FaultServer::start(move |_| Script::respond(Response::redirect(307, &location))).await;
    let opened: Result<Session, Error> = sandbar().connect(&server.url("/mcp")).await;
    assert_denied(&opened.unwrap_err(), &server, &other);
}

/// Catches a chase that only a timeout ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_loop_ends_at_the_limit() {
    for era in BOTH_ERAS {
        let redirect = Script::respond(Response::redirect(307, "/mcp"));
        let server = FaultServer::start_mcp(mcp(era).on("tools/call", redirect)).await;
        let session = open(&server, era).await;
        let error = text(session.call_tool("t", None)).await.unwrap_err();
        assert!(
            matches!(error, Error::Http(HttpFailure { code: HttpError::Redirect(_), .. })),
            "{error:?}"
        );
        assert_names(&error, &["too many redirects", "10"]);
        let requests = server.requests();
        let calls = requests.iter().filter_map(|request| request.rpc_method());
        assert_eq!(calls.filter(|method| method == "tools/call").count(), 11);
    }
}

/// Catches a client that opens whatever scheme a server names, and one that asks the policy about
/// what it should not even understand.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_what_is_not_http_is_not_followed() {
    for (location, word) in [
        ("file:///etc/passwd", "file"),
        ("unix:/run/docker.sock", "unix"),
        ("http://user:secret@127.0.0.1/", "user information"),
        ("http://[::1junk/", "invalid URL"),
    ] {
        for outcome in outcomes(Script::respond(Response::redirect(307, location))).await {
            let error = outcome.unwrap_err();
            assert!(
                matches!(error, Error::Http(HttpFailure { code: HttpError::Redirect(_), .. })),
                "{error:?}"
            );
            assert_names(&error, &["redirect", word]);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
