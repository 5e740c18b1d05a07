//! What one store holds.

use crate::channel::{Connect, Target};
use crate::http::{Dialer, Dialers, Policy};
use crate::sandbox::imports::wasi_http::Hooks;
use crate::sandbox::limits::HANDLES;
use crate::sandbox::memory::MemoryLimit;
use crate::sandbox::performer::Perform;
use crate::sandbox::plugins::chain::Chain;
use std::sync::Arc;
use tokio::sync::Mutex;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// The way out of a sandbox.
pub(crate) enum Network {
    /// There is none.
    None,
    /// Requests are dialled from here.
    Local(Box<Dialer>),
    /// Requests go to an executor elsewhere.
    Remote(Arc<dyn Connect>),
    /// The embedder performs them.
    Given(Arc<dyn Perform>),
}

impl Network {
    /// Whether it is another that dials.
    pub(crate) const fn is_remote(&self) -> bool {
        matches!(self, Self::Remote(_))
    }

    /// The way to `target`. This host dials under `policy`; elsewhere the policy of that place
    /// holds.
    pub(crate) fn to(target: &Target, dialers: &Dialers, policy: Policy) -> Self {
        match target {
            Target::Local => Self::Local(Box::new(dialers.under(policy))),
            Target::Remote(connector) => Self::Remote(Arc::clone(connector)),
        }
    }
}

/// The data of a store: the tables behind its imports, and nothing that a guest
/// could reach otherwise.
pub(crate) struct State {
    table: ResourceTable,
    clocks: WasiClocksCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    connector: Option<Arc<dyn Connect>>,
    performer: Option<Arc<dyn Perform>>,
    plugins: Arc<Mutex<Chain>>,
    pub(crate) memory: MemoryLimit,
}

impl State {
    pub(crate) fn new(network: Network, plugins: Chain, memory: MemoryLimit) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let (mut dialer, mut connector, mut performer) = (None, None, None);
        match network {
            Network::None => {}
            Network::Local(local) => dialer = Some(*local),
            Network::Remote(remote) => connector = Some(remote),
            Network::Given(given) => performer = Some(given),
        }
        Self {
            table,
            clocks: WasiClocksCtx::default(),
            http: WasiHttpCtx::new(),
            hooks: Hooks { dialer },
            connector,
            performer,
            plugins: Arc::new(Mutex::new(plugins)),
            memory,
        }
    }

    /// Who dials, if it is this host.
    pub(crate) const fn dialer(&self) -> Option<&Dialer> {
        self.hooks.dialer.as_ref()
    }

    /// Who performs exchanges in place of a dialer.
    pub(crate) const fn performer(&self) -> Option<&Arc<dyn Perform>> {
        self.performer.as_ref()
    }

    /// The way to who dials, if it is another.
    pub(crate) const fn connector(&self) -> Option<&Arc<dyn Connect>> {
        self.connector.as_ref()
    }

    /// The plugins that are asked of what the sandbox does. One call of them runs at a time.
    pub(crate) const fn plugins(&self) -> &Arc<Mutex<Chain>> {
        &self.plugins
    }

    pub(crate) const fn table_mut(&mut self) -> &mut ResourceTable {
        &mut self.table
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
