//! The components, each compiled when it is first needed.

use crate::components;
use crate::error::BuildError;
use crate::sandbox::bindings::{EmbeddingPre, FetchingPre, ServingPre};
use crate::sandbox::engine::SandboxEngine;
use crate::sandbox::state::State;
use sandbar_guest_compose::{ComposeError, compose};
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
    /// Instead of the embedded MCP client.
    custom: Option<EmbeddingPre<State>>,
}

impl Programs {
    /// The embedded components; where one is given, it takes the place of the MCP client, composed
    /// with the executor that the exchanges go to.
    pub(crate) fn new(
        engine: &SandboxEngine,
        custom: Option<&[u8]>,
        reach: Reach,
    ) -> Result<Self, BuildError> {
        let custom = custom.map(|component| match reach {
            Reach::Local => load(engine, component, EmbeddingPre::new),
            Reach::Remote => through_executor(engine, component),
        });
        Ok(Self { custom: custom.transpose()?, ..Self::default() })
    }

    /// The MCP client.
    pub(crate) fn mcp(
        &self,
        engine: &SandboxEngine,
        reach: Reach,
    ) -> Result<&EmbeddingPre<State>, Arc<BuildError>> {
        if let Some(custom) = &self.custom {
            return Ok(custom);
        }
        let component = match reach {
            Reach::Local => components::MCP.bytes,
            Reach::Remote => components::MCP_REMOTE.bytes,
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
            Reach::Local => components::FETCH.bytes,
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
            Reach::Local => components::SERVE.bytes,
            Reach::Remote => components::SERVE_REMOTE.bytes,
        };
        self.serve.get(reach, || load(engine, component, ServingPre::new))
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

fn load<P>(
    engine: &SandboxEngine,
    component: &[u8],
    program: fn(InstancePre<State>) -> wasmtime::Result<P>,
) -> Result<P, BuildError> {
    program(engine.load(component)?).map_err(BuildError::component)
}
