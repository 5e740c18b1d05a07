//! The engine of all plugins of a [`Sandbar`](crate::Sandbar), and those that have been compiled.

use crate::sandbox::engine::keep_compiled;
use crate::sandbox::error::{BuildError, StartError};
use crate::sandbox::plugins::error::{PluginError, PluginProblem};
use crate::sandbox::plugins::grant::Grant;
use crate::sandbox::plugins::instance::Instance;
use crate::sandbox::plugins::limits::{COMPILED, CORE_INSTANCES, PluginLimits, TABLES};
use crate::sandbox::plugins::loaded::Loaded;
use crate::sandbox::plugins::plugin::Plugin;
use crate::sandbox::ticker::Ticker;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// What plugins are made with. Nothing of it is set up before there is a plugin.
pub(crate) struct Plugins {
    limits: PluginLimits,
    cache_dir: Option<PathBuf>,
    running: OnceLock<Result<Running, Arc<BuildError>>>,
    /// By what they are, whatever they are called.
    compiled: Mutex<HashMap<Key, Arc<Compiled>>>,
}

/// The digest of a component, and what it may have.
type Key = ([u8; 32], BTreeSet<Grant>);

type Compiled = OnceLock<Result<Arc<Loaded>, PluginProblem>>;

/// The engine, and what interrupts what runs in it.
struct Running {
    engine: Engine,
    _ticker: Ticker,
}

impl Plugins {
    pub(crate) fn new(limits: PluginLimits, cache_dir: Option<PathBuf>) -> Self {
        let (running, compiled) = (OnceLock::new(), Mutex::default());
        Self { limits, cache_dir, running, compiled }
    }

    /// Compiles a plugin, unless it has been, and checks it. Blocks for as long as that takes.
    pub(crate) fn load(&self, plugin: &Plugin) -> Result<Arc<Loaded>, Arc<BuildError>> {
        let engine = self.engine()?;
        let digest = Sha256::digest(&plugin.component).into();
        let compiled = self.entry((digest, plugin.grants.clone()));
        let loaded = compiled.get_or_init(|| {
            Loaded::load(engine, &plugin.component, &plugin.grants, &self.limits).map(Arc::new)
        });
        loaded.clone().map_err(|problem| refused(plugin, problem))
    }

    /// Makes an instance of a plugin that has been loaded.
    pub(crate) async fn start(
        &self,
        plugin: &Plugin,
        loaded: &Loaded,
    ) -> Result<Instance, StartError> {
        let engine = self.engine()?;
        Instance::start(engine, plugin, loaded, &self.limits).await
    }

    /// The place of a plugin among those that have been compiled: who comes second waits for the first.
    fn entry(&self, key: Key) -> Arc<Compiled> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if compiled.len() >= COMPILED && !compiled.contains_key(&key) {
            compiled.clear();
        }
        Arc::clone(compiled.entry(key).or_default())
    }

    fn engine(&self) -> Result<&Engine, Arc<BuildError>> {
        let running = self
            .running
            .get_or_init(|| Running::new(&self.limits, self.cache_dir.clone()).map_err(Arc::new));
        running.as_ref().map(|running| &running.engine).map_err(Arc::clone)
    }
}

/// A plugin that cannot be used, and why.
pub(crate) fn refused(plugin: &Plugin, problem: PluginProblem) -> Arc<BuildError> {
    let plugin = plugin.name().to_owned();
    Arc::new(BuildError::Plugin(PluginError { plugin, problem }))
}

impl Running {
    fn new(limits: &PluginLimits, cache_dir: Option<PathBuf>) -> Result<Self, BuildError> {
        let mut config = Config::new();
        // Plugins are synchronous; what their languages bring along need not be.
        config.wasm_component_model_async(true);
        config.epoch_interruption(true);
        // Smaller than what a memory can address, at the price of bounds checks: there may be many.
        config.memory_reservation(u64::try_from(limits.memory).unwrap_or(u64::MAX));
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
        if let Some(directory) = cache_dir {
            keep_compiled(&mut config, directory)?;
        }
        let engine = Engine::new(&config).map_err(BuildError::engine)?;
        let ticker = Ticker::start(&engine).map_err(BuildError::thread)?;
        Ok(Self { engine, _ticker: ticker })
    }
}

/// Places for all instances together. What one instance may be made of is checked before, so that
/// who exceeds it is told by how much; here it is only what nobody may exceed.
fn pool(limits: &PluginLimits) -> PoolingAllocationConfig {
    let instances = limits.instances;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
        .total_memories(instances.saturating_mul(limits.memories))
        .total_tables(instances.saturating_mul(TABLES))
        .total_stacks(instances)
        .max_memories_per_component(u32::MAX)
        .max_tables_per_component(TABLES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memory_size(limits.memory);
    pool
}
