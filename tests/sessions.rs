//! Sessions with a server of the official Rust SDK, in every mode and both eras.

use crate::support;
use sandbar::types::{Content, Era, ResourceBody};
use sandbar::{ConnectOptions, Error, Session};
use sandbar_demo::{DemoMode, DemoOptions, DemoServer};

async fn serve(mode: DemoMode) -> DemoServer {
    DemoServer::start(DemoOptions { mode, ..DemoOptions::default() }).await.unwrap()
}

/// Every mode of the server with every era that a client may choose.
const EVERY_WAY: [(DemoMode, Option<Era>); 6] = [
    (DemoMode::StatefulSse, None),
    (DemoMode::StatefulSse, Some(Era::Legacy)),
    (DemoMode::StatelessSse, None),
    (DemoMode::StatelessSse, Some(Era::Legacy)),
    (DemoMode::StatelessJson, None),
    (DemoMode::StatelessJson, Some(Era::Legacy)),
];

async fn connect(server: &DemoServer, era: Option<Era>) -> Session {
    let sandbar = support::sandbox::builder().build().unwrap();
    let mut options = ConnectOptions::new(server.url());
    if let Some(era) = era {
        options = options.era(era);
    }
    sandbar.connect_with(options).await.unwrap()
}

fn text(content: &[Content]) -> &str {
    match content {
        [Content::Text(text)] => text,
        other => panic!("one text expected, got {other:?}"),
    }
}

