//! Sessions with the official `server-everything`: legacy, stateful, resumable.

use crate::support::{self, everything::EverythingServer};
use sandbar::types::{Content, Era};

/// Catches a client that speaks only with servers of its own kind: era fallback,
/// priming events, CRLF or not, progress, resources and prompts of another SDK.
#[tokio::test(flavor = "multi_thread")]
async fn the_everything_server_is_listed_called_read_and_prompted() {
    let server = EverythingServer::start().await;
    let sandbar = support::sandbox::builder().build().unwrap();
    let session = sandbar.connect(&server.url()).await.unwrap();
    assert_eq!(session.server().era, Era::Legacy);

    let tools = session.list_tools().await.unwrap();
    assert!(tools.iter().any(|tool| tool.name == "echo"), "{tools:?}");
    let result = session.call_tool("echo", Some(r#"{"message":"hi"}"#.into())).await.unwrap();
    assert!(
        matches!(&result.content[..], [Content::Text(text)] if text.contains("hi")),
        "{result:?}"
    );

    let arguments = r#"{"duration":1,"steps":4}"#;
    let mut call = session
        .call_tool("trigger-long-running-operation", Some(arguments.into()))
        .with_progress()
        .start()
        .await
        .unwrap();
    let mut seen = Vec::new();
    while let Some(notification) = call.notification().await {
        seen.extend(notification.progress.map(|progress| progress.progress));
    }
    assert_eq!(seen, [1.0, 2.0, 3.0, 4.0]);
    let result = call.await.unwrap();
    assert!(!result.is_error, "{result:?}");

    let resources = session.list_resources().await.unwrap();
    let contents = session.read_resource(&resources[0].uri).await.unwrap();
    assert_eq!(contents[0].uri, resources[0].uri);

    let prompts = session.list_prompts().await.unwrap();
    let simple = prompts.iter().find(|prompt| prompt.arguments.is_empty()).unwrap();
    let prompt = session.get_prompt(&simple.name, None).await.unwrap();
    assert!(!prompt.messages.is_empty());
    session.close().await;
}
