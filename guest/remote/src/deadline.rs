//! Deadlines that are kept at this end.
//!
//! A stock executor knows one deadline for everything (`timeoutMs`) and none for silence. Where it
//! keeps none, this component does; where `timeouts` was negotiated the executor does, which can
//! also tell them apart.

use futures::future::{Either, select};
use sandbar_exchange::{Phase, Request, nanoseconds};
use sandbar_guest_kit::monotonic_clock;
use std::pin::pin;
use std::time::Duration;

/// The deadlines of one exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    /// From the request to the head of its response: where the one ends at which the executor is
    /// connected cannot be seen from here.
    pub(crate) head: Duration,
    /// Between two bytes of the body, while somebody waits for one.
    pub(crate) idle: Duration,
}

impl Deadlines {
    /// Those of a request.
    pub(crate) fn new(request: &Request) -> Self {
        let of = |phase: Phase| request.deadline(phase).unwrap_or_else(|| phase.default_deadline());
        Self {
            head: of(Phase::Connect).saturating_add(of(Phase::FirstByte)),
            idle: of(Phase::Idle),
        }
    }
}

/// The deadline passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

/// Waits for `event`, but no longer than `duration`.
pub(crate) async fn within(
    duration: Duration,
    event: impl Future<Output = ()>,
) -> Result<(), Elapsed> {
    let deadline = pin!(monotonic_clock::wait_for(nanoseconds(duration)));
    match select(pin!(event), deadline).await {
        Either::Left(_) => Ok(()),
        Either::Right(_) => Err(Elapsed),
    }
}
