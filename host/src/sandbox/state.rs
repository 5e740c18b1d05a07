//! What one store holds.

use crate::executor::Connect;
use crate::handler::Handler;
use crate::sandbox::embedder::Subscribers;
use crate::sandbox::hooks::Hooks;
use crate::sandbox::limits::HANDLES;
use crate::sandbox::memory::MemoryLimit;
use std::sync::Arc;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// The data of a store: the tables behind its imports, and nothing that a guest
/// could reach otherwise.
pub(crate) struct State {
    table: ResourceTable,
    clocks: WasiClocksCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    pub(crate) memory: MemoryLimit,
    pub(crate) subscribers: Subscribers,
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) connector: Option<Arc<dyn Connect>>,
}

impl State {
    pub(crate) fn new(
        hooks: Hooks,
        memory: MemoryLimit,
        handler: Arc<dyn Handler>,
        connector: Option<Arc<dyn Connect>>,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self {
            table,
            clocks: WasiClocksCtx::default(),
            http: WasiHttpCtx::new(),
            hooks,
            memory,
            subscribers: Subscribers::default(),
            handler,
            connector,
        }
    }
}

impl WasiClocksView for State {
    fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView { ctx: &mut self.clocks, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}
