//! What a component can reach: every import that the host provides, and nothing else.
//!
//! | import | where |
//! |---|---|
//! | `sandbar:http/client` | [`http`] |
//! | `wasi:http` | [`wasi_http`], a thin face of the same dialer, and [`cancellable`] |
//! | `sandbar:executor/channel` | [`channel`] |
//! | `sandbar:plugin` | [`plugin`] |
//! | `wasi:clocks` | wasmtime's own |

pub(crate) mod cancellable;
pub(crate) mod channel;
pub(crate) mod http;
pub(crate) mod plugin;
pub(crate) mod wasi_http;

use crate::sandbox::bindings::{channel as channel_bindings, client};
use crate::sandbox::state::State;
use wasmtime::Engine;
use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView as _};
use wasmtime_wasi::p3::bindings::clocks::{monotonic_clock, types as clock_types};

/// Selects what an import works on of a store's data: all of it.
pub(crate) struct Imports;

impl HasData for Imports {
    type Data<'a> = &'a mut State;
}

/// A linker with everything that a component can import: HTTP in two forms, the monotonic clock, the
/// channel, and the plugins of the session; not the rest of WASI. What a sandbox may do with them is for its state to say.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    client::add_to_linker::<_, Imports>(&mut linker, |state| state)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    clock_types::add_to_linker::<_, WasiClocks>(&mut linker, State::clocks)?;
    monotonic_clock::add_to_linker::<_, WasiClocks>(&mut linker, State::clocks)?;
    channel_bindings::add_to_linker::<_, Imports>(&mut linker, |state| state)?;
    plugin::add_to(&mut linker)?;
    Ok(linker)
}
