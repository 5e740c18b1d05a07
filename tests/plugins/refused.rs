//! What is no plugin, or wants more than it may have: an error before anything is dialled.

use super::{builder, everywhere, http, server, tools};
use sandbar::components::{MCP_LOCAL, SERVE};
use sandbar::executor::{ListenError, ListenOptions, ServeOptions};
use sandbar::http::Policy;
use sandbar::{
    BuildError, ConnectOptions, Error, Grant, Plugin, PluginError, PluginLimits, PluginProblem,
};
use sandbar_test_programs::{HTTP_PLUGIN, RANDOM_PLUGIN};

fn problem(error: &BuildError) -> PluginProblem {
    match error {
        BuildError::Plugin(PluginError { plugin, problem, .. }) if plugin == "it" => {
            problem.clone()
        }
        other => panic!("a problem with the plugin `it` expected, got {other:?}"),
    }
}

/// What the builder, and what opening a session, say of a plugin.
async fn problems(plugin: Plugin) -> [PluginProblem; 2] {
    let server = server().await;
    let built = builder().plugin(plugin.clone()).build().unwrap_err();
    let options = ConnectOptions::new(server.url("/mcp")).plugins([plugin]);
    let opened = builder().build().unwrap().connect_with(options).await.unwrap_err();
    assert_eq!(server.connections(), 0);
    let Error::Setup(opened) = opened else { panic!("{opened:?}") };
    [problem(&built), problem(&opened)]
}

/// The plugin, of another version of the contract.
fn of_another_version() -> Vec<u8> {
    let (from, to) = (b"sandbar:plugin/http@0.1.0", b"sandbar:plugin/http@0.9.0");
    let mut component = HTTP_PLUGIN.to_vec();
    let places: Vec<_> = component
        .windows(from.len())
        .enumerate()
        .filter_map(|(place, window)| (window == from).then_some(place))
        .collect();
    for place in places {
        component[place..place + to.len()].copy_from_slice(to);
    }
    component
}

type IsExpected = fn(&PluginProblem) -> bool;

/// Catches a file that is ignored, or looked at when it is too late, and an error that leaves the
/// operator alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_plugin_is_an_error_before_anything_is_dialled() {
    let module = b"\0asm\x01\0\0\0".to_vec();
    let broken = HTTP_PLUGIN[..HTTP_PLUGIN.len() / 2].to_vec();
    let cases: [(Vec<u8>, IsExpected); 5] = [
        (b"garbage".to_vec(), |problem| matches!(problem, PluginProblem::NotAComponent)),
        (module, |problem| matches!(problem, PluginProblem::Module)),
        (broken, |problem| matches!(problem, PluginProblem::Invalid { .. })),
        (SERVE.bytes.to_vec(), |problem| matches!(problem, PluginProblem::OtherWorld { .. })),
        (of_another_version(), |problem| matches!(problem, PluginProblem::OtherVersion { .. })),
    ];
    for (component, expected) in cases {
        for problem in problems(Plugin::new("it", component)).await {
            assert!(expected(&problem), "{problem:?}");
        }
    }
}

/// Catches a plugin that reaches what it was not granted, one that does not get what it was, and a
/// grant to one that all have.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_has_what_it_was_granted_and_nothing_else() {
    let plugin = Plugin::new("it", RANDOM_PLUGIN);
    for wrongly in [plugin.clone(), plugin.clone().grant(Grant::Clock)] {
        for problem in problems(wrongly).await {
            let PluginProblem::NotGranted { import, grant } = problem else {
                panic!("{problem:?}")
            };
            assert_eq!(import, "wasi:random/random@0.3.0");
            assert_eq!(grant, Some(Grant::Random));
        }
    }
    let server = server().await;
    let sandbar = builder().build().unwrap();
    let with = |plugin| ConnectOptions::new(server.url("/mcp")).plugins([plugin]);
    sandbar.connect_with(with(plugin.clone().grant(Grant::Random))).await.unwrap();
    assert!(server.request(0).await.field("x-random").is_some());
    let refused = sandbar.connect_with(with(plugin)).await.unwrap_err();
    assert!(matches!(refused, Error::Setup(_)), "{refused:?}");
}

/// Catches a cap that is not one, and an error that does not say which setting raises it.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_needs_more_than_the_cap_is_refused_with_the_setting() {
    let mut limits = PluginLimits::default();
    limits.memories = 0;
    let plugin = Plugin::new("it", HTTP_PLUGIN);
    let refused = builder().plugin(plugin.clone()).plugin_limits(limits).build().unwrap_err();
    let problem = problem(&refused);
    assert!(matches!(problem, PluginProblem::TooLarge { needed: 1, limit: 0, .. }), "{problem:?}");
    assert!(refused.to_string().contains("PluginLimits::memories"), "{refused}");
    let mut limits = PluginLimits::default();
    limits.memory = 1 << 16;
    let refused = builder().plugin(plugin).plugin_limits(limits).build().unwrap_err();
    assert!(matches!(refused, BuildError::Plugin(_)), "{refused:?}");
}

/// Catches a plugin for tools that an executor takes and never asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_for_tools_has_no_place_where_there_is_no_client() {
    let sandbar = builder().plugin(tools()).build().unwrap();
    let refused = sandbar.executor(Policy::anywhere()).await.unwrap_err();
    assert!(matches!(refused, Error::Setup(_)), "{refused:?}");
    let address = "127.0.0.1:0".parse().unwrap();
    let listening = sandbar.listen(ListenOptions::new(address, ServeOptions::default())).await;
    assert!(matches!(listening, Err(ListenError::Plugin(_))));
}

/// Catches a client of the embedder's own that sends past the plugins.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_dials_past_a_plugin_cannot_be_used_with_it() {
    for target in everywhere() {
        let own = MCP_LOCAL.bytes.to_vec();
        let built = builder().component(own).plugin(http()).executor(target).build();
        let refused = built.unwrap_err();
        assert!(matches!(refused, BuildError::NoPluginImport), "{refused:?}");
    }
    let server = server().await;
    let own = builder().component(MCP_LOCAL.bytes.to_vec()).plugin(tools()).build().unwrap();
    own.connect(&server.url("/mcp")).await.unwrap();
    let options = ConnectOptions::new(server.url("/mcp")).plugins([http()]);
    let refused = own.connect_with(options).await.unwrap_err();
    assert!(matches!(refused, Error::Setup(_)), "{refused:?}");
}
