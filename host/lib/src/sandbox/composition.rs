//! What a component is composed with before it runs: the adapters that ask plugins, and the way to an
//! executor elsewhere.

use crate::sandbox::components::{self, Component};
use crate::sandbox::engine::SandboxEngine;
use crate::sandbox::error::BuildError;
use crate::sandbox::state::State;
use sandbar_guest_compose::{ComposeError, compose};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use wasmtime::component::InstancePre;

/// What stands around a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// Exchanges are performed by an executor elsewhere.
    pub(crate) remote: bool,
    /// Plugins are asked of exchanges.
    pub(crate) http: bool,
    /// Plugins are asked of tools.
    pub(crate) tools: bool,
}

impl Surroundings {
    /// How many different ones there are.
    const COUNT: usize = 8;

    const fn index(self) -> usize {
        self.remote as usize | (self.http as usize) << 1 | (self.tools as usize) << 2
    }
}

/// Finds the exports of a kind of component.
pub(crate) type Link<P> = fn(InstancePre<State>) -> wasmtime::Result<P>;

/// One component, compiled with each of its surroundings when that is first needed.
pub(crate) struct Program<P> {
    component: Cow<'static, [u8]>,
    /// It and the way to an executor, where that has been composed before.
    remote: Option<Component>,
    link: Link<P>,
    compiled: [OnceLock<Result<P, Arc<BuildError>>>; Surroundings::COUNT],
}

impl<P> Program<P> {
    /// One that the build embeds, in both compositions.
    pub(crate) const fn embedded(component: Component, remote: Component, link: Link<P>) -> Self {
        Self::new(Cow::Borrowed(component.bytes), Some(remote), link)
    }

    /// One that is never composed.
    pub(crate) const fn alone(component: Component, link: Link<P>) -> Self {
        Self::new(Cow::Borrowed(component.bytes), None, link)
    }

    /// One of the embedder's own.
    pub(crate) const fn given(component: Vec<u8>, link: Link<P>) -> Self {
        Self::new(Cow::Owned(component), None, link)
    }

    const fn new(component: Cow<'static, [u8]>, remote: Option<Component>, link: Link<P>) -> Self {
        Self { component, remote, link, compiled: [const { OnceLock::new() }; Surroundings::COUNT] }
    }

    /// The component in its surroundings. Blocks for as long as it takes to compile it.
    pub(crate) fn get(
        &self,
        engine: &SandboxEngine,
        surroundings: Surroundings,
    ) -> Result<&P, Arc<BuildError>> {
        let compiled = self.compiled.get(surroundings.index());
        // There is a place for each.
        let compiled = compiled.unwrap_or(&self.compiled[0]);
        let program = compiled.get_or_init(|| self.load(engine, surroundings).map_err(Arc::new));
        program.as_ref().map_err(Arc::clone)
    }

    fn load(&self, engine: &SandboxEngine, surroundings: Surroundings) -> Result<P, BuildError> {
        let component = match (surroundings, self.remote) {
            (Surroundings { remote: true, http: false, tools: false }, Some(composed)) => {
                Cow::Borrowed(composed.bytes)
            }
            _ => surrounded(&self.component, surroundings)?,
        };
        let linked = engine.load(&component)?;
        // Whatever dials beside what it was composed with is a way around that.
        let Surroundings { remote, http, .. } = surroundings;
        if remote && engine.dials_from_here(&linked) {
            return Err(BuildError::NoExecutorImport);
        }
        if http && engine.has_wasi_http(&linked) {
            return Err(BuildError::NoPluginImport);
        }
        (self.link)(linked).map_err(BuildError::component)
    }
}

/// Composes a component from the inside out: what is plugged in last is farthest from the client.
fn surrounded(component: &[u8], surroundings: Surroundings) -> Result<Cow<'_, [u8]>, BuildError> {
    let mut composed = Cow::Borrowed(component);
    if surroundings.tools {
        let around = components::PLUG_TOOLS.bytes;
        composed = Cow::Owned(compose(around, &composed).map_err(mismatch)?);
    }
    let below = [
        (surroundings.http, components::PLUG_HTTP, BuildError::NoPluginImport),
        (surroundings.remote, components::REMOTE, BuildError::NoExecutorImport),
    ];
    for (_, provider, no_import) in below.into_iter().filter(|(is_wanted, ..)| *is_wanted) {
        let joined = compose(&composed, provider.bytes).map_err(|error| match error {
            ComposeError::NothingFits => no_import,
            other => mismatch(other),
        })?;
        composed = Cow::Owned(joined);
    }
    Ok(composed)
}

fn mismatch(error: ComposeError) -> BuildError {
    BuildError::Component(error.to_string())
}
