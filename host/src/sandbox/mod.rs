//! The sandbox: wasmtime, and everything that a component can reach in it.
//!
//! [`engine`] compiles and instantiates, [`state`] is what one store holds,
//! [`hooks`] and [`embedder`] satisfy imports, [`memory`] and [`cpu`] bound what
//! a guest may use, [`worker`] is the task that owns a store, and [`job`] is
//! what that task is given to do. Limits and their reasons are in [`limits`].

pub(crate) mod bindings;
pub(crate) mod convert;
pub(crate) mod cpu;
pub(crate) mod embedder;
pub(crate) mod engine;
pub(crate) mod hooks;
pub(crate) mod job;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod operation;
pub(crate) mod state;
pub(crate) mod ticker;
pub(crate) mod worker;
