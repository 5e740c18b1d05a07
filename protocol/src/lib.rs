//! The sequenced delta protocol: HTTP exchanges over JSON-RPC, response bodies as numbered deltas.
//!
//! One end performs HTTP requests ([`server::ServerSession`]), the other asks for them
//! ([`client::ClientSession`]). The wire is the one that Codex executors and clients speak, so
//! either end works with a stock peer; between two Sandbar peers a handful of [extensions]
//! adds flow control, cancellation and typed errors.
//!
//! Requests, heads and failures are those of [`sandbar_exchange`].
//!
//! This crate does no I/O, reads no clock, draws no random numbers and needs no runtime. Bytes
//! and decisions come in as arguments, bytes and events come out. Both sessions have four
//! classes of method, told apart by name:
//!
//! - getters, such as [`ClientSession::ready_for_input`];
//! - `handle_*` for what happened outside: a message arrived, the connection was lost;
//! - mutators for what the application wants: a request, body bytes, a cancellation;
//! - `poll_*` for what must be done next. After any of the above, call `poll_event` until it
//!   returns `None`, then `poll_transmit` for as long as the transport takes messages, then
//!   `poll_event` again, because sending makes room. Time comes in with
//!   [`ServerSession::poll_transmit`]; [`ServerSession::poll_timeout`] says when to call it again.
//!
//! One message is one WebSocket message, or one line where [`jsonrpc::LineDecoder`] frames a
//! byte stream. Every table and queue has a limit, and all limits are in [`limits`].
//!
//! [extensions]: extensions
//! [`ClientSession::ready_for_input`]: client::ClientSession::ready_for_input
//! [`ServerSession::poll_transmit`]: server::ServerSession::poll_transmit
//! [`ServerSession::poll_timeout`]: server::ServerSession::poll_timeout
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod client;
pub mod delta;
pub mod extensions;
pub mod handshake;
pub mod http;
pub mod jsonrpc;
pub mod limits;
pub mod server;
mod stock;
