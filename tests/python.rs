//! Sessions with servers of the official Python SDK: of its last line that speaks the legacy era alone,
//! whose event streams end their lines with CRLF, and of the one that speaks both.

use crate::support::{
    patience::wait_for,
    pypi::{installed_package, requirements},
    sandbox,
    server_process::ServerProcess,
};
use futures::future::BoxFuture;
use sandbar::types::{Content, Elicitation, Era, ResourceBody, ToolResult};
use sandbar::{
    ConnectOptions, ElicitationAnswer, Error, Handler, Interest, RpcError, Sandbar, Session,
};
use tokio::process::Command;

/// The requirements of each line, and the era that it is found to speak.
const LINES: [(&str, Era); 2] = [("mcp-1", Era::Legacy), ("mcp-2", Era::Modern)];

async fn start(line: &'static str) -> ServerProcess {
    let packages = installed_package(line).await;
    let mut python = Command::new("python3");
    python.arg(requirements().join("server.py")).env("PYTHONPATH", packages);
    ServerProcess::start(&format!("the server of {line}, by `python3`"), python).await
}

/// Fills in nothing, so that the defaults are sent.
struct Consenting;

impl Handler for Consenting {
    fn elicited(
        &self,
        _elicitation: Elicitation,
        _problem: Option<String>,
    ) -> BoxFuture<'_, Result<ElicitationAnswer, RpcError>> {
        let nothing = ElicitationAnswer::Accept(Some("{}".to_owned()));
        Box::pin(std::future::ready(Ok(nothing)))
    }
}

async fn connect(sandbar: &Sandbar, url: String, era: Option<Era>) -> Session {
    let mut options =
        ConnectOptions::new(url).capabilities(r#"{"elicitation":{"form":{}}}"#).handler(Consenting);
    if let Some(era) = era {
        options = options.era(era);
    }
    wait_for("the session to open", sandbar.connect_with(options)).await.unwrap()
}

fn text(result: &ToolResult) -> &str {
    match &result.content[..] {
        [Content::Text(text)] => text,
        other => panic!("one text expected, got {other:?}"),
    }
}

/// Catches a client that knows the framing and the habits of one SDK.
#[tokio::test(flavor = "multi_thread")]
async fn everything_that_a_server_of_the_python_sdk_offers_can_be_had() {
    for (line, found) in LINES {
        let server = start(line).await;
        let sandbar = sandbox::builder().build().unwrap();
        for era in [None, Some(Era::Legacy)] {
            let session = connect(&sandbar, server.url(), era).await;
            assert_eq!(session.server().era, era.unwrap_or(found), "{line}");
            assert!(session.list_tools().await.unwrap().iter().any(|tool| tool.name == "echo"));
            let hello = r#"{"message":"hi \u00e9"}"#.to_owned();
            let result = session.call_tool("echo", Some(hello)).await.unwrap();
            assert_eq!(text(&result), "hi \u{e9}", "{line} {era:?}");

            let steps = Some(r#"{"steps":50}"#.to_owned());
            let request = session.call_tool("count", steps).with_progress();
            let mut call = request.start().await.unwrap();
            let mut seen = Vec::new();
            while let Some(notification) = call.notification().await {
                seen.extend(notification.progress.map(|progress| progress.progress));
            }
            assert_eq!(text(&call.await.unwrap()), "counted to 50");
            assert_eq!(seen, (1..=50).map(f64::from).collect::<Vec<_>>(), "{line} {era:?}");

            let contents = session.read_resource("demo://readme").await.unwrap();
            assert_eq!(contents[0].body, ResourceBody::Text("read me".to_owned()));
            let prompt = session.get_prompt("greet", Some(r#"{"name":"Ada"}"#.into())).await;
            assert_eq!(prompt.unwrap().messages[0].content, Content::Text("Greet Ada".to_owned()));
            if session.server().era == Era::Legacy {
                let answered = session.call_tool("age", None).into_future();
                let answered = wait_for("the answer", answered).await.unwrap();
                assert_eq!(text(&answered), "accept 30", "{line}");
            }
            session.close().await;
        }
    }
}

/// Catches a subscription that the SDK of another language does not take.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_python_sdk_takes_a_subscription() {
    let server = start("mcp-2").await;
    let sandbar = sandbox::builder().build().unwrap();
    let session = connect(&sandbar, server.url(), None).await;
    let interest = r#"{"notifications":{"toolsListChanged":true}}"#.to_owned();
    let mut call = session.request("subscriptions/listen", Some(interest)).start().await.unwrap();
    let first = wait_for("the acknowledgement", call.notification()).await.unwrap();
    assert_eq!(first.method, "notifications/subscriptions/acknowledged");
    drop(call);
    drop(session.watch(Interest { lists: true, resources: Vec::new() }).await.unwrap());
    session.close().await;
}

/// Catches a client that has to be started again with its server (rust-sdk 733, python-sdk 3556).
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_is_an_error_that_says_so() {
    let server = start("mcp-1").await;
    let sandbar = sandbox::builder().build().unwrap();
    let session = connect(&sandbar, server.url(), None).await;
    session.list_tools().await.unwrap();
    server.killed().await;
    let error = wait_for("the error", session.list_tools()).await.unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error:?}");
    session.close().await;
}
