//! The components, each compiled when it is first needed, and sandboxes with an instance of one.

use crate::budget::Budget;
use crate::channel::Target;
use crate::sandbox::bindings::{
    Embedding, EmbeddingPre, Fetching, FetchingPre, LoggingIn, LoggingInPre, Proxying, ProxyingPre,
    Serving, ServingPre,
};
use crate::sandbox::components::{self, Component};
use crate::sandbox::engine::{Sandbox, SandboxEngine};
use crate::sandbox::error::{BuildError, SandboxError, StartError};
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::state::{Network, State};
use sandbar_guest_compose::{ComposeError, compose};
use std::sync::{Arc, OnceLock};
use wasmtime::component::InstancePre;

/// Every component that is hosted, and what sandboxes are made with.
pub(crate) struct Programs {
    engine: SandboxEngine,
    mcp: Program<EmbeddingPre<State>>,
    fetch: Program<FetchingPre<State>>,
    serve: Program<ServingPre<State>>,
    proxy: Program<ProxyingPre<State>>,
    login: Compiled<LoggingInPre<State>>,
    /// Instead of the embedded MCP client.
    custom: Option<Custom>,
}

/// A component that an embedder gave.
struct Custom {
    /// With exchanges where the executor is.
    program: EmbeddingPre<State>,
    /// With exchanges that this host performs, in whichever way.
    given: Option<EmbeddingPre<State>>,
}

impl Programs {
    /// The embedded components; where one is given, it takes the place of the MCP client, composed
    /// with the executor that the exchanges go to.
    pub(crate) fn new(
        engine: SandboxEngine,
        custom: Option<&[u8]>,
        target: &Target,
    ) -> Result<Self, BuildError> {
        let custom = custom.map(|component| match target {
            Target::Local => {
                let program = load(&engine, component, EmbeddingPre::new)?;
                Ok::<_, BuildError>(Custom { program, given: None })
            }
            Target::Remote(_) => {
                let program = through_executor(&engine, component)?;
                let given = Some(load(&engine, component, EmbeddingPre::new)?);
                Ok(Custom { program, given })
            }
        });
        Ok(Self {
            custom: custom.transpose()?,
            engine,
            mcp: Program::new(components::MCP, components::MCP_REMOTE, EmbeddingPre::new),
            fetch: Program::new(components::FETCH, components::FETCH_REMOTE, FetchingPre::new),
            serve: Program::new(components::SERVE, components::SERVE_REMOTE, ServingPre::new),
            proxy: Program::new(
                components::PROXY_MCP,
                components::PROXY_MCP_REMOTE,
                ProxyingPre::new,
            ),
            login: Compiled::new(components::OAUTH),
        })
    }

    pub(crate) const fn limits(&self) -> &SandboxLimits {
        self.engine.limits()
    }

    /// What may be held for one session.
    pub(crate) fn session_budget(&self) -> Budget {
        self.engine.session_budget()
    }

    /// A sandbox with the MCP client in it.
    pub(crate) async fn start_mcp(
        &self,
        network: Network,
    ) -> Result<(Sandbox, Embedding), StartError> {
        let program = match &self.custom {
            Some(Custom { given: Some(given), .. }) if matches!(network, Network::Given(_)) => {
                given
            }
            Some(custom) => &custom.program,
            None => self.mcp.get(&self.engine, &network)?,
        };
        let mut sandbox = self.engine.sandbox(network);
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox in which one signs in: whoever performs its exchanges is the embedder.
    pub(crate) async fn start_login(
        &self,
        network: Network,
    ) -> Result<(Sandbox, LoggingIn), StartError> {
        let program = self.login.get(&self.engine, LoggingInPre::new)?;
        let mut sandbox = self.engine.sandbox(network);
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox for HTTP exchanges.
    pub(crate) async fn start_fetch(
        &self,
        network: Network,
    ) -> Result<(Sandbox, Fetching), StartError> {
        let program = self.fetch.get(&self.engine, &network)?;
        let mut sandbox = self.engine.sandbox(network);
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }

    /// A sandbox with an executor in it.
    pub(crate) async fn start_serve(
        &self,
        network: Network,
    ) -> Result<(Sandbox, Serving), StartError> {
        let program = self.serve.get(&self.engine, &network)?;
        let mut sandbox = self.engine.sandbox(network);
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }
}

impl Programs {
    /// A sandbox with what speaks to an agent, and the MCP client behind it. The embedded one: a client
    /// of the embedder's own is refused here, rather than passed by.
    pub(crate) async fn start_proxy(
        &self,
        network: Network,
    ) -> Result<(Sandbox, Proxying), StartError> {
        if self.custom.is_some() {
            return Err(StartError::Setup(Arc::new(BuildError::NotForAgents)));
        }
        let program = self.proxy.get(&self.engine, &network)?;
        let mut sandbox = self.engine.sandbox(network);
        let instance = program.instantiate_async(&mut sandbox.store).await;
        Ok((sandbox, instance.map_err(SandboxError::unavailable)?))
    }
}

/// One kind of component, in both compositions.
struct Program<P> {
    local: Compiled<P>,
    remote: Compiled<P>,
    link: Link<P>,
}

/// Finds the exports of a kind of component.
type Link<P> = fn(InstancePre<State>) -> wasmtime::Result<P>;

struct Compiled<P> {
    component: Component,
    program: OnceLock<Result<P, Arc<BuildError>>>,
}

impl<P> Compiled<P> {
    const fn new(component: Component) -> Self {
        Self { component, program: OnceLock::new() }
    }

    fn get(&self, engine: &SandboxEngine, link: Link<P>) -> Result<&P, Arc<BuildError>> {
        let load = || load(engine, self.component.bytes, link).map_err(Arc::new);
        self.program.get_or_init(load).as_ref().map_err(Arc::clone)
    }
}

impl<P> Program<P> {
    const fn new(local: Component, remote: Component, link: Link<P>) -> Self {
        Self { local: Compiled::new(local), remote: Compiled::new(remote), link }
    }

    /// The composition whose exchanges go this way.
    fn get(&self, engine: &SandboxEngine, network: &Network) -> Result<&P, Arc<BuildError>> {
        let compiled = match network {
            Network::Local(_) | Network::Given(_) => &self.local,
            Network::Remote(_) => &self.remote,
        };
        compiled.get(engine, self.link)
    }
}

/// A component whose exchanges an executor elsewhere performs: one that dials from here as well, or
/// from here alone, would be a way around it.
fn through_executor(
    engine: &SandboxEngine,
    component: &[u8],
) -> Result<EmbeddingPre<State>, BuildError> {
    let composed = compose(component, components::REMOTE.bytes).map_err(|error| match error {
        ComposeError::NothingFits => BuildError::NoExecutorImport,
        other => BuildError::Component(other.to_string()),
    })?;
    let linked = engine.load(&composed)?;
    if engine.dials_from_here(&linked) {
        return Err(BuildError::NoExecutorImport);
    }
    EmbeddingPre::new(linked).map_err(BuildError::component)
}

fn load<P>(engine: &SandboxEngine, component: &[u8], link: Link<P>) -> Result<P, BuildError> {
    link(engine.load(component)?).map_err(BuildError::component)
}
