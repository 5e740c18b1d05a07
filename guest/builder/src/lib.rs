//! Compiles guest crates to WebAssembly components, and composes components.
//!
//! For build scripts: [`build`] runs cargo for `wasm32-unknown-unknown` in a
//! target directory of its own, [`compose`] plugs an executor into a component
//! that imports one. The target has no ambient WASI, so a component imports
//! exactly what its world declares.

mod compile;
mod label;
mod target;

pub use compile::{Guest, build};
pub use label::label;
pub use sandbar_guest_compose::compose;
