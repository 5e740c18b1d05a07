//! The components, each compiled when it is first needed.

use crate::components;
use crate::error::BuildError;
use crate::sandbox::bindings::{EmbeddingPre, FetchingPre, ServingPre};
use crate::sandbox::engine::SandboxEngine;
use crate::sandbox::state::State;
use std::sync::{Arc, OnceLock};
use wasmtime::component::InstancePre;

/// What an instance dials through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// From here.
    Local,
    /// Through an executor elsewhere.
    Remote,
}

/// One kind of component, in both compositions.
struct Program<P> {
    local: OnceLock<Result<P, Arc<BuildError>>>,
    remote: OnceLock<Result<P, Arc<BuildError>>>,
}

impl<P> Default for Program<P> {
    fn default() -> Self {
        Self { local: OnceLock::new(), remote: OnceLock::new() }
    }
}

impl<P> Program<P> {
    fn get(
        &self,
        reach: Reach,
        load: impl FnOnce() -> Result<P, BuildError>,
    ) -> Result<&P, Arc<BuildError>> {
        let cell = match reach {
            Reach::Local => &self.local,
            Reach::Remote => &self.remote,
        };
        cell.get_or_init(|| load().map_err(Arc::new)).as_ref().map_err(Arc::clone)
    }
}

/// Every component that is hosted.
#[derive(Default)]
pub(crate) struct Programs {
    mcp: Program<EmbeddingPre<State>>,
    fetch: Program<FetchingPre<State>>,
    serve: Program<ServingPre<State>>,
    /// Instead of the embedded client that dials from here.
    custom: Option<Vec<u8>>,
}

impl Programs {
    pub(crate) fn new(custom: Option<Vec<u8>>) -> Self {
        Self { custom, ..Self::default() }
    }

    /// The MCP client.
    pub(crate) fn mcp(
        &self,
        engine: &SandboxEngine,
        reach: Reach,
    ) -> Result<&EmbeddingPre<State>, Arc<BuildError>> {
        let component = match (reach, &self.custom) {
            (Reach::Local, Some(custom)) => custom,
            (Reach::Local, None) => components::MCP_LOCAL.bytes,
            (Reach::Remote, _) => components::MCP_REMOTE.bytes,
        };
        self.mcp.get(reach, || load(engine, component, EmbeddingPre::new))
    }

    /// HTTP exchanges.
    pub(crate) fn fetch(
        &self,
        engine: &SandboxEngine,
        reach: Reach,
    ) -> Result<&FetchingPre<State>, Arc<BuildError>> {
        let component = match reach {
            Reach::Local => components::FETCH_LOCAL.bytes,
            Reach::Remote => components::FETCH_REMOTE.bytes,
        };
        self.fetch.get(reach, || load(engine, component, FetchingPre::new))
    }

    /// An executor.
    pub(crate) fn serve(
        &self,
        engine: &SandboxEngine,
        reach: Reach,
    ) -> Result<&ServingPre<State>, Arc<BuildError>> {
        let component = match reach {
            Reach::Local => components::SERVE_LOCAL.bytes,
            Reach::Remote => components::SERVE_REMOTE.bytes,
        };
        self.serve.get(reach, || load(engine, component, ServingPre::new))
    }
}

fn load<P>(
    engine: &SandboxEngine,
    component: &[u8],
    program: fn(InstancePre<State>) -> wasmtime::Result<P>,
) -> Result<P, BuildError> {
    program(engine.load(component)?).map_err(BuildError::component)
}
