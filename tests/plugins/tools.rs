//! What a plugin for tools sees, changes, answers and denies.

use super::{assert_denied, builder, everywhere, script, server, tools};
use crate::support::fault_server::FaultServer;
use sandbar::types::Content;
use sandbar::{Error, Processed, Session};
use sandbar_demo::{DemoOptions, DemoServer};

/// Asserts what a call comes to, in the typed form and in the two that are JSON.
async fn assert_text(session: &Session, tool: &str, arguments: &str, expected: &str) {
    let result = session.call_tool(tool, Some(arguments.to_owned())).await.unwrap();
    assert_eq!(result.content, [Content::Text(expected.to_owned())]);
    let raw = session.call_tool(tool, Some(arguments.to_owned())).raw().await.unwrap();
    let params = format!(r#"{{"name":"{tool}","arguments":{arguments},"_meta":{{"x":1}}}}"#);
    let untyped = session.request("tools/call", Some(params)).await.unwrap();
    for json in [raw, untyped] {
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["content"][0]["text"], expected, "{json}");
        assert_eq!(json["content"].as_array().unwrap().len(), 1, "{json}");
    }
}

/// Catches a form of a call, or of a list, that gets past the plugin, and an executor with which it
/// is not asked.
#[tokio::test(flavor = "multi_thread")]
async fn lists_calls_and_results_pass_the_plugin_in_every_form() {
    for target in everywhere() {
        let server = DemoServer::start(DemoOptions::default()).await.unwrap();
        let sandbar = builder().plugin(tools()).executor(target).build().unwrap();
        let session = sandbar.connect(&server.url()).await.unwrap();
        let arguments = r#"{"message":"a secret"}"#;
        assert_text(&session, "echo", arguments, "a [removed]").await;
        assert_text(&session, "answered", "{}", "secret of the plugin").await;
        let listed = session.list_tools().await.unwrap();
        assert!(listed.iter().any(|tool| tool.name == "echo"), "{listed:?}");
        assert!(!listed.iter().any(|tool| tool.name == "slow"), "{listed:?}");
        let raw = session.request("tools/list", None).await.unwrap();
        let raw: serde_json::Value = serde_json::from_str(&raw).unwrap();
        let names: Vec<_> =
            raw["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
        let typed: Vec<_> = listed.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, typed);
        session.close().await;
    }
}

/// Catches a call that is made although it was denied, a denial that does not say whose it is, and
/// ways to a result that no plugin is shown.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_denies_is_not_done() {
    for target in everywhere() {
        let server = server().await;
        let sandbar = builder().plugin(tools()).executor(target).build().unwrap();
        let session = sandbar.connect(&server.url("/mcp")).await.unwrap();
        let denied = session.call_tool("fail", None).await.unwrap_err();
        assert_denied(&denied, "the plugin `censor` denies it: it only fails", Processed::Never);
        let params = Some(r#"{"name":"fail"}"#.to_owned());
        let denied = session.request("tools/call", params).await.unwrap_err();
        assert_denied(&denied, "the plugin `censor` denies it: it only fails", Processed::Never);
        for method in ["tasks/get", "tasks/result"] {
            let denied = session.request(method, None).await.unwrap_err();
            let words = format!("`{method}` gets results of tools past a plugin for tools");
            assert_denied(&denied, &words, Processed::Never);
        }
        let smuggled = r#"{"name":"any","task":{"ttl":1000}}"#.to_owned();
        let refused = session.request("tools/call", Some(smuggled)).await.unwrap_err();
        assert!(matches!(refused, Error::InvalidParams(_)), "{refused:?}");
        assert!(!called(&server), "{:?}", server.requests());
        let kept = session.call_tool("any", Some(r#"{"x":"keep it"}"#.to_owned()));
        let denied = kept.await.unwrap_err();
        let words = "the plugin `censor` denies it: the result was to be kept";
        assert_denied(&denied, words, Processed::Possibly);
        assert!(called(&server));
    }
}

fn called(server: &FaultServer) -> bool {
    server.requests().iter().any(|request| request.operation() == "tools/call")
}

/// Catches JSON of a plugin that is none and reaches whoever asked, in the typed form as well.
#[tokio::test(flavor = "multi_thread")]
async fn json_of_a_plugin_that_is_none_reaches_nobody() {
    let server = FaultServer::start_mcp(script()).await;
    let sandbar = builder().plugin(tools()).build().unwrap();
    let session = sandbar.connect(&server.url("/mcp")).await.unwrap();
    let typed = session.call_tool("nonsense", None).await.unwrap_err();
    let raw = session.call_tool("nonsense", None).raw().await.unwrap_err();
    for error in [typed, raw] {
        assert!(matches!(&error, Error::Internal(text) if text.contains("a plugin")), "{error:?}");
    }
}

/// Catches an adapter that has calls wait for one another, loses their progress, or keeps a call that
/// was given up.
#[tokio::test(flavor = "multi_thread")]
async fn calls_run_at_a_time_and_have_their_progress() {
    let server = DemoServer::start(DemoOptions::default()).await.unwrap();
    let sandbar = builder().plugin(tools()).build().unwrap();
    let session = sandbar.connect(&server.url()).await.unwrap();
    let slow = session.call_tool("slow", Some(r#"{"seconds":60}"#.to_owned()));
    let slow = slow.start().await.unwrap();
    let arguments = r#"{"steps":3,"delay_ms":0}"#.to_owned();
    let call = session.call_tool("count", Some(arguments)).with_progress();
    let mut call = call.start().await.unwrap();
    let mut steps = 0;
    while call.notification().await.is_some() {
        steps += 1;
    }
    assert_eq!(steps, 3);
    assert!(!call.await.unwrap().is_error);
    drop(slow);
    session.close().await;
}
