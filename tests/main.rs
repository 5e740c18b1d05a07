//! The integration tests: real wasmtime, real sockets, real servers.
//!
//! - `hoards`: what servers would have the host hold
//! - `imports`: what each component can do at all
//! - `tree`: what the rooms of the library use of one another, and where limits stand
//! - `sessions`: the official Rust SDK's server, in both eras and every mode
//! - `everything`: the official server of the TypeScript SDK
//! - `python`: the official servers of the Python SDK
//! - `contracts`: what holds of the interfaces in `wit/`
//! - `components`: a client of the embedder's own, and who dials for it
//! - `plugins`: what an operator puts between clients and servers
//! - `bare_wasi`: the composition in a host that is not ours
//! - `wasmtime_cli`: the composition with a command, in the stock wasmtime CLI
//! - `executor`: exchanges and sessions through executors, here and elsewhere
//! - `listener`: the executor as a peer on the network meets it
//! - `lockout`: an executor between hostile connections and an honest client
//! - `load`: many, large and killed, across processes
//! - `routing`: what an executor sends, frame by frame, and whom it reaches
//! - `rogue`: guests that trap, spin, hoard or do not respond
//! - `faults`: servers that break in every way
//! - `field`: what servers in the field send
//! - `asking`: what servers ask, of an embedder and of a person
//! - `watching`: what changes at a server
//! - `roads`: one failure, by every road that there is to the API
//! - `soak`: many thousand operations, after which nothing may have grown
//! - `cli`: the binary, as a person runs it

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod asking;
mod bare_wasi;
mod cli;
mod components;
mod contracts;
mod everything;
mod executor;
mod faults;
mod field;
mod hoards;
mod imports;
mod listener;
mod load;
mod lockout;
mod plugins;
mod proxy;
mod python;
mod roads;
mod rogue;
mod routing;
mod sessions;
mod soak;
mod support;
mod tree;
mod wasmtime_cli;
mod watching;
