//! The components, each compiled when it is first needed, and sandboxes with an instance of one.

use crate::budget::Budget;
use crate::channel::Target;
use crate::sandbox::bindings::{
    Embedding, EmbeddingPre, Fetching, FetchingPre, LoggingIn, LoggingInPre, Proxying, ProxyingPre,
    Serving, ServingPre, Validating, ValidatingPre,
};
use crate::sandbox::components::{
    FETCH, FETCH_REMOTE, MCP, MCP_REMOTE, OAUTH, PROXY_MCP, PROXY_MCP_REMOTE, SCHEMA, SERVE,
    SERVE_REMOTE,
};
use crate::sandbox::composition::{Program, Surroundings};
use crate::sandbox::engine::{Sandbox, SandboxEngine};
use crate::sandbox::error::{BuildError, SandboxError, StartError};
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::plugins::chain::Chain;
use crate::sandbox::plugins::plugin::Plugin;
use crate::sandbox::plugins::plugins::Plugins;
use crate::sandbox::plugins::selection::Selection;
use crate::sandbox::state::{Network, State};
use std::sync::Arc;

/// Every component that is hosted, and what sandboxes are made with.
pub(crate) struct Programs {
    engine: SandboxEngine,
    plugins: Arc<Plugins>,
    /// Those of every sandbox.
    everywhere: Selection,
    mcp: Program<EmbeddingPre<State>>,
    fetch: Program<FetchingPre<State>>,
    serve: Program<ServingPre<State>>,
    proxy: Program<ProxyingPre<State>>,
    login: Program<LoggingInPre<State>>,
    schema: Program<ValidatingPre<State>>,
    /// Whether the client is not the embedded one.
    is_custom: bool,
}

impl Programs {
    /// The embedded components; where one is given, it takes the place of the MCP client. It and the
    /// plugins are loaded at once.
    pub(crate) fn new(
        engine: SandboxEngine,
        plugins: Plugins,
        everywhere: &[Plugin],
        custom: Option<Vec<u8>>,
        target: &Target,
    ) -> Result<Self, Arc<BuildError>> {
        let everywhere = Selection::load(&plugins, everywhere)?;
        let is_custom = custom.is_some();
        let mcp = custom.map_or_else(
            || Program::embedded(MCP, MCP_REMOTE, EmbeddingPre::new),
            |component| Program::given(component, EmbeddingPre::new),
        );
        let programs = Self {
            engine,
            plugins: Arc::new(plugins),
            everywhere,
            mcp,
            fetch: Program::embedded(FETCH, FETCH_REMOTE, FetchingPre::new),
            serve: Program::embedded(SERVE, SERVE_REMOTE, ServingPre::new),
            proxy: Program::embedded(PROXY_MCP, PROXY_MCP_REMOTE, ProxyingPre::new),
            login: Program::alone(OAUTH, LoggingInPre::new),
            schema: Program::alone(SCHEMA, ValidatingPre::new),
            is_custom,
        };
        if is_custom {
            let remote = matches!(target, Target::Remote(_));
            let surroundings = programs.everywhere.surroundings(remote);
            programs.mcp.get(&programs.engine, surroundings)?;
        }
        Ok(programs)
    }

    pub(crate) const fn limits(&self) -> &SandboxLimits {
        self.engine.limits()
    }

    /// What may be held for one session.
    pub(crate) fn session_budget(&self) -> Budget {
        self.engine.session_budget()
    }

    /// A sandbox with the MCP client in it, and these plugins between it and the server, after those
    /// that every sandbox has.
    pub(crate) async fn start_mcp(
        &self,
        network: Network,
        plugins: Vec<Plugin>,
    ) -> Result<(Sandbox, Embedding), StartError> {
        let selection = self.selection(plugins).await?;
        let surroundings = selection.surroundings(network.is_remote());
        let program = self.mcp.get(&self.engine, surroundings)?;
        let mut sandbox = self.sandbox(network, &selection).await?;
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox in which one signs in: whoever performs its exchanges is the embedder.
    pub(crate) async fn start_login(
        &self,
        network: Network,
    ) -> Result<(Sandbox, LoggingIn), StartError> {
        let program = self.login.get(&self.engine, Surroundings::default())?;
        let mut sandbox = self.engine.sandbox(network, Chain::default());
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox with what judges results, which can reach nothing.
    pub(crate) async fn start_schema(&self) -> Result<(Sandbox, Validating), StartError> {
        let program = self.schema.get(&self.engine, Surroundings::default())?;
        let mut sandbox = self.engine.sandbox(Network::None, Chain::default());
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox for HTTP exchanges.
    pub(crate) async fn start_fetch(
        &self,
        network: Network,
    ) -> Result<(Sandbox, Fetching), StartError> {
        let program = self.fetch.get(&self.engine, self.without_tools(&network)?)?;
        let mut sandbox = self.sandbox(network, &self.everywhere).await?;
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox for exchanges that no plugin is asked of: those of a session whose plugins have been, on
    /// their way to an executor, and those of a sign-in, which are secrets.
    pub(crate) async fn start_relay(
        &self,
        network: Network,
    ) -> Result<(Sandbox, Fetching), StartError> {
        let surroundings = Surroundings { remote: network.is_remote(), ..Surroundings::default() };
        let program = self.fetch.get(&self.engine, surroundings)?;
        let mut sandbox = self.engine.sandbox(network, Chain::default());
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox with an executor in it.
    pub(crate) async fn start_serve(
        &self,
        network: Network,
    ) -> Result<(Sandbox, Serving), StartError> {
        let program = self.serve.get(&self.engine, self.without_tools(&network)?)?;
        let mut sandbox = self.sandbox(network, &self.everywhere).await?;
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox with what speaks to an agent, and the MCP client behind it. The embedded one: a client
    /// of the embedder's own is refused here, rather than passed by; so is a plugin for tools, since
    /// messages pass as they are.
    pub(crate) async fn start_proxy(
        &self,
        network: Network,
        plugins: Vec<Plugin>,
    ) -> Result<(Sandbox, Proxying), StartError> {
        if self.is_custom {
            return Err(StartError::Setup(Arc::new(BuildError::NotForAgents)));
        }
        let selection = self.selection(plugins).await?;
        selection.check_without_tools()?;
        let surroundings = selection.surroundings(network.is_remote());
        let program = self.proxy.get(&self.engine, surroundings)?;
        let mut sandbox = self.sandbox(network, &selection).await?;
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// Whether the plugins that every sandbox has can be honoured where there is no MCP client.
    ///
    /// # Errors
    ///
    /// For one that is to be asked of tools.
    pub(crate) fn check_without_tools(&self) -> Result<(), Arc<BuildError>> {
        self.everywhere.check_without_tools()
    }

    /// The plugins of a session: those that all have, and its own.
    async fn selection(&self, own: Vec<Plugin>) -> Result<Selection, Arc<BuildError>> {
        if own.is_empty() {
            return Ok(self.everywhere.clone());
        }
        self.everywhere.with(Arc::clone(&self.plugins), own).await
    }

    fn without_tools(&self, network: &Network) -> Result<Surroundings, Arc<BuildError>> {
        self.check_without_tools()?;
        Ok(self.everywhere.surroundings(network.is_remote()))
    }

    async fn sandbox(
        &self,
        network: Network,
        selection: &Selection,
    ) -> Result<Sandbox, StartError> {
        let plugins = selection.start(&self.plugins).await?;
        Ok(self.engine.sandbox(network, plugins))
    }
}
