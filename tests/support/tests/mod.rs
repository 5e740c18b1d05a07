//! The test servers are tested too: a fault that is not really on the wire proves nothing.

mod everything;
mod fault_server;
mod mcp_script;
mod raw_client;
