//! Everything that can go wrong, kept apart by who is at fault.

pub use sandbar_exchange::{
    ErrorCode as HttpError, Failure as HttpFailure, Limit as HttpLimit, PeerError, Processed,
    SequenceError,
};

use std::sync::Arc;
use std::time::Duration;

/// Why an operation on a session failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The exchange failed before the answer had arrived whole.
    #[error(transparent)]
    Http(#[from] HttpFailure),
    /// The server answered with a failing HTTP status.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The server answered with a JSON-RPC error.
    #[error("the server answered with error {}: {}", .0.code, .0.message)]
    Rpc(RpcError),
    /// The server broke JSON-RPC, MCP or its media types.
    #[error("the server broke the protocol: {0}")]
    InvalidMessage(String),
    /// The answer stream ended cleanly, without the answer.
    #[error("the server ended the stream without the answer")]
    NoAnswer,
    /// A message was larger than the session accepts.
    #[error("a message of at least {seen} bytes exceeds the limit `{name}` of {limit} bytes")]
    MessageTooLarge {
        /// The setting that raises it.
        name: String,
        /// Its value, in bytes.
        limit: u64,
        /// The size met, or how much had arrived when the limit was reached.
        seen: u64,
    },
    /// No protocol version in common.
    #[error("no protocol version in common; the server speaks {}", .server.join(", "))]
    UnsupportedVersion {
        /// The versions of the server.
        server: Vec<String>,
    },
    /// The server forgot the session while the call may have run. The call is
    /// not repeated; the next one opens a new session.
    #[error("the server forgot the session, and the call may have run")]
    SessionLost,
    /// The server wants input before it answers. Carries its
    /// `InputRequiredResult`, as JSON text.
    #[error("the server asks for input that this client cannot give")]
    InputRequired(String),
    /// The call was given up.
    #[error("the call was cancelled")]
    Cancelled,
    /// The session was closed.
    #[error("the session is closed")]
    Closed,
    /// The deadline of the call passed. The call was given up, upstream too.
    #[error("no answer within {after:?}")]
    Timeout {
        /// The deadline.
        after: Duration,
    },
    /// The caller's mistake.
    #[error("invalid parameters: {0}")]
    InvalidParams(String),
    /// The client in the sandbox broke a rule of its own: a bug of the component.
    #[error("a bug of the client in the sandbox: {0}")]
    Internal(String),
    /// The URL is none that a session could be opened with.
    #[error("cannot connect to `{url}`: {reason}")]
    InvalidUrl {
        /// The URL as it was given, without user information.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The remote executor cannot be reached.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// A component could not be loaded.
    #[error(transparent)]
    Setup(#[from] Arc<BuildError>),
    /// The sandbox of the session failed. Other sessions are not affected.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

/// Why an executor cannot be talked to, or talk.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutorError {
    /// The URL of the executor is none that can be connected to.
    #[error("`{url}` is not the URL of an executor: {reason}")]
    InvalidUrl {
        /// The URL.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The connection could not be made.
    #[error("cannot connect to the executor: {reason}")]
    Connect {
        /// Why.
        reason: String,
    },
    /// The command could not be started.
    #[error("cannot start the executor command `{command}`")]
    Command {
        /// The command.
        command: String,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
}

/// An HTTP status that means failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server answered with HTTP status {status}")]
#[non_exhaustive]
pub struct StatusError {
    /// The status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: Option<String>,
    /// The beginning of the body, at most 8192 bytes.
    pub preview: String,
    /// Every `www-authenticate` value.
    pub www_authenticate: Vec<String>,
}

/// A JSON-RPC error (JSON-RPC 2.0 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// The code.
    pub code: i64,
    /// The text.
    pub message: String,
    /// More, as JSON text.
    pub data: Option<String>,
}

impl RpcError {
    /// What a request is answered with that nobody handles.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        Self { code: -32601, message: format!("method not found: {method}"), data: None }
    }
}

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
    /// No sandbox could be made: as many as allowed exist.
    #[error("no sandbox could be made: {reason}")]
    Unavailable {
        /// What wasmtime said.
        reason: String,
    },
}

/// Why a [`Sandbar`](crate::Sandbar) could not be built.
#[derive(Debug, thiserror::Error)]
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
    /// The directory for compiled components cannot be used.
    #[error("cannot use the cache directory: {0}")]
    Cache(String),
    /// A thread could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

impl BuildError {
    pub(crate) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine(format!("{error:#}"))
    }

    pub(crate) fn component(error: wasmtime::Error) -> Self {
        Self::Component(format!("{error:#}"))
    }

    pub(crate) fn cache(error: wasmtime::Error) -> Self {
        Self::Cache(format!("{error:#}"))
    }
}
