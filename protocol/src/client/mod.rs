//! The client's end of a connection.

mod call;
mod call_table;
mod config;
mod event;
mod session;

pub use call::{CallId, RequestError};
pub use config::ClientConfig;
pub use event::{CloseReason, Event};
pub use session::ClientSession;
