//! A plugin in one session: a store of its own.

use crate::sandbox::bindings::{HttpPlugin, ToolsPlugin, mcp, plugin_tools};
use crate::sandbox::error::StartError;
use crate::sandbox::memory::{MemoryLimit, MemoryUse};
use crate::sandbox::plugins::error::{PluginFailed, PluginFault, PluginProblem};
use crate::sandbox::plugins::limits::{HANDLES, PluginLimits};
use crate::sandbox::plugins::loaded::Loaded;
use crate::sandbox::plugins::plugin::Plugin;
use crate::sandbox::plugins::plugins::refused;
use sandbar_exchange::{Request, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi::random::{WasiRandomCtx, WasiRandomView};

/// What the store of a plugin holds: its memory, and what is behind its grants.
pub(crate) struct PluginState {
    memory: MemoryLimit,
    table: ResourceTable,
    clocks: WasiClocksCtx,
    random: WasiRandomCtx,
}

/// An instance of a plugin.
pub(crate) struct Instance {
    store: Store<PluginState>,
    http: Option<HttpPlugin>,
    tools: Option<ToolsPlugin>,
    watch: Watch,
}

/// What is known of an instance outside of its store.
struct Watch {
    name: Arc<str>,
    memory: MemoryUse,
    memory_limit: usize,
    call_limit: Duration,
}

/// What a plugin says of something, or why it denies it.
type Verdict<T> = Result<Result<T, String>, PluginFailed>;

impl Instance {
    /// Makes one. What it does at its start is bounded like a call.
    pub(crate) async fn start(
        engine: &Engine,
        plugin: &Plugin,
        loaded: &Loaded,
        limits: &PluginLimits,
    ) -> Result<Self, StartError> {
        let memory = MemoryUse::default();
        let state = PluginState::new(MemoryLimit::new(limits.memory, memory.clone()));
        let watch = Watch {
            name: Arc::clone(&plugin.name),
            memory,
            memory_limit: limits.memory,
            call_limit: limits.call,
        };
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.memory);
        // What a call returns is held to the same size: many items may be made of the same bytes.
        store.set_hostcall_fuel(limits.memory);
        store.set_epoch_deadline(1);
        // The time of a call is measured outside; here others get their turn.
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(1)));
        let starting = loaded.component.instantiate_async(&mut store);
        let started = watch.started(timeout(limits.call, starting).await)?;
        let other_types =
            |error| refused(plugin, PluginProblem::OtherTypes { reason: format!("{error:#}") });
        let http = loaded.http.as_ref().map(|http| http.load(&mut store, &started));
        let http = http.transpose().map_err(other_types)?;
        let tools = loaded.tools.as_ref().map(|tools| tools.load(&mut store, &started));
        let tools = tools.transpose().map_err(other_types)?;
        Ok(Self { store, http, tools, watch })
    }

    /// What denials and errors call it.
    pub(crate) fn name(&self) -> &str {
        &self.watch.name
    }

    pub(crate) const fn memory(&self) -> &MemoryUse {
        &self.watch.memory
    }

    /// The request to send in place of this one.
    pub(crate) async fn before(&mut self, request: Request) -> Verdict<Request> {
        let Some(http) = &self.http else { return Ok(Ok(request)) };
        let call = http.sandbar_plugin_http().call_before(&mut self.store, &request);
        self.watch.ended(timeout(self.watch.call_limit, call).await)
    }

    /// The head to show in place of this one.
    pub(crate) async fn after(&mut self, response: Response) -> Verdict<Response> {
        let Some(http) = &self.http else { return Ok(Ok(response)) };
        let call = http.sandbar_plugin_http().call_after(&mut self.store, &response);
        self.watch.ended(timeout(self.watch.call_limit, call).await)
    }

    /// The page to show in place of this one.
    pub(crate) async fn listed(
        &mut self,
        page: mcp::ToolPage,
    ) -> Result<mcp::ToolPage, PluginFailed> {
        let Some(tools) = &self.tools else { return Ok(page) };
        let call = tools.sandbar_plugin_tools().call_listed(&mut self.store, &page);
        self.watch.ended(timeout(self.watch.call_limit, call).await)
    }

    /// What becomes of a call.
    pub(crate) async fn calling(
        &mut self,
        call: plugin_tools::Call,
    ) -> Verdict<plugin_tools::Decision> {
        let Some(tools) = &self.tools else {
            return Ok(Ok(plugin_tools::Decision::Proceed(call)));
        };
        let call = tools.sandbar_plugin_tools().call_calling(&mut self.store, &call);
        self.watch.ended(timeout(self.watch.call_limit, call).await)
    }

    /// The result to give in place of this one.
    pub(crate) async fn called(
        &mut self,
        call: &plugin_tools::Call,
        result: mcp::ToolResult,
    ) -> Verdict<mcp::ToolResult> {
        let Some(tools) = &self.tools else { return Ok(Ok(result)) };
        let call = tools.sandbar_plugin_tools().call_called(&mut self.store, call, &result);
        self.watch.ended(timeout(self.watch.call_limit, call).await)
    }
}

impl Watch {
    /// What a call came to; where to nothing, whose fault that is.
    fn ended<T>(&self, outcome: Result<wasmtime::Result<T>, Elapsed>) -> Result<T, PluginFailed> {
        let fault = match outcome {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(_)) if self.memory.refused() => PluginFault::Memory { limit: self.memory_limit },
            Ok(Err(trap)) => PluginFault::Trap { reason: format!("{trap:#}") },
            Err(_elapsed) => PluginFault::Time { limit: self.call_limit },
        };
        Err(PluginFailed { plugin: self.name.to_string(), fault })
    }

    /// The same for a start: where there was no trap, there was no room.
    fn started<T>(&self, outcome: Result<wasmtime::Result<T>, Elapsed>) -> Result<T, PluginFailed> {
        match outcome {
            Ok(Err(error)) if !error.is::<wasmtime::Trap>() && !self.memory.refused() => {
                let fault = PluginFault::Unavailable { reason: format!("{error:#}") };
                Err(PluginFailed { plugin: self.name.to_string(), fault })
            }
            outcome => self.ended(outcome),
        }
    }
}

impl PluginState {
    fn new(memory: MemoryLimit) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let (clocks, random) = (WasiClocksCtx::default(), WasiRandomCtx::default());
        Self { memory, table, clocks, random }
    }
}

impl WasiClocksView for PluginState {
    fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView { ctx: &mut self.clocks, table: &mut self.table }
    }
}

impl WasiRandomView for PluginState {
    fn random(&mut self) -> &mut WasiRandomCtx {
        &mut self.random
    }
}
