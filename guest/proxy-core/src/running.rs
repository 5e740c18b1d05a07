//! The agent's messages that are under way.

use crate::limits::{MESSAGE_BYTES, MESSAGES};
use sandbar_mcp_core::CallId;
use sandbar_mcp_core::message::Id;
use std::collections::BTreeMap;

/// What is known of each.
#[derive(Debug, Default)]
pub(crate) struct Running {
    calls: BTreeMap<CallId, Call>,
    bytes: usize,
    last: u64,
}

/// One message under way.
#[derive(Debug)]
pub(crate) struct Call {
    /// None of a message that has no answer.
    pub(crate) request: Option<Request>,
    bytes: usize,
}

/// A request that the agent waits for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: Id,
    pub(crate) method: String,
    pub(crate) is_modern: bool,
    /// Whether the agent has its answer, or wants none any more.
    pub(crate) is_settled: bool,
}

impl Request {
    /// Whether it opens a session.
    pub(crate) fn is_opening(&self) -> bool {
        self.method == "initialize" && !self.is_modern
    }
}

impl Running {
    /// Enters a message of this size; none where there are too many.
    pub(crate) fn enter(&mut self, request: Option<Request>, bytes: usize) -> Option<CallId> {
        let total = self.bytes.saturating_add(bytes);
        // The largest message may go alone.
        let fits = self.calls.len() < MESSAGES && (self.bytes == 0 || total <= MESSAGE_BYTES);
        fits.then(|| self.insert(request, bytes))
    }

    /// Enters a request that was under way before, and is sent once more.
    pub(crate) fn enter_again(&mut self, request: Request) -> CallId {
        self.insert(Some(request), 0)
    }

    /// A name for what is carried and waited for by nobody.
    pub(crate) const fn name(&mut self) -> CallId {
        self.last += 1;
        CallId(self.last)
    }

    /// Enters a message that others wait for, so that there is always room for it. They are no more
    /// than those.
    pub(crate) fn enter_owed(&mut self, bytes: usize) -> CallId {
        self.insert(None, bytes)
    }

    fn insert(&mut self, request: Option<Request>, bytes: usize) -> CallId {
        self.last += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let call = CallId(self.last);
        self.calls.insert(call, Call { request, bytes });
        call
    }

    /// Takes a message out that is over.
    pub(crate) fn leave(&mut self, call: CallId) -> Option<Call> {
        let left = self.calls.remove(&call)?;
        self.bytes = self.bytes.saturating_sub(left.bytes);
        Some(left)
    }

    /// The request that the agent waits for under this id.
    pub(crate) fn of(&self, id: &Id) -> Option<CallId> {
        let waits = |call: &Call| {
            call.request.as_ref().is_some_and(|request| !request.is_settled && request.id == *id)
        };
        self.calls.iter().find(|(_, call)| waits(call)).map(|(name, _)| *name)
    }

    pub(crate) fn request(&self, call: CallId) -> Option<&Request> {
        self.calls.get(&call)?.request.as_ref()
    }

    pub(crate) fn request_mut(&mut self, call: CallId) -> Option<&mut Request> {
        self.calls.get_mut(&call)?.request.as_mut()
    }

    /// The requests that the agent waits for.
    pub(crate) fn awaited(&self) -> Vec<CallId> {
        let waits = |call: &Call| call.request.as_ref().is_some_and(|request| !request.is_settled);
        self.calls.iter().filter(|(_, call)| waits(call)).map(|(name, _)| *name).collect()
    }

    /// Whether anything is under way that will end by itself: not what was answered already, nor what
    /// an agent listens to.
    pub(crate) fn is_busy(&self) -> bool {
        self.calls.values().any(|call| {
            call.request.as_ref().is_none_or(|request| {
                !request.is_settled && request.method != "subscriptions/listen"
            })
        })
    }
}
