//! Refusals, and answers that come from something that is no MCP server.

use super::scene::{
    BOTH_ERAS, GOOD, assert_fails, assert_names, assert_succeeds, good_answer, good_message, open,
    options, sandbar, text,
};
use crate::support::{
    fault::{McpScript, Response, Script},
    fault_server::FaultServer,
};
use sandbar::types::Era;
use sandbar::{Error, StatusError};

fn status(error: &Error) -> &StatusError {
    match error {
        Error::Status(status) => status,
        other => panic!("a status expected, got {other:?}"),
    }
}

/// Catches a status that is taken for another failure or an answer, and one whose body, which
/// says why, gets lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_status_is_kept_with_the_beginning_of_its_body() {
    for code in [400, 403, 404, 429, 500, 503] {
        let answer = Response::new(code).field("content-type", "text/plain").body("because");
        for outcome in super::scene::outcomes(Script::respond(answer)).await {
            let error = outcome.unwrap_err();
            let status = status(&error);
            assert_eq!((status.status, status.preview.as_str()), (code, "because"));
            assert_eq!(status.content_type.as_deref(), Some("text/plain"));
            assert_names(&error, &["HTTP status", &code.to_string()]);
        }
    }
}

/// Catches an opening that loses the status, or runs through all eras when no such path exists.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_does_not_exist_fails_the_opening_with_its_status() {
    let server = FaultServer::start(|_| Script::respond(Response::new(404).body("no"))).await;
    let error = sandbar().connect(&server.url("/mpc")).await.unwrap_err();
    assert_eq!(status(&error).status, 404);
    assert_names(&error, &["404"]);
    // Both eras have been tried, the older transport of the older one too, and nothing else.
    assert_eq!(server.requests().len(), 3);
}

/// Catches challenges that are dropped, or of which only the first is kept: without them nobody
/// can log in.
#[tokio::test(flavor = "multi_thread")]
async fn an_unauthorized_request_keeps_every_challenge() {
    const CHALLENGES: [&str; 2] =
        [r#"Bearer resource_metadata="https://auth.example/x", scope="a b""#, "Basic realm=\"r\""];
    let refusal = Response::new(401)
        .field("www-authenticate", CHALLENGES[0])
        .field("WWW-Authenticate", CHALLENGES[1]);
    let is_challenged = |error: &Error| status(error).www_authenticate == CHALLENGES;
    assert_fails(Script::respond(refusal.clone()), is_challenged, &["401"]).await;

    let server = FaultServer::start(move |_| Script::respond(refusal.clone())).await;
    let error = sandbar().connect(&server.url("/mcp")).await.unwrap_err();
    assert!(is_challenged(&error), "{error:?}");
    assert_eq!(server.requests().len(), 1, "credentials are missing in every era");
}

/// Catches a login page that is parsed as JSON, so that the error is about a `<`.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_place_of_an_answer_is_named_and_quoted() {
    let page = Response::new(200)
        .field("content-type", "text/html; charset=utf-8")
        .body("<html><title>Log in</title>");
    let is_invalid = |error: &Error| matches!(error, Error::InvalidMessage(_));
    let words = ["text/html", "<title>Log in</title>"];
    assert_fails(Script::respond(page.clone()), is_invalid, &words).await;
    for era in BOTH_ERAS {
        let page = page.clone();
        let server = FaultServer::start(move |_| Script::respond(page.clone())).await;
        let error = sandbar().connect_with(options(&server, era)).await.unwrap_err();
        assert!(is_invalid(&error), "{error:?}");
        assert_names(&error, &words);
    }
}

/// Catches a coded body that is refused or reported as broken text: the client asks for no coding,
/// and content delivery networks apply one all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_answer_is_read_and_one_that_cannot_be_is_named() {
    // Coded before the id of the request is known; the only answer needs none.
    let message = good_message().replace("{id}", "null");
    assert_succeeds(Script::respond(Response::json(200, message).gzip())).await;
    let is_invalid = |error: &Error| matches!(error, Error::InvalidMessage(_));
    let unknown = good_answer().field("content-encoding", "br");
    assert_fails(Script::respond(unknown), is_invalid, &["content-encoding", "br"]).await;
}

/// Catches a session that is over when the server forgot it: 404 refuses the call before it ran.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_refused_because_the_session_is_forgotten_is_made_in_a_new_one() {
    let script = McpScript::legacy().on("tools/call", Script::respond(good_answer())).on_call(
        "tools/call",
        0,
        Script::respond(Response::new(404)),
    );
    let server = FaultServer::start_mcp(script).await;
    let session = open(&server, Era::Legacy).await;
    assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
    let openings = server.requests().into_iter().filter_map(|request| request.rpc_method());
    assert_eq!(openings.filter(|method| method == "initialize").count(), 2);
}
