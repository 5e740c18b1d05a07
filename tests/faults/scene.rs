//! A session with a server that breaks once.

use crate::support::{
    fault::{McpScript, Response, Script, json_rpc_response},
    fault_server::FaultServer,
    patience::wait_for,
    sandbox,
};
use sandbar::http::Proxies;
use sandbar::types::{Content, Era, ToolResult};
use sandbar::{Builder, ConnectOptions, Error, Request, Sandbar, Session};
use serde_json::json;

pub(super) const BOTH_ERAS: [Era; 2] = [Era::Modern, Era::Legacy];

/// The text of a [`good_answer`].
pub(super) const GOOD: &str = "whole";

/// A builder that no proxy of the environment stands in for a server of a test.
pub(super) fn builder() -> Builder {
    sandbox::builder().proxies(Proxies::none())
}

pub(super) fn sandbar() -> Sandbar {
    builder().build().unwrap()
}

/// A server of this era. Legacy ones have no session: what losing one means is another story.
pub(super) fn mcp(era: Era) -> McpScript {
    match era {
        Era::Modern => McpScript::modern(),
        Era::Legacy => McpScript::legacy().without_session(),
    }
}

pub(super) fn options(server: &FaultServer, era: Era) -> ConnectOptions {
    ConnectOptions::new(server.url("/mcp")).era(era)
}

pub(super) async fn open(server: &FaultServer, era: Era) -> Session {
    sandbar().connect_with(options(server, era)).await.unwrap()
}

/// The content of the result of a tool.
pub(super) fn good_result() -> serde_json::Value {
    json!({ "content": [{ "type": "text", "text": GOOD }] })
}

/// The JSON-RPC message with the result, for the id of the request.
pub(super) fn good_message() -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{}}}"#, good_result())
}

pub(super) fn good_answer() -> Response {
    json_rpc_response(good_result())
}

/// Waits for a call, and returns the text of its result.
pub(super) async fn text(call: Request<ToolResult>) -> Result<String, Error> {
    let result = wait_for("the call to end", call.into_future()).await?;
    match result.content.as_slice() {
        [Content::Text(text)] => Ok(text.clone()),
        other => panic!("one text expected, got {other:?}"),
    }
}

/// What a call comes to that the server answers like this, in each era. The call after it is
/// answered well, and must succeed: the session survives.
pub(super) async fn outcomes(answer: Script) -> [Result<String, Error>; 2] {
    let [modern, legacy] = BOTH_ERAS.map(|era| outcome(era, answer.clone()));
    [modern.await, legacy.await]
}

async fn outcome(era: Era, answer: Script) -> Result<String, Error> {
    let script =
        mcp(era).on("tools/call", Script::respond(good_answer())).on_call("tools/call", 0, answer);
    let server = FaultServer::start_mcp(script).await;
    let session = open(&server, era).await;
    let outcome = text(session.call_tool("t", None)).await;
    let next = text(session.call_tool("t", None)).await;
    assert!(matches!(&next, Ok(text) if text == GOOD), "{era:?}: {outcome:?}, then {next:?}");
    session.close().await;
    outcome
}

/// Asserts that a call fails that the server answers like this, in each era, for this cause, and
/// with these words.
pub(super) async fn assert_fails(answer: Script, cause: fn(&Error) -> bool, words: &[&str]) {
    for outcome in outcomes(answer).await {
        let error = outcome.unwrap_err();
        assert!(cause(&error), "{error:?}");
        assert_names(&error, words);
    }
}

/// Asserts that a call succeeds that the server answers like this, in each era.
pub(super) async fn assert_succeeds(answer: Script) {
    for outcome in outcomes(answer).await {
        assert_eq!(outcome.unwrap(), GOOD);
    }
}

/// Asserts that a person who reads the error learns its cause.
pub(super) fn assert_names(error: &Error, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{text:?} does not say {word:?}");
    }
}
