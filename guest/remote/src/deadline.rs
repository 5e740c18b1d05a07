//! Deadlines that are kept at this end.
//!
//! A stock executor knows one deadline for everything (`timeoutMs`) and none for silence. Where it
//! keeps none, this component does; where `timeouts` was negotiated the executor does, which can
//! also tell them apart.

use crate::bindings::sandbar::http::types::Timeouts;
use crate::bindings::wasi::clocks::monotonic_clock;
use futures::future::{Either, select};
use std::pin::pin;

/// For a connection, if the request says nothing. 10 s, as where it is made from here.
const CONNECT_NS: u64 = 10 * SECOND_NS;

/// For the head of the response after that. 5 min: a tool call answered with plain JSON is silent
/// while it works.
const FIRST_BYTE_NS: u64 = 300 * SECOND_NS;

/// Between two bytes of a body that is waited for. 5 min: above the usual interval of keep-alive
/// comments in event streams.
const IDLE_NS: u64 = 300 * SECOND_NS;

const SECOND_NS: u64 = 1_000_000_000;

/// The deadlines of one exchange, as durations in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    /// From the request to the head of its response: where the one ends at which the executor is
    /// connected cannot be seen from here.
    pub(crate) head: u64,
    /// Between two bytes of the body, while somebody waits for one.
    pub(crate) idle: u64,
}

impl Deadlines {
    /// Those of a request.
    pub(crate) fn new(timeouts: &Timeouts) -> Self {
        let connect = timeouts.connect.unwrap_or(CONNECT_NS);
        let first_byte = timeouts.first_byte.unwrap_or(FIRST_BYTE_NS);
        Self { head: connect.saturating_add(first_byte), idle: timeouts.idle.unwrap_or(IDLE_NS) }
    }
}

/// The deadline passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

/// Waits for `event`, but no longer than `duration` nanoseconds.
pub(crate) async fn within(duration: u64, event: impl Future<Output = ()>) -> Result<(), Elapsed> {
    let deadline = pin!(monotonic_clock::wait_for(duration));
    match select(pin!(event), deadline).await {
        Either::Left(_) => Ok(()),
        Either::Right(_) => Err(Elapsed),
    }
}
