//! The road of every exchange here: that of the traffic that a sign-in is for.
//!
//! With an executor elsewhere, discovery and tokens go through it too, or signing in would work where
//! the server cannot be reached, and the reverse.

use crate::channel::Target;
use crate::error::Error;
use crate::executor::{Body, Executor, Streamed};
use crate::http::Dialers;
use crate::sandbox::error::StartError;
use crate::sandbox::exchange::FetchLife;
use crate::sandbox::performer::{Arriving, Incoming, Performed};
use crate::sandbox::programs::Programs;
use crate::sandbox::state::Network;
use crate::sandbox::worker::Worker;
use bytes::Bytes;
use sandbar_exchange::{BodySummary, ErrorCode, Failure, Field, Request, Response};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::Mutex;

/// Who performs exchanges: this host, or an executor elsewhere.
pub(crate) struct Road {
    pub(crate) programs: Arc<Programs>,
    dialers: Arc<Dialers>,
    target: Target,
    /// None before the first exchange, and after its sandbox has ended.
    executor: Mutex<Option<Executor>>,
}

impl Road {
    pub(crate) fn new(programs: Arc<Programs>, dialers: Arc<Dialers>, target: Target) -> Self {
        Self { programs, dialers, target, executor: Mutex::default() }
    }

    /// Performs an exchange. From here, its URL may lead where a URL that the user typed may; elsewhere
    /// the policy of that place holds.
    pub(crate) async fn perform(&self, request: Request) -> Performed {
        let Target::Remote(_) = &self.target else {
            let dialer = self
                .dialers
                .for_url(&request.url)
                .map_err(|invalid| Failure::unsent(ErrorCode::InvalidRequest(invalid.reason)))?;
            let (response, body) = dialer.exchange(request).await?;
            return Ok((response, Incoming::Dialed(body)));
        };
        let executor = self.executor().await.map_err(|error| failure(error.into()))?;
        let streamed = match executor.send(request).await {
            Ok(streamed) => streamed,
            Err(error) => {
                if matches!(error, Error::Sandbox(_) | Error::Closed) {
                    // The next exchange gets another one.
                    *self.executor.lock().await = None;
                }
                return Err(failure(error));
            }
        };
        let Streamed { status, fields, url, body } = streamed;
        let fields = fields.into_iter().map(|(name, value)| Field { name, value }).collect();
        Ok((Response { status, fields, url }, Incoming::Relayed(Box::new(body))))
    }

    async fn executor(&self) -> Result<Executor, StartError> {
        let mut executor = self.executor.lock().await;
        if let Some(executor) = &*executor {
            return Ok(executor.clone());
        }
        Ok(executor.insert(self.start().await?).clone())
    }

    /// A sandbox that speaks to the executor: one for all exchanges.
    async fn start(&self) -> Result<Executor, StartError> {
        let network = match &self.target {
            Target::Remote(connector) => Network::Remote(Arc::clone(connector)),
            // Dials nothing: there is no executor to speak to.
            Target::Local => return Err(no_executor()),
        };
        let (sandbox, instance) = self.programs.start_relay(network).await?;
        let limits = self.programs.limits().clone();
        Ok(Executor::new(Worker::spawn(sandbox, FetchLife(instance), limits)))
    }
}

fn no_executor() -> StartError {
    let reason = "there is no executor".to_owned();
    StartError::Sandbox(crate::error::SandboxError::Unavailable { reason })
}

/// An error of an executor's exchange as the failure that it is for whoever asked for it.
fn failure(error: Error) -> Failure {
    match error {
        Error::Http(failure) => failure,
        other => Failure::sent(ErrorCode::Disconnected(other.to_string())),
    }
}

impl Arriving for Body {
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        self.poll_chunk(cx).map(|chunk| chunk.map(|chunk| chunk.map_err(failure)))
    }

    fn summary(&self) -> BodySummary {
        BodySummary { bytes: Some(self.received()), deltas: None }
    }
}
