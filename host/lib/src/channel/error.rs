//! What can go wrong on the way to an executor.

use std::sync::Arc;

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
