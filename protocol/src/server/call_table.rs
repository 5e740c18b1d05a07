use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;

use sandbar_exchange::{ErrorCode, Request};

use super::CallId;
use super::call::{Body, Call, Progress, Stream, Whole};
use crate::delta::{Sender, TokenBucket};
use crate::http::RequestParams;
use crate::jsonrpc::RequestId;
use crate::limits::{
    MAX_CALLS, MAX_RUNNING_CALLS, PACED_DELTA_BURST, PACED_DELTA_INTERVAL, REQUEST_BYTES,
};

/// The calls of a connection, and what they hold together.
#[derive(Debug, Default)]
pub(super) struct CallTable {
    calls: BTreeMap<CallId, Call>,
    streams: BTreeMap<String, CallId>,
    /// In order of arrival.
    waiting: VecDeque<CallId>,
    /// Bytes of the requests that wait or run.
    request_bytes: usize,
    running: usize,
    last: u64,
}

impl CallTable {
    pub(super) fn get(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.get_mut(&id)
    }

    /// The active call whose deltas carry `name`.
    pub(super) fn stream_named(&self, name: &str) -> Option<CallId> {
        self.streams.get(name).copied()
    }

    /// Takes a call in. `flow_control` says whether its stream waits for credit; it is paced
    /// if not.
    ///
    /// A stream's name must not be active.
    pub(super) fn insert(
        &mut self,
        rpc_id: RequestId,
        params: RequestParams,
        flow_control: bool,
    ) -> Result<(), ErrorCode> {
        let cost = params.request.cost();
        if self.calls.len() >= MAX_CALLS {
            return Err(ErrorCode::limit("calls", MAX_CALLS));
        }
        if self.request_bytes.saturating_add(cost) > REQUEST_BYTES {
            return Err(ErrorCode::limit("request-bytes", REQUEST_BYTES));
        }
        self.last += 1;
        let id = CallId(self.last);
        let body = if params.stream_response {
            self.streams.insert(params.request_id.clone(), id);
            Body::Streamed(Stream {
                name: params.request_id,
                sender: Sender::new(flow_control.then_some(params.credit)),
                deltas: (!flow_control)
                    .then(|| TokenBucket::new(PACED_DELTA_BURST, PACED_DELTA_INTERVAL)),
                scheduled: false,
                starved: false,
            })
        } else {
            Body::Whole(Whole::default())
        };
        self.request_bytes += cost;
        self.waiting.push_back(id);
        let progress = Progress::Waiting(params.request);
        let call = Call { rpc_id, progress, body };
        self.calls.insert(id, call);
        Ok(())
    }

    /// Starts the call that waits longest, if one more may run.
    pub(super) fn start_next(&mut self) -> Option<(CallId, Request)> {
        if self.running >= MAX_RUNNING_CALLS {
            return None;
        }
        let id = self.waiting.pop_front()?;
        let call = self.calls.get_mut(&id)?;
        let Progress::Waiting(request) = &call.progress else { return None };
        let running = Progress::Running { bytes: request.cost() };
        match core::mem::replace(&mut call.progress, running) {
            Progress::Waiting(request) => {
                self.running += 1;
                Some((id, request))
            }
            Progress::Running { .. } | Progress::Answered => None,
        }
    }

    /// Marks a running call as answered; says whether it was running.
    pub(super) fn answer(&mut self, id: CallId) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let Progress::Running { bytes } = call.progress else { return false };
        call.progress = Progress::Answered;
        self.request_bytes -= bytes;
        self.running -= 1;
        true
    }

    pub(super) fn remove(&mut self, id: CallId) -> Option<Call> {
        let call = self.calls.remove(&id)?;
        if let Some(stream) = call.stream() {
            self.streams.remove(&stream.name);
        }
        match &call.progress {
            Progress::Waiting(request) => {
                self.request_bytes -= request.cost();
                self.waiting.retain(|&other| other != id);
            }
            Progress::Running { bytes } => {
                self.request_bytes -= bytes;
                self.running -= 1;
            }
            Progress::Answered => {}
        }
        Some(call)
    }

    /// Removes every call, and yields those that somebody outside has to stop.
    pub(super) fn drain_live(&mut self) -> impl Iterator<Item = CallId> + use<> {
        let calls = core::mem::take(&mut self.calls);
        self.streams.clear();
        self.waiting.clear();
        self.request_bytes = 0;
        self.running = 0;
        calls.into_iter().filter(|(_, call)| call.is_live()).map(|(id, _)| id)
    }
}
