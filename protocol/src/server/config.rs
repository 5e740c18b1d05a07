use alloc::format;
use alloc::string::String;

use crate::extensions::Extensions;
use crate::jsonrpc::ParseError;

/// What a session has to be told.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The id of the session that `initialize` opens: the text of a random UUID.
    pub session_id: String,
    /// What carries the messages.
    pub transport: Transport,
    /// Extensions to confirm to a client that offers them.
    pub extensions: Extensions,
}

/// What carries the messages of a connection. It shows in the answer to a malformed one.
#[derive(Clone, Debug)]
pub enum Transport {
    /// One WebSocket message each.
    WebSocket {
        /// The address of the client, as `IP:PORT`.
        peer: String,
    },
    /// One line each, on standard input and output.
    Stdio,
}

impl Transport {
    pub(super) fn parse_failure(&self, error: &ParseError) -> String {
        match self {
            Self::WebSocket { peer } => format!(
                "failed to parse websocket JSON-RPC message from exec-server websocket {peer}: \
                 {error}"
            ),
            Self::Stdio => {
                format!("failed to parse JSON-RPC message from exec-server stdio: {error}")
            }
        }
    }
}
