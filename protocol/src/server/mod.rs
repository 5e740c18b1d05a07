//! The executor's end of a connection.

mod call;
mod call_table;
mod config;
mod event;
mod handshake;
mod outbound;
mod session;
mod turns;

pub use call::CallId;
pub use config::{ServerConfig, Transport};
pub use event::{CloseReason, Event};
pub use session::{CallMut, Misuse, ServerSession};
