//! Compiling components and making sandboxes of them.

use crate::error::BuildError;
use crate::handler::Handler;
use crate::http::Dialer;
use crate::sandbox::bindings::{Embedding, EmbeddingPre, embedder};
use crate::sandbox::cpu::CpuBudget;
use crate::sandbox::embedder::Embedder;
use crate::sandbox::hooks::{Hooks, LastDenial};
use crate::sandbox::limits::{
    CORE_INSTANCES_PER_SESSION, MEMORIES_PER_SESSION, STACKS_PER_SESSION, SandboxLimits,
    TABLES_PER_SESSION,
};
use crate::sandbox::memory::{MemoryLimit, MemoryUse};
use crate::sandbox::state::State;
use crate::sandbox::ticker::Ticker;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::{Component, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView as _};
use wasmtime_wasi::p3::bindings::clocks::{monotonic_clock, types as clock_types};

/// Address space to reserve for linear memories at the most. Half of what a
/// 47-bit address space has: the rest of the process wants some as well.
const ADDRESS_SPACE: u64 = 1 << 46;

/// What a 32-bit memory can address at all. Reserved whole, no access needs a
/// bounds check.
const WHOLE_MEMORY: u64 = 1 << 32;

/// A component, compiled and linked, ready to be instantiated any number of
/// times.
pub(crate) struct SandboxEngine {
    engine: Engine,
    linked: EmbeddingPre<State>,
    limits: SandboxLimits,
    _ticker: Ticker,
}

/// One instance in a store of its own.
pub(crate) struct Sandbox {
    pub(crate) store: Store<State>,
    pub(crate) instance: Embedding,
    pub(crate) cpu: CpuBudget,
    pub(crate) memory: MemoryUse,
    pub(crate) denials: LastDenial,
    /// How long the instantiation took.
    pub(crate) instantiation: Duration,
}

impl SandboxEngine {
    /// Compiles `component`, or takes it from the cache in `cache_dir`.
    pub(crate) fn new(
        component: &[u8],
        limits: SandboxLimits,
        cache_dir: Option<PathBuf>,
    ) -> Result<Self, BuildError> {
        let engine = Engine::new(&config(&limits, cache_dir)?).map_err(BuildError::engine)?;
        let component = Component::new(&engine, component).map_err(BuildError::component)?;
        let linked = linker(&engine)
            .and_then(|linker| linker.instantiate_pre(&component))
            .and_then(EmbeddingPre::new)
            .map_err(BuildError::component)?;
        let ticker = Ticker::start(&engine).map_err(BuildError::Thread)?;
        Ok(Self { engine, linked, limits, _ticker: ticker })
    }

    pub(crate) const fn limits(&self) -> &SandboxLimits {
        &self.limits
    }

    /// Makes a sandbox whose requests go through `dialer`.
    pub(crate) async fn instantiate(
        &self,
        dialer: Dialer,
        handler: Arc<dyn Handler>,
    ) -> wasmtime::Result<Sandbox> {
        let begun = Instant::now();
        let denials = LastDenial::default();
        let memory = MemoryUse::default();
        let limit = MemoryLimit::new(self.limits.memory, memory.clone());
        let state = State::new(Hooks::new(dialer, denials.clone()), limit, handler);
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        let cpu = CpuBudget::new(self.limits.cpu_burst);
        let budget = cpu.clone();
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| Ok(budget.tick()));
        let instance = self.linked.instantiate_async(&mut store).await?;
        let instantiation = begun.elapsed();
        Ok(Sandbox { store, instance, cpu, memory, denials, instantiation })
    }
}

/// Everything that a component can import. `wasi:http` and the monotonic clock;
/// not the rest of WASI.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    clock_types::add_to_linker::<_, WasiClocks>(&mut linker, State::clocks)?;
    monotonic_clock::add_to_linker::<_, WasiClocks>(&mut linker, State::clocks)?;
    embedder::add_to_linker::<_, Embedder>(&mut linker, |state| state)?;
    Ok(linker)
}

fn config(limits: &SandboxLimits, cache_dir: Option<PathBuf>) -> Result<Config, BuildError> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config.memory_reservation(memory_reservation(limits));
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    if let Some(directory) = cache_dir {
        let mut cache = CacheConfig::new();
        cache.with_directory(directory);
        config.cache(Some(Cache::new(cache).map_err(BuildError::cache)?));
    }
    Ok(config)
}

fn pool(limits: &SandboxLimits) -> PoolingAllocationConfig {
    let sessions = limits.sessions;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(sessions)
        .total_core_instances(sessions.saturating_mul(CORE_INSTANCES_PER_SESSION))
        .total_memories(sessions.saturating_mul(MEMORIES_PER_SESSION))
        .total_tables(sessions.saturating_mul(TABLES_PER_SESSION))
        .total_stacks(sessions.saturating_mul(STACKS_PER_SESSION))
        .max_memories_per_component(MEMORIES_PER_SESSION)
        .max_tables_per_component(TABLES_PER_SESSION)
        .max_core_instances_per_component(CORE_INSTANCES_PER_SESSION)
        .max_memory_size(limits.memory);
    pool
}

/// Whole memories where the address space allows it, else what the limit asks
/// for, at the price of bounds checks.
fn memory_reservation(limits: &SandboxLimits) -> u64 {
    let memories = u64::from(limits.sessions) * u64::from(MEMORIES_PER_SESSION);
    if memories.saturating_mul(WHOLE_MEMORY) <= ADDRESS_SPACE {
        WHOLE_MEMORY
    } else {
        u64::try_from(limits.memory).unwrap_or(WHOLE_MEMORY)
    }
}
