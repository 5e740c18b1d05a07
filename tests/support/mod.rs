//! What the tests talk to: a server that misbehaves on demand, and real MCP servers.

pub(crate) mod agent;
pub(crate) mod authorization_server;
pub(crate) mod binary;
pub(crate) mod cutting_proxy;
pub(crate) mod descriptors;
pub(crate) mod everything;
pub(crate) mod executor_process;
pub(crate) mod fault;
pub(crate) mod fault_server;
pub(crate) mod heap;
pub(crate) mod http2_server;
mod limits;
pub(crate) mod memory;
mod npm;
pub(crate) mod patience;
pub(crate) mod pty;
pub(crate) mod pypi;
pub(crate) mod sandbox;
pub(crate) mod scripted_executor;
pub(crate) mod server_process;
mod tests;
pub(crate) mod tls_front;
