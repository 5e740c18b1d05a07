//! What the tests talk to: a server that misbehaves on demand, and real MCP servers.

pub(crate) mod everything;
pub(crate) mod fault;
pub(crate) mod fault_server;
mod limits;
mod npm;
pub(crate) mod patience;
pub(crate) mod sandbox;
mod tests;
