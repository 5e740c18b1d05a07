use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;

use sandbar_exchange::Request;

use super::call::{Active, Call};
use super::{CallId, RequestError};
use crate::delta::{Incoming, Read, Violation};
use crate::limits::{
    CONNECTION_RECEIVE_BYTES, MAX_CALLS, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES, WAITING_BYTES,
};

/// The calls of a connection, and what they hold together.
#[derive(Debug, Default)]
pub(super) struct CallTable {
    calls: BTreeMap<CallId, Call>,
    /// In order of the requests.
    waiting: VecDeque<CallId>,
    /// What they hold, and the URLs of those whose response is not known.
    waiting_bytes: usize,
    /// Sent and without a response, whether or not the caller still cares.
    unanswered: BTreeSet<CallId>,
    /// Body bytes that wait to be read.
    unread: usize,
    /// Windows of all active calls.
    windows: usize,
    last: u32,
}

impl CallTable {
    pub(super) fn get_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.get_mut(&id)
    }

    pub(super) fn active_mut(&mut self, id: CallId) -> Option<&mut Active> {
        self.calls.get_mut(&id)?.active_mut()
    }

    /// Body bytes that wait to be read.
    pub(super) fn unread(&self) -> usize {
        self.unread
    }

    /// Takes a call in, to be sent later.
    pub(super) fn insert(&mut self, request: Request) -> Result<CallId, RequestError> {
        let cost = request.cost();
        if self.calls.len() >= MAX_CALLS {
            return Err(RequestError::TooManyCalls);
        }
        if self.waiting_bytes.saturating_add(cost) > WAITING_BYTES {
            return Err(RequestError::TooManyBytes);
        }
        let id = CallId::after(self.last).ok_or(RequestError::TooManyCalls)?;
        self.last = id.number();
        self.waiting_bytes += cost;
        self.waiting.push_back(id);
        self.calls.insert(id, Call::Waiting(request));
        Ok(id)
    }

    /// Makes the call that waits longest active, if fewer than `limit` are unanswered. Its route
    /// is there before the request is sent, so that early deltas find it.
    ///
    /// Returns the request and, where `flow_control` says that there is any, its credit.
    pub(super) fn start_next(
        &mut self,
        limit: usize,
        flow_control: bool,
    ) -> Option<(CallId, Request, Option<usize>)> {
        if self.unanswered.len() >= limit {
            return None;
        }
        let id = self.waiting.pop_front()?;
        let credit = flow_control.then(|| self.next_window());
        let Some(Call::Waiting(request)) = self.calls.remove(&id) else {
            return None;
        };
        self.calls.insert(id, Call::Active(Active::new(request.url.clone(), credit)));
        self.waiting_bytes = self.waiting_bytes - request.cost() + request.url.len();
        self.windows += credit.unwrap_or(0);
        self.unanswered.insert(id);
        Some((id, request, credit))
    }

    /// The response of a call arrived; says whether one was due.
    pub(super) fn answer(&mut self, id: CallId) -> bool {
        self.unanswered.remove(&id)
    }

    /// The response of an active call begins. Returns the URL that it was sent to.
    pub(super) fn begin(&mut self, id: CallId) -> Option<String> {
        let active = self.calls.get_mut(&id)?.active_mut()?;
        active.answered = true;
        let url = core::mem::take(&mut active.url);
        self.waiting_bytes -= url.len();
        Some(url)
    }

    pub(super) fn handle_delta(
        &mut self,
        id: CallId,
        delta: Incoming<'_>,
    ) -> Result<(), Violation> {
        let room = CONNECTION_RECEIVE_BYTES.saturating_sub(self.unread);
        let Some(active) = self.calls.get_mut(&id).and_then(Call::active_mut) else {
            return Ok(());
        };
        let before = active.receiver.queued();
        let outcome = active.receiver.handle_delta(delta, room);
        self.unread += active.receiver.queued() - before;
        outcome
    }

    /// Reads the body of a call whose response is known. The end removes the call.
    pub(super) fn read(&mut self, id: CallId, max: usize) -> Option<Read> {
        let active = match self.calls.get_mut(&id)? {
            Call::Active(active) if active.answered => active,
            Call::Active(_) | Call::Waiting(_) => return Some(Read::Pending),
        };
        let read = active.receiver.read(max);
        match &read {
            Read::Data(bytes) => self.unread -= bytes.len(),
            Read::Pending => active.reader_waits = active.receiver.queued() == 0,
            Read::End(_) => {
                self.remove(id);
            }
        }
        Some(read)
    }

    pub(super) fn remove(&mut self, id: CallId) -> Option<Call> {
        let call = self.calls.remove(&id)?;
        match &call {
            Call::Waiting(request) => {
                self.waiting_bytes -= request.cost();
                self.waiting.retain(|&other| other != id);
            }
            Call::Active(active) => {
                self.waiting_bytes -= active.url.len();
                self.unread -= active.receiver.queued();
                self.windows -= active.window;
            }
        }
        Some(call)
    }

    /// Every call, in order.
    pub(super) fn ids(&self) -> impl Iterator<Item = CallId> + use<> {
        let ids: VecDeque<_> = self.calls.keys().copied().collect();
        ids.into_iter()
    }

    /// A quarter of what is left, so that many streams find some, within fixed bounds.
    fn next_window(&self) -> usize {
        let free = CONNECTION_RECEIVE_BYTES.saturating_sub(self.windows);
        (free / 4).clamp(MIN_WINDOW_BYTES, MAX_WINDOW_BYTES)
    }
}
