//! The components that the build embeds, and their compositions.

use crate::error::BuildError;

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

/// The MCP client alone, for compositions with another executor or with a
/// component in between.
pub const MCP: Component = embedded!("mcp", "the MCP client; imports sandbar:http/client");

/// The executor over `wasi:http` alone.
pub const LOCAL: Component = embedded!("local", "an executor over wasi:http");

/// The two composed: a WASI 0.3 component that any WASI host can run.
pub const MCP_LOCAL: Component = embedded!("mcp-local", "the MCP client that dials from here");

/// Everything that is embedded.
pub const ALL: [Component; 3] = [MCP, LOCAL, MCP_LOCAL];

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
    let names = component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect();
    Ok(names)
}
