//! The sandbox: wasmtime, and everything that a component can reach in it.
//!
//! | what | where |
//! |---|---|
//! | the embedded components | [`components`] |
//! | compiling, linking, making stores | [`engine`], [`programs`], [`composition`], [`bindings`] |
//! | what one store holds | [`state`] |
//! | what a component can reach | [`imports`] |
//! | bytes across the boundary | [`pipe`] |
//! | what a guest may use | [`memory`], [`cpu`], [`ticker`], [`limits`] |
//! | the task that owns a store | [`worker`], given jobs |
//! | what the operator has put in between | [`plugins`] |
//! | what the embedder hears and is asked | [`handler`] |
//! | who performs exchanges in place of the dialer | [`performer`] |
//! | what runs in it | [`session`] and [`events`] (MCP), [`exchange`] (HTTP), [`service`] (an executor), [`agent`] (a proxy), [`login`] |

pub(crate) mod agent;
pub(crate) mod bindings;
pub mod components;
pub(crate) mod composition;
pub(crate) mod cpu;
pub(crate) mod engine;
pub(crate) mod error;
pub(crate) mod events;
pub(crate) mod exchange;
pub mod handler;
pub(crate) mod imports;
pub(crate) mod limits;
pub(crate) mod login;
pub(crate) mod memory;
pub(crate) mod performer;
pub(crate) mod pipe;
pub(crate) mod plugins;
pub(crate) mod programs;
pub(crate) mod queue;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod state;
pub(crate) mod ticker;
pub(crate) mod worker;
