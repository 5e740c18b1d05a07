//! Compiling components and making sandboxes of them.

use crate::budget::Budget;
use crate::sandbox::cpu::CpuBudget;
use crate::sandbox::error::BuildError;
use crate::sandbox::imports::linker;
use crate::sandbox::limits::{
    CORE_INSTANCES_PER_SESSION, SandboxLimits, TABLES_PER_SESSION, stacks,
};
use crate::sandbox::memory::{MemoryLimit, MemoryUse};
use crate::sandbox::plugins::chain::Chain;
use crate::sandbox::state::{Network, State};
use crate::sandbox::ticker::Ticker;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
};

/// Address space to reserve for linear memories at the most. Half of what a
/// 47-bit address space has: the rest of the process wants some as well.
const ADDRESS_SPACE: u64 = 1 << 46;

/// What a 32-bit memory can address at all. Reserved whole, no access needs a
/// bounds check.
const WHOLE_MEMORY: u64 = 1 << 32;

/// The engine that all sandboxes of a [`Sandbar`](crate::Sandbar) share.
pub(crate) struct SandboxEngine {
    engine: Engine,
    linker: Linker<State>,
    limits: SandboxLimits,
    /// What is held for all sandboxes together.
    budget: Budget,
    _ticker: Ticker,
}

/// A store, ready for an instance.
pub(crate) struct Sandbox {
    pub(crate) store: Store<State>,
    pub(crate) cpu: CpuBudget,
    pub(crate) memory: MemoryUse,
    /// That of each plugin.
    pub(crate) plugins: Vec<MemoryUse>,
    /// When it began to be made.
    pub(crate) begun: Instant,
}

impl SandboxEngine {
    /// An engine that keeps compiled components in `cache_dir`, if there is one.
    pub(crate) fn new(
        limits: SandboxLimits,
        cache_dir: Option<PathBuf>,
    ) -> Result<Self, BuildError> {
        let engine = Engine::new(&config(&limits, cache_dir)?).map_err(BuildError::engine)?;
        let linker = linker(&engine).map_err(BuildError::engine)?;
        let ticker = Ticker::start(&engine).map_err(BuildError::thread)?;
        let budget = Budget::new(limits.held_bytes);
        Ok(Self { engine, linker, limits, budget, _ticker: ticker })
    }

    pub(crate) const fn limits(&self) -> &SandboxLimits {
        &self.limits
    }

    /// What may be held for one session.
    pub(crate) fn session_budget(&self) -> Budget {
        self.budget.part(self.limits.held_bytes_per_session)
    }

    /// Compiles a component, or takes it from the cache, and links it.
    pub(crate) fn load(&self, component: &[u8]) -> Result<InstancePre<State>, BuildError> {
        let component = Component::new(&self.engine, component).map_err(BuildError::component)?;
        self.linker.instantiate_pre(&component).map_err(BuildError::component)
    }

    /// Whether a linked component can ask this host to dial, in either form.
    pub(crate) fn dials_from_here(&self, component: &InstancePre<State>) -> bool {
        let component = component.component().component_type();
        let mut imports = component.imports(&self.engine);
        imports.any(|(name, _)| {
            name.starts_with("wasi:http/client@") || name.starts_with("sandbar:http/client@")
        })
    }

    /// Whether a linked component can ask this host to dial through `wasi:http`.
    pub(crate) fn has_wasi_http(&self, component: &InstancePre<State>) -> bool {
        let component = component.component().component_type();
        component.imports(&self.engine).any(|(name, _)| name.starts_with("wasi:http/client@"))
    }

    /// Makes a sandbox.
    pub(crate) fn sandbox(&self, network: Network, plugins: Chain) -> Sandbox {
        let begun = Instant::now();
        let memory = MemoryUse::default();
        let limit = MemoryLimit::new(self.limits.memory, memory.clone());
        let memories = plugins.memories();
        let mut store = Store::new(&self.engine, State::new(network, plugins, limit));
        store.limiter(|state| &mut state.memory);
        let cpu = CpuBudget::new(&self.limits);
        let budget = cpu.clone();
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| Ok(budget.tick()));
        Sandbox { store, cpu, memory, plugins: memories, begun }
    }
}

/// Whether compiled components of this directory may be run as they are: whoever can write there can have
/// anything run. One that is not there yet will be made.
///
/// # Errors
///
/// [`BuildError::Cache`] for a directory of another user, or that others can write to.
pub fn check_cache_dir(directory: &Path) -> Result<(), BuildError> {
    let refused = |reason: &str| {
        Err(BuildError::Cache(format!("{} {reason}: it is not used", directory.display())))
    };
    match std::fs::metadata(directory) {
        Ok(found) if found.uid() != rustix::process::geteuid().as_raw() => {
            refused("belongs to another user")
        }
        Ok(found) if found.mode() & 0o022 != 0 => refused("can be written to by others"),
        _ => Ok(()),
    }
}

fn config(limits: &SandboxLimits, cache_dir: Option<PathBuf>) -> Result<Config, BuildError> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config.memory_reservation(memory_reservation(limits));
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    if let Some(directory) = cache_dir {
        keep_compiled(&mut config, directory)?;
    }
    Ok(config)
}

/// Has an engine keep what it compiles in this directory.
pub(crate) fn keep_compiled(config: &mut Config, directory: PathBuf) -> Result<(), BuildError> {
    check_cache_dir(&directory)?;
    let mut cache = CacheConfig::new();
    cache.with_directory(directory);
    config.cache(Some(Cache::new(cache).map_err(BuildError::cache)?));
    Ok(())
}

fn pool(limits: &SandboxLimits) -> PoolingAllocationConfig {
    let sessions = limits.sessions;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(sessions)
        .total_core_instances(sessions.saturating_mul(CORE_INSTANCES_PER_SESSION))
        .total_memories(sessions.saturating_mul(limits.memories))
        .total_tables(sessions.saturating_mul(TABLES_PER_SESSION))
        .total_stacks(stacks(sessions))
        .max_memories_per_component(limits.memories)
        .max_tables_per_component(TABLES_PER_SESSION)
        .max_core_instances_per_component(CORE_INSTANCES_PER_SESSION)
        .max_memory_size(limits.memory);
    pool
}

/// Whole memories where the address space allows it, else what the limit asks
/// for, at the price of bounds checks.
fn memory_reservation(limits: &SandboxLimits) -> u64 {
    let memories = u64::from(limits.sessions) * u64::from(limits.memories);
    if memories.saturating_mul(WHOLE_MEMORY) <= ADDRESS_SPACE {
        WHOLE_MEMORY
    } else {
        u64::try_from(limits.memory).unwrap_or(WHOLE_MEMORY)
    }
}
