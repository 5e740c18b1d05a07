//! Being an executor for whoever is at the other end of a pipe.

use super::pipe::Pipe;
use super::target::Target;
use crate::error::Error;
use crate::http::Policy;
use crate::sandbar::Sandbar;
use crate::sandbox::bindings::ServedConnection;
use uuid::Uuid;

/// How to be an executor.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// What may be dialled.
    pub policy: Policy,
    /// Who dials: this host, or another executor, to which this one relays.
    pub target: Target,
}

impl Default for ServeOptions {
    /// Dials from here, whatever this machine can reach but link-local addresses.
    fn default() -> Self {
        Self { policy: Policy::anywhere(), target: Target::Local }
    }
}

/// Serves one connection until either side closes it, in a sandbox of its own.
///
/// `peer` is the address of the client, where it came over a network.
///
/// # Errors
///
/// When no sandbox can be made, or it fails. Whatever the client does is its own
/// affair and no error.
pub async fn serve_pipe(
    sandbar: &Sandbar,
    options: &ServeOptions,
    pipe: Pipe,
    peer: Option<String>,
) -> Result<(), Error> {
    let connection = ServedConnection { session_id: Uuid::new_v4().to_string(), peer };
    sandbar.serve(options, connection, pipe).await
}
