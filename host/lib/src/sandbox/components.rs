//! The components that the build embeds, and their compositions.

use crate::sandbox::error::BuildError;

/// A component file, embedded.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// Its name; the file is `<name>.wasm`.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// The binary.
    pub bytes: &'static [u8],
}

macro_rules! embedded {
    ($name:literal, $summary:literal) => {
        Component {
            name: $name,
            summary: $summary,
            bytes: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".wasm")),
        }
    };
}

/// The MCP client: what a session runs where this host dials. Also for
/// compositions with another executor, or with a component in between.
pub const MCP: Component = embedded!("mcp", "the MCP client; imports sandbar:http/client");

/// Exchanges with names alone: what a native embedder sends requests through.
pub const FETCH: Component = embedded!("fetch", "HTTP exchanges; imports sandbar:http/client");

/// The executor's end of the delta protocol alone.
pub const SERVE: Component =
    embedded!("serve", "the delta protocol's executor; imports sandbar:http/client");

/// The executor over `wasi:http`.
pub const LOCAL: Component = embedded!("local", "an executor over wasi:http");

/// The executor over the delta protocol.
pub const REMOTE: Component = embedded!("remote", "an executor over sandbar:executor/channel");

/// The MCP client over `wasi:http`: a component that any WASI 0.3 host can run.
pub const MCP_LOCAL: Component = embedded!("mcp-local", "mcp + local");

/// The MCP client that has another dial: it has no HTTP import at all.
pub const MCP_REMOTE: Component = embedded!("mcp-remote", "mcp + remote");

/// Exchanges that are performed from here.
pub const FETCH_LOCAL: Component = embedded!("fetch-local", "fetch + local");

/// Exchanges that another performs.
pub const FETCH_REMOTE: Component = embedded!("fetch-remote", "fetch + remote");

/// An executor for the delta protocol.
pub const SERVE_LOCAL: Component = embedded!("serve-local", "serve + local: an executor");

/// A relay: an executor that has another dial.
pub const SERVE_REMOTE: Component = embedded!("serve-remote", "serve + remote: a relay");

/// Everything that is embedded.
pub const ALL: [Component; 11] = [
    MCP,
    FETCH,
    SERVE,
    LOCAL,
    REMOTE,
    MCP_LOCAL,
    MCP_REMOTE,
    FETCH_LOCAL,
    FETCH_REMOTE,
    SERVE_LOCAL,
    SERVE_REMOTE,
];

/// The interfaces that a component imports, in its own order: everything that
/// it can do beyond computing.
///
/// # Errors
///
/// When `component` is not one.
pub fn imports(component: &[u8]) -> Result<Vec<String>, BuildError> {
    let mut config = wasmtime::Config::new();
    config.wasm_component_model_async(true);
    let engine = wasmtime::Engine::new(&config).map_err(BuildError::engine)?;
    let component =
        wasmtime::component::Component::new(&engine, component).map_err(BuildError::component)?;
    let names =
        component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect();
    Ok(names)
}
