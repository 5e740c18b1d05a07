//! What a component imports is what it can do. These lists are the sandbox.

use sandbar::components;

fn imports(component: components::Component) -> Vec<String> {
    let mut names = components::imports(component.bytes).unwrap();
    names.sort();
    names
}

/// Catches ambient authority that comes in with a dependency: a clock of the
/// standard library, a random seed, a WASI adapter.
#[test]
fn the_mcp_component_reaches_the_network_only_through_the_executor_interface() {
    assert_eq!(
        imports(components::MCP),
        [
            "sandbar:http/client@0.2.0",
            "sandbar:http/types@0.2.0",
            "sandbar:mcp/types@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:clocks/types@0.3.0",
        ]
    );
}

/// Catches a way to the network beside the MCP logic: what speaks to agents has none, and gets what the
/// logic has only by composition.
#[test]
fn what_speaks_to_agents_has_no_network_import() {
    let own = [
        "sandbar:http/types@0.2.0",
        "sandbar:mcp/messages@0.2.0",
        "sandbar:mcp/types@0.2.0",
        "wasi:clocks/monotonic-clock@0.3.0",
        "wasi:clocks/types@0.3.0",
    ];
    assert_eq!(imports(components::PROXY), own);
    assert_eq!(imports(components::PROXY_MCP), imports(components::MCP));
    assert_eq!(imports(components::PROXY_MCP_LOCAL), imports(components::MCP_LOCAL));
    assert_eq!(imports(components::PROXY_MCP_REMOTE), imports(components::MCP_REMOTE));
}

/// Catches an adapter that reaches more than what it stands between, and the plugin.
#[test]
fn the_adapters_of_plugins_import_the_plugin_and_what_they_stand_in_front_of() {
    assert_eq!(
        imports(components::PLUG_HTTP),
        [
            "sandbar:http/client@0.2.0",
            "sandbar:http/types@0.2.0",
            "sandbar:plugin/http@0.1.0",
            "wasi:clocks/monotonic-clock@0.3.0",
        ]
    );
    assert_eq!(
        imports(components::PLUG_TOOLS),
        [
            "sandbar:http/types@0.2.0",
            "sandbar:mcp/client@0.2.0",
            "sandbar:mcp/types@0.2.0",
            "sandbar:plugin/tools@0.1.0",
        ]
    );
}

/// Catches a file that does not say what it is, of which version, and under which licence it may be used,
/// to whoever is handed it alone.
#[test]
fn every_component_says_what_it_is() {
    for component in components::ALL {
        let payload = wasm_metadata::Payload::from_binary(component.bytes).unwrap();
        let said = payload.metadata();
        assert_eq!(said.name.as_deref(), Some(&*format!("sandbar:{}", component.name)));
        assert_eq!(said.version.as_ref().unwrap().to_string(), env!("CARGO_PKG_VERSION"));
        assert_eq!(said.licenses.as_ref().unwrap().to_string(), "Apache-2.0");
        assert!(said.description.as_ref().unwrap().to_string().len() > 20, "{}", component.name);
    }
}

/// Catches a judge of strangers' schemas that could fetch one.
#[test]
fn what_judges_results_can_reach_nothing() {
    assert_eq!(imports(components::SCHEMA), [""; 0]);
}

/// Catches an executor that knows of MCP, or that opens sockets itself.
#[test]
fn the_local_executor_imports_wasi_http_alone() {
    assert_eq!(
        imports(components::LOCAL),
        [
            "sandbar:http/types@0.2.0",
            "wasi:clocks/types@0.3.0",
            "wasi:http/client@0.3.0",
            "wasi:http/types@0.3.0",
        ]
    );
}

/// Catches a composition that leaves the executor interface open, or that adds
/// anything to what its parts import.
#[test]
fn the_composition_adds_wasi_http_and_nothing_else() {
    assert_eq!(
        imports(components::MCP_LOCAL),
        [
            "sandbar:http/types@0.2.0",
            "sandbar:mcp/types@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:clocks/types@0.3.0",
            "wasi:http/client@0.3.0",
            "wasi:http/types@0.3.0",
        ]
    );
}

/// Catches an executor that brings HTTP into a sandbox that is to have none.
#[test]
fn with_a_remote_executor_a_sandbox_has_no_http_import_at_all() {
    assert_eq!(
        imports(components::REMOTE),
        [
            "sandbar:executor/channel@0.2.0",
            "sandbar:http/types@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:clocks/types@0.3.0",
        ]
    );
    assert_eq!(
        imports(components::MCP_REMOTE),
        [
            "sandbar:executor/channel@0.2.0",
            "sandbar:http/types@0.2.0",
            "sandbar:mcp/types@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:clocks/types@0.3.0",
        ]
    );
    assert_eq!(
        imports(components::FETCH_REMOTE),
        [
            "sandbar:executor/channel@0.2.0",
            "sandbar:http/types@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:clocks/types@0.3.0",
        ]
    );
    assert_eq!(
        imports(components::SERVE_REMOTE),
        [
            "sandbar:executor/channel@0.2.0",
            "sandbar:http/types@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:clocks/types@0.3.0",
        ]
    );
}

/// Catches an executor with more reach than a clock and `wasi:http`.
#[test]
fn an_executor_imports_a_clock_and_wasi_http() {
    assert_eq!(
        imports(components::SERVE_LOCAL),
        [
            "sandbar:http/types@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:clocks/types@0.3.0",
            "wasi:http/client@0.3.0",
            "wasi:http/types@0.3.0",
        ]
    );
    assert_eq!(
        imports(components::SERVE),
        [
            "sandbar:http/client@0.2.0",
            "sandbar:http/types@0.2.0",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:clocks/types@0.3.0",
        ]
    );
}

/// Catches exchanges with names that reach further than exchanges without.
#[test]
fn exchanges_for_an_embedder_import_what_their_executor_does() {
    assert_eq!(
        imports(components::FETCH),
        ["sandbar:http/client@0.2.0", "sandbar:http/types@0.2.0"]
    );
    assert_eq!(
        imports(components::FETCH_LOCAL),
        [
            "sandbar:http/types@0.2.0",
            "wasi:clocks/types@0.3.0",
            "wasi:http/client@0.3.0",
            "wasi:http/types@0.3.0",
        ]
    );
}

/// Catches a sandbox that signs in with a clock, with randomness, or with another way out than the
/// host that watches where it goes.
#[test]
fn signing_in_reaches_the_network_only_through_the_executor_interface() {
    assert_eq!(
        imports(components::OAUTH),
        ["sandbar:http/client@0.2.0", "sandbar:http/types@0.2.0"]
    );
}
