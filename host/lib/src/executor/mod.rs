//! Executors: who performs HTTP exchanges, here or elsewhere.
//!
//! | what | where |
//! |---|---|
//! | the choice of executor | [`Target`] |
//! | one exchange after another, unaware of MCP | [`Executor`] |
//! | the byte pipe to an executor, and what makes one | [`Pipe`], [`Connect`] |
//! | pipes over WebSockets, child processes, any reader and writer | `websocket`, `command`, `pipe` |
//! | being an executor for others | [`serve_pipe`], [`Listener`] |

mod client;
mod command;
mod exchange;
mod gate;
mod limits;
mod listener;
mod pipe;
mod serve;
mod target;
mod websocket;

pub use client::WebSocketClient;
pub use command::CommandClient;
pub use exchange::{Body, Executor, HttpRequest, Response, Streamed};
pub use listener::{ListenError, ListenOptions, Listener};
pub use pipe::{Connect, Pipe};
pub use serve::{ServeOptions, serve_pipe};
pub use target::Target;