/// Catches a client that gets one of the modes or eras wrong: JSON where SSE
/// was expected, a session id where there is none.
#[tokio::test(flavor = "multi_thread")]
async fn tools_are_listed_and_called_in_every_mode_and_era() {
    for (mode, era) in EVERY_WAY {
        let server = serve(mode).await;
        let session = connect(&server, era).await;
        let tools = session.list_tools().await.unwrap();
        assert!(tools.iter().any(|tool| tool.name == "echo"), "{mode:?} {era:?}: {tools:?}");
        let result =
            session.call_tool("echo", Some(r#"{"message":"hi \u00e9"}"#.into())).await.unwrap();
        assert!(text(&result.content).contains("hi é"), "{mode:?} {era:?}: {result:?}");
        session.close().await;
        server.stop().await;
    }
}

/// Catches a raw result that was put together from its typed form, or that another request got.
#[tokio::test(flavor = "multi_thread")]
async fn a_raw_result_is_the_text_of_the_server() {
    let server = serve(DemoMode::StatefulSse).await;
    let session = connect(&server, None).await;
    let arguments = r#"{"message":"hi"}"#;
    let raw = session.call_tool("echo", Some(arguments.into())).raw().await.unwrap();
    let params = format!(r#"{{"name":"echo","arguments":{arguments}}}"#);
    let asked = session.request("tools/call", Some(params)).await.unwrap();
    assert_eq!(raw, asked);
    assert!(raw.contains(r#""resultType":"complete""#), "{raw}");
    for arguments in ["[1]", r#"{},"name":"fail""#] {
        let error = session.call_tool("echo", Some(arguments.into())).raw().await.unwrap_err();
        assert!(matches!(error, Error::InvalidParams(_)), "{error:?}");
    }
}

/// Catches progress that is lost, reordered, or delivered after the answer.
#[tokio::test(flavor = "multi_thread")]
async fn progress_arrives_in_order_and_before_the_answer() {
    for (mode, era) in EVERY_WAY {
        let server = serve(mode).await;
        let session = connect(&server, era).await;
        let arguments = r#"{"steps":200,"delay_ms":0}"#;
        let mut call = session
            .call_tool("count", Some(arguments.into()))
            .with_progress()
            .start()
            .await
            .unwrap();
        let mut seen = Vec::new();
        while let Some(notification) = call.notification().await {
            seen.extend(notification.progress.map(|progress| progress.progress));
        }
        let result = call.await.unwrap();
        assert!(!result.is_error, "{mode:?} {era:?}: {result:?}");
        let expected: Vec<f64> = (1..=200).map(f64::from).collect();
        if mode == DemoMode::StatelessJson && era == Some(Era::Legacy) {
            // Plain JSON has no room for notifications; the answer is there.
            assert!(seen.is_empty() || seen == expected, "{seen:?}");
        } else {
            assert_eq!(seen, expected, "{mode:?} {era:?}");
        }
        session.close().await;
    }
}

/// Catches progress that arrives out of order, or after the answer, where many calls are told of it at
/// the same time (rmcp makes a task of each notification).
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_notifications_of_each_of_many_calls_are_in_order() {
    let server = serve(DemoMode::StatefulSse).await;
    let session = connect(&server, None).await;
    let calls = (0..16).map(|_| {
        let session = session.clone();
        async move {
            let arguments = r#"{"steps":1000,"delay_ms":0}"#.to_owned();
            let request = session.call_tool("count", Some(arguments)).with_progress();
            let mut call = request.start().await.unwrap();
            let mut next = 1.0;
            while let Some(notification) = call.notification().await {
                let Some(progress) = notification.progress else { continue };
                assert_eq!(progress.progress, next);
                next += 1.0;
            }
            assert_eq!(next, 1001.0, "what is missing has not come before the answer");
            call.await.unwrap();
        }
    });
    futures::future::join_all(calls).await;
    session.close().await;
}

/// Catches a client that serialises calls: with one at a time, the slow one
/// would keep the others waiting for ever.
#[tokio::test(flavor = "multi_thread")]
async fn calls_run_concurrently_while_one_hangs() {
    for (mode, era) in EVERY_WAY {
        let server = serve(mode).await;
        let session = connect(&server, era).await;
        let hanging = session.call_tool("slow", None).start().await.unwrap();
        let mut started = server.slow_calls();
        started.wait_for(|calls| *calls == 1).await.unwrap();
        let calls = (0..32).map(|number| {
            let session = session.clone();
            async move {
                let arguments = format!(r#"{{"a":{number},"b":1}}"#);
                let result = session.call_tool("add", Some(arguments)).await.unwrap();
                assert_eq!(text(&result.content), (number + 1).to_string());
            }
        });
        futures::future::join_all(calls).await;
        drop(hanging);
        let mut cancelled = server.cancelled_calls();
        cancelled.wait_for(|calls| *calls == 1).await.unwrap();
    }
}

/// Catches a deadline that only stops the waiting, and leaves the server at it.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_times_out_is_cancelled_at_the_server() {
    for (mode, era) in EVERY_WAY {
        let server = serve(mode).await;
        let session = connect(&server, era).await;
        let timeout = std::time::Duration::from_millis(300);
        let error = session.call_tool("slow", None).timeout(timeout).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { after } if after == timeout), "{error:?}");
        let mut cancelled = server.cancelled_calls();
        cancelled.wait_for(|calls| *calls == 1).await.unwrap();
        let result = session.call_tool("add", Some(r#"{"a":1,"b":2}"#.into())).await.unwrap();
        assert_eq!(text(&result.content), "3");
    }
}

/// Catches resources and prompts that were never tried.
#[tokio::test(flavor = "multi_thread")]
async fn resources_and_prompts_are_listed_and_read() {
    for (mode, era) in EVERY_WAY {
        let server = serve(mode).await;
        let session = connect(&server, era).await;
        let resources = session.list_resources().await.unwrap();
        assert!(resources.iter().any(|resource| resource.uri == "demo://readme"));
        let readme = session.read_resource("demo://readme").await.unwrap();
        assert!(matches!(&readme[0].body, ResourceBody::Text(text) if !text.is_empty()));
        let pixel = session.read_resource("demo://pixel").await.unwrap();
        assert!(matches!(&pixel[0].body, ResourceBody::Blob(png) if png.starts_with(b"\x89PNG")));
        let prompts = session.list_prompts().await.unwrap();
        assert_eq!(prompts[0].name, "greet");
        let prompt = session.get_prompt("greet", Some(r#"{"name":"Ada"}"#.into())).await.unwrap();
        let said = format!("{:?}", prompt.messages);
        assert!(said.contains("Ada"), "{said}");
    }
}

/// Catches a limit on results that nobody asked for, and one that counts wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_result_of_fifteen_megabytes_arrives_whole_and_one_of_seventeen_names_the_limit() {
    for (mode, era) in EVERY_WAY {
        let server = serve(mode).await;
        let session = connect(&server, era).await;
        let arguments = r#"{"bytes":15000000}"#;
        let result = session.call_tool("large", Some(arguments.into())).await.unwrap();
        assert_eq!(text(&result.content).len(), 15_000_000, "{mode:?} {era:?}");
        let arguments = r#"{"bytes":17000000}"#;
        let error = session.call_tool("large", Some(arguments.into())).await.unwrap_err();
        assert!(
            matches!(&error, Error::MessageTooLarge { name, limit, .. }
                if name == "max-message-bytes" && *limit == 16 * 1024 * 1024),
            "{mode:?} {era:?}: {error:?}"
        );
        let result = session.call_tool("add", Some(r#"{"a":1,"b":2}"#.into())).await.unwrap();
        assert_eq!(text(&result.content), "3", "the session goes on");
    }
}

/// Catches an error of the tool taken for one of the protocol, and the reverse.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_tool_and_an_unknown_one_are_told_apart() {
    let server = serve(DemoMode::StatefulSse).await;
    let session = connect(&server, None).await;
    let result = session.call_tool("fail", None).await.unwrap();
    assert!(result.is_error);
    let error = session.call_tool("no-such-tool", None).await.unwrap_err();
    assert!(matches!(&error, Error::Rpc(rpc) if rpc.code == -32602), "{error:?}");
}

/// Catches a session that ends with its first clone, and one that leaks.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_as_long_as_its_last_clone() {
    let server = serve(DemoMode::StatefulSse).await;
    let session = connect(&server, Some(Era::Legacy)).await;
    drop(session.clone());
    session.call_tool("add", Some(r#"{"a":1,"b":2}"#.into())).await.unwrap();
    let other = session.clone();
    session.close().await;
    let error = other.list_tools().await.unwrap_err();
    assert!(matches!(error, Error::Closed), "{error:?}");
}
