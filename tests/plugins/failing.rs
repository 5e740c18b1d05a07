//! What a plugin breaks: its session, with an error that names it, and nothing else.

use super::{builder, http, server, tools};
use sandbar::{ConnectOptions, Error, Plugin, PluginFault, PluginLimits, Sandbar, SandboxError};
use std::time::Duration;

const MEMORY: usize = 8 * 1024 * 1024;
const CALL: Duration = Duration::from_millis(300);

fn sandbar(plugin: Plugin) -> Sandbar {
    let mut limits = PluginLimits::default();
    (limits.memory, limits.call, limits.instances) = (MEMORY, CALL, 4);
    builder().plugin(plugin).plugin_limits(limits).build().unwrap()
}

fn fault(error: Error, name: &str) -> PluginFault {
    match error {
        Error::Sandbox(SandboxError::Plugin { plugin, fault }) if plugin == name => fault,
        other => panic!("a failure of the plugin `{name}` expected, got {other:?}"),
    }
}

/// Catches a plugin that takes the process or another session with it, one that is blamed on the
/// client, and one that can use without end what there is.
#[tokio::test]
async fn a_plugin_that_traps_spins_or_hoards_ends_its_own_session_in_its_name() {
    let server = server().await;
    let sandbar = sandbar(http());
    let bystander = sandbar.connect(&server.url("/mcp")).await.unwrap();
    for action in ["trap", "spin", "hoard"] {
        let options = ConnectOptions::new(server.url("/mcp")).field("x-plugin", action);
        // On a runtime with one thread: the bystander gets its turn because a plugin that spins is
        // made to yield.
        let (ended, bystanding) =
            tokio::join!(sandbar.connect_with(options), bystander.call_tool("any", None));
        bystanding.unwrap();
        let fault = fault(ended.unwrap_err(), "marker");
        match action {
            "trap" => assert!(matches!(fault, PluginFault::Trap { .. }), "{fault:?}"),
            "spin" => assert_eq!(fault, PluginFault::Time { limit: CALL }),
            _ => assert_eq!(fault, PluginFault::Memory { limit: MEMORY }),
        }
    }
    assert_eq!(server.connections(), 1, "what failed sent nothing");
}

/// Catches a plugin for tools whose trap is an ordinary error, after which its session goes on without
/// it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_does_not_go_on_without_its_plugin() {
    let server = server().await;
    let session = sandbar(tools()).connect(&server.url("/mcp")).await.unwrap();
    let first = session.call_tool("trap", None).await.unwrap_err();
    assert!(matches!(fault(first, "censor"), PluginFault::Trap { .. }));
    let second = session.call_tool("any", None).await.unwrap_err();
    assert!(matches!(fault(second, "censor"), PluginFault::Trap { .. }));
}

/// Catches instances that nobody counts, and one too many that ends others.
#[tokio::test(flavor = "multi_thread")]
async fn one_instance_too_many_is_refused_and_the_rest_go_on() {
    let server = server().await;
    let sandbar = sandbar(http());
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(sandbar.connect(&server.url("/mcp")).await.unwrap());
    }
    let error = sandbar.connect(&server.url("/mcp")).await.unwrap_err();
    assert!(matches!(fault(error, "marker"), PluginFault::Unavailable { .. }));
    for session in &sessions {
        session.call_tool("any", None).await.unwrap();
    }
    sessions.pop().unwrap().close().await;
    sandbar.connect(&server.url("/mcp")).await.unwrap();
}
