//! The guests of the tests, as components.

/// A component with the imports and exports of the client that dials from here.
/// What `request` is asked for is what it does: see its crate.
pub const ROGUE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rogue.wasm"));

/// A WASI command that calls one tool, for which it imports the client: see its crate.
pub const COMMAND: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/command.wasm"));

/// A component between the client and whoever dials: see its crate.
pub const MIDDLEWARE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/middleware.wasm"));

/// A plugin for HTTP exchanges: see its crate.
pub const HTTP_PLUGIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/http-plugin.wasm"));

/// A plugin for HTTP exchanges that wants randomness.
pub const RANDOM_PLUGIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/random-plugin.wasm"));

/// A plugin for tools: see its crate.
pub const TOOLS_PLUGIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tools-plugin.wasm"));
