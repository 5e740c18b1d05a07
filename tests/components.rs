//! A client component of the embedder's own, and who dials for it: no executor can be a way around
//! it, and it can be no way around an executor.

use crate::executor::in_memory;
use crate::support;
use crate::support::fault::{McpScript, Response, Script};
use crate::support::fault_server::FaultServer;
use sandbar::components::{MCP, MCP_LOCAL};
use sandbar::executor::Target;
use sandbar::{BuildError, ConnectOptions, Error, HttpError, HttpFailure, Sandbar};
use sandbar_demo::{DemoMode, DemoOptions, DemoServer};
use sandbar_guest_compose::compose;
use sandbar_test_programs::{MIDDLEWARE, ROGUE};

const ANSWER: &str =
    r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","content":[]}}"#;

fn build(component: &[u8], target: Target) -> Result<Sandbar, BuildError> {
    support::sandbox::builder().component(component.to_vec()).executor(target).build()
}

/// Catches a host whose own executor and whose `wasi:http` differ in what a session gets.
#[tokio::test(flavor = "multi_thread")]
async fn the_client_runs_over_either_import_of_this_host() {
    for component in [MCP, MCP_LOCAL] {
        for mode in [DemoMode::StatefulSse, DemoMode::StatelessJson] {
            let server =
                DemoServer::start(DemoOptions { mode, ..DemoOptions::default() }).await.unwrap();
            let sandbar = build(component.bytes, Target::Local).unwrap();
            let session = sandbar.connect(&server.url()).await.unwrap();
            let arguments = r#"{"steps":3,"delay_ms":0}"#.to_owned();
            let call = session.call_tool("count", Some(arguments)).with_progress();
            let mut call = call.start().await.unwrap();
            let mut steps = 0;
            while call.notification().await.is_some() {
                steps += 1;
            }
            assert!(!call.await.unwrap().is_error, "{} {mode:?}", component.name);
            assert_eq!(steps, 3, "{} {mode:?}", component.name);
            assert!(session.stats().dialed.requests_sent > 0, "{} {mode:?}", component.name);
            session.close().await;
        }
    }
}

/// Catches a component that is given up for the embedded one as soon as there is an executor: what
/// it marks, redacts or denies would be bypassed; and one that is composed so that this host dials
/// after all.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_component_between_client_and_executor_does_is_done_whoever_dials() {
    let component = compose(MCP.bytes, MIDDLEWARE).unwrap();
    for (dials_here, target) in [(true, Target::Local), (false, in_memory())] {
        let answer = Script::respond(Response::json(200, ANSWER));
        let server = FaultServer::start_mcp(McpScript::modern().on("tools/call", answer)).await;
        let sandbar = build(&component, target).unwrap();
        let session = sandbar.connect(&server.url("/mcp")).await.unwrap();
        session.call_tool("any", None).await.unwrap();
        let asked = server.request(1).await;
        assert_eq!(asked.field("x-middleware"), Some("seen"), "{:?}", asked.fields);
        assert_eq!(session.stats().dialed.requests_sent > 0, dials_here);

        let forbidden = ConnectOptions::new(server.url("/mcp")).field("x-forbidden", "1");
        let denied = sandbar.connect_with(forbidden).await.unwrap_err();
        let Error::Http(HttpFailure { code: HttpError::Denied(reason), .. }) = denied else {
            panic!("{denied:?}")
        };
        assert_eq!(reason, "the middleware forbids it");
        session.close().await;
    }
}

/// Catches a component that dials by itself beside an executor whose policy was to hold, and one
/// that is ignored without a word.
#[test]
fn a_component_that_an_executor_cannot_serve_is_an_error_at_build() {
    for component in [MCP_LOCAL.bytes, ROGUE] {
        let refused = build(component, in_memory()).unwrap_err();
        assert!(matches!(refused, BuildError::NoExecutorImport), "{refused:?}");
        assert!(refused.to_string().contains("sandbar:http/client"), "{refused}");
    }
}

/// Catches a file that is looked at no earlier than at the first connection, or never.
#[test]
fn what_is_no_client_is_an_error_at_build() {
    let other_world = sandbar::components::LOCAL.bytes;
    for target in [Target::Local, in_memory()] {
        for component in [b"garbage".as_slice(), other_world] {
            let refused = build(component, target.clone()).unwrap_err();
            let expected =
                matches!(refused, BuildError::Component(_) | BuildError::NoExecutorImport);
            assert!(expected, "{refused:?}");
        }
    }
}
