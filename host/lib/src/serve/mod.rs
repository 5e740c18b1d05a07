//! Being an executor for others.
//!
//! | what | where |
//! |---|---|
//! | one connection, in a sandbox of its own | this file |
//! | listening for WebSocket clients | `listener.rs` |
//! | who waits to be let in, and for how long | `entrance.rs` |
//! | who may come in | `gate.rs` |
//! | what makes a WebSocket of a request | `handshake.rs` |

mod entrance;
mod gate;
mod handshake;
mod limits;
mod listener;

pub use listener::{ListenError, ListenOptions, Listener};

use crate::channel::{Pipe, Target};
use crate::http::{Dialers, Policy};
use crate::sandbox::bindings::ServedConnection;
use crate::sandbox::error::StartError;
use crate::sandbox::programs::Programs;
use crate::sandbox::service;
use crate::sandbox::state::Network;
use std::sync::Arc;
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
    /// Dials from here, and nothing.
    fn default() -> Self {
        Self { policy: Policy::nothing(), target: Target::Local }
    }
}

/// Serves connections, each in a sandbox of its own.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) programs: Arc<Programs>,
    pub(crate) dialers: Arc<Dialers>,
}

impl Server {
    /// Serves one connection until either side closes it. `peer` is the address of the client,
    /// where it came over a network.
    pub(crate) async fn serve(
        &self,
        options: &ServeOptions,
        pipe: Pipe,
        peer: Option<String>,
    ) -> Result<(), StartError> {
        let network = Network::to(&options.target, &self.dialers, options.policy.clone());
        let (sandbox, instance) = self.programs.start_serve(network).await?;
        let connection = ServedConnection { session_id: Uuid::new_v4().to_string(), peer };
        Ok(service::serve(sandbox, instance, connection, pipe, self.programs.limits()).await?)
    }
}
