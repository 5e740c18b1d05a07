//! Ways to an executor elsewhere: pipes of bytes, and what makes them.
//!
//! | what | where |
//! |---|---|
//! | a pipe, and carrying it over a reader and a writer | `pipe.rs` |
//! | over a WebSocket, and connecting to one | `websocket.rs`, `client.rs` |
//! | over the standard streams of a command | `command.rs` |
//! | the choice between all of them and this host | `target.rs` |

mod client;
mod command;
mod error;
mod limits;
pub(crate) mod live;
mod pipe;
mod target;
pub(crate) mod websocket;

pub use client::WebSocketClient;
pub use command::CommandClient;
pub use error::ExecutorError;
pub(crate) use limits::CHUNKS;
pub use pipe::{Connect, Pipe};
pub use target::Target;
