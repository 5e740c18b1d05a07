//! Which executor performs the exchanges.

use super::client::WebSocketClient;
use super::command::CommandClient;
use super::error::ExecutorError;
use super::pipe::Connect;
use std::sync::Arc;

/// Who performs HTTP exchanges.
#[derive(Clone, Default)]
pub enum Target {
    /// This host, under its policy.
    #[default]
    Local,
    /// An executor elsewhere, under the policy of that place.
    Remote(Arc<dyn Connect>),
}

impl Target {
    /// An executor at a `ws` or `wss` URL.
    ///
    /// # Errors
    ///
    /// As [`WebSocketClient::new`].
    pub fn websocket(url: &str) -> Result<Self, ExecutorError> {
        Ok(Self::connector(WebSocketClient::new(url)?))
    }

    /// An executor on the standard streams of a command.
    pub fn command(
        program: impl Into<String>,
        arguments: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::connector(CommandClient::new(program, arguments))
    }

    /// An executor behind anything that makes pipes.
    pub fn connector(connector: impl Connect) -> Self {
        Self::Remote(Arc::new(connector))
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Local => "Local",
            Self::Remote(_) => "Remote(..)",
        })
    }
}
