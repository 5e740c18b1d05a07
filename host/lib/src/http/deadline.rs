//! The deadlines of one request up to the head of its response.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use hyper_util::client::legacy::connect::CaptureConnection;
use sandbar_exchange::{Phase, Request};
use tokio::time::Instant;

use super::limits::DialLimits;

/// What a request asks for; a missing deadline means the dialer's default.
///
/// Any duration is accepted. Zero is a deadline that has passed by the time that anything has to
/// be waited for, and one too long for the clock never passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included; at most [`DialLimits::connect_at_most`]. It does not
    /// concern a request that finds an idle connection.
    pub connect: Option<Duration>,
    /// From the start of the request on its connection to the head of the response.
    pub first_byte: Option<Duration>,
    /// While a reader waits for the body, since it began to wait.
    pub idle: Option<Duration>,
}

impl From<&Request> for Timeouts {
    fn from(request: &Request) -> Self {
        Self {
            connect: request.deadline(Phase::Connect),
            first_byte: request.deadline(Phase::FirstByte),
            idle: request.deadline(Phase::Idle),
        }
    }
}

/// The deadlines that apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadlines {
    pub(super) connect: Duration,
    pub(super) first_byte: Duration,
    pub(super) idle: Duration,
}

impl Deadlines {
    pub(super) fn new(timeouts: Timeouts, limits: &DialLimits) -> Self {
        let connect = timeouts.connect.unwrap_or(limits.connect);
        Self {
            connect: connect.min(limits.connect_at_most),
            first_byte: timeouts.first_byte.unwrap_or(limits.first_byte),
            idle: timeouts.idle.unwrap_or(limits.idle),
        }
    }
}

/// Which deadline passed before the head was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    Connect,
    FirstByte,
}

/// Waits for the head: first for a connection, then for the response on it.
///
/// Dropping the future drops `head`, which cancels the request.
pub(super) async fn before_head<T>(
    head: impl Future<Output = T>,
    mut connection: CaptureConnection,
    deadlines: &Deadlines,
) -> Result<T, Passed> {
    tokio::pin!(head);
    // Most requests find an idle connection at once, and have nothing to wait for but the head.
    if let Poll::Ready(head) = poll_fn(|cx| Poll::Ready(head.as_mut().poll(cx))).await {
        return Ok(head);
    }
    if connection.connection_metadata().is_none() {
        let connected = async {
            connection.wait_for_connection_metadata().await;
        };
        // In this order, so that what is ready at once is not subject to any deadline.
        tokio::select! {
            biased;
            head = &mut head => return Ok(head),
            () = connected => {}
            () = sleep(deadlines.connect) => return Err(Passed::Connect),
        }
    }
    tokio::select! {
        biased;
        head = &mut head => Ok(head),
        () = sleep(deadlines.first_byte) => Err(Passed::FirstByte),
    }
}

async fn sleep(duration: Duration) {
    match Instant::now().checked_add(duration) {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
