//! What can go wrong with sandboxes themselves.

use crate::sandbox::plugins::error::{PluginError, PluginFailed, PluginFault};
use std::sync::Arc;
use std::time::Duration;

/// Why a sandbox ended before its session did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The guest trapped.
    #[error("the sandbox trapped: {reason}")]
    Trap {
        /// What wasmtime said, with the guest's frames.
        reason: String,
    },
    /// The guest computed for too long without a pause.
    #[error("the sandbox used more than {limit:?} of CPU time at a stretch")]
    Cpu {
        /// `SandboxLimits::cpu_burst`.
        limit: Duration,
    },
    /// The guest wanted too much memory.
    #[error("the sandbox wanted more than {limit} bytes of memory")]
    Memory {
        /// `SandboxLimits::memory`.
        limit: usize,
    },
    /// The guest did not honour a cancellation in time, and was ended.
    #[error("the sandbox did not respond and was ended")]
    Unresponsive,
    /// A plugin of the session failed: the sandbox that it has to itself, not the client's.
    #[error("the plugin `{plugin}` failed: {fault}")]
    Plugin {
        /// Its name.
        plugin: String,
        /// What it broke.
        fault: PluginFault,
    },
    /// No sandbox could be made: as many as allowed exist.
    #[error("no sandbox could be made: {reason}")]
    Unavailable {
        /// What wasmtime said.
        reason: String,
    },
}

/// Why a [`Sandbar`](crate::Sandbar) could not be built.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The engine refused its configuration: limits that do not fit this
    /// machine, mostly.
    #[error("cannot set up the WebAssembly engine: {0}")]
    Engine(String),
    /// A component could not be compiled, or imports what is not there.
    #[error("cannot load the component: {0}")]
    Component(String),
    /// A component dials by itself, and a remote executor was to do it.
    #[error(
        "the component cannot be used with a remote executor: it imports no \
         `sandbar:http/client`, which the executor would provide"
    )]
    NoExecutorImport,
    /// A component of the embedder's own was given, and an agent is to be served: that is done with the
    /// embedded one alone.
    #[error("agents are served with the embedded component alone, and another one was given")]
    NotForAgents,
    /// A component sends requests past where a plugin would be asked of them.
    #[error(
        "the component cannot be used with a plugin for HTTP: it has to import \
         `sandbar:http/client`, where the plugin is put in between, and no `wasi:http/client`"
    )]
    NoPluginImport,
    /// A plugin cannot be used.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The directory for compiled components cannot be used.
    #[error("cannot use the cache directory: {0}")]
    Cache(String),
    /// A thread could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] Arc<std::io::Error>),
}

impl BuildError {
    pub(crate) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine(format!("{error:#}"))
    }

    pub(crate) fn component(error: wasmtime::Error) -> Self {
        Self::Component(format!("{error:#}"))
    }

    pub(crate) fn thread(error: std::io::Error) -> Self {
        Self::Thread(Arc::new(error))
    }

    pub(crate) fn cache(error: wasmtime::Error) -> Self {
        Self::Cache(format!("{error:#}"))
    }
}

/// Why there is no sandbox to begin with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// Its component could not be loaded.
    #[error(transparent)]
    Setup(#[from] Arc<BuildError>),
    /// There is no room for another one, or its component ended at once.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

impl From<PluginFailed> for SandboxError {
    fn from(PluginFailed { plugin, fault }: PluginFailed) -> Self {
        Self::Plugin { plugin, fault }
    }
}

impl From<PluginFailed> for StartError {
    fn from(failed: PluginFailed) -> Self {
        Self::Sandbox(failed.into())
    }
}
