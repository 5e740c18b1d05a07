//! What a server is told of a request that was given up.

use crate::call::Call;
use crate::jsonrpc;
use crate::session::{Parting, Session, Wire};

use super::{Next, RequestCall, State};

impl RequestCall {
    pub(in crate::call) fn cancellation(&mut self, session: &mut Session) -> Option<Call> {
        if self.task.is_some() {
            self.state = State::Over;
            return self.task_cancellation(session);
        }
        let may_run = match core::mem::replace(&mut self.state, State::Over) {
            State::Awaiting(_)
            | State::Receiving(..)
            | State::Held(_, Next::Resume)
            | State::Waiting(Next::Resume)
            | State::Resuming => true,
            // Its server notices that the stream is gone.
            State::OnStream(..)
            | State::Ready
            | State::Telling(..)
            | State::Held(_, Next::Repeat)
            | State::Waiting(Next::Repeat)
            | State::Asking(_)
            | State::AwaitingInputs(_)
            | State::Errand(_)
            | State::Lost
            | State::Reopening
            | State::Settled(_)
            | State::Over => false,
        };
        if !may_run || session.generation() != self.generation {
            return None;
        }
        let (Wire::Legacy(legacy) | Wire::Closing(Parting::Legacy(legacy))) = session.wire() else {
            return None;
        };
        let write_params = |out: &mut String| out.push_str(&cancelled_params(self.id));
        let method = "notifications/cancelled";
        let message = jsonrpc::write_call(None, method, Some(&write_params));
        // Addressed now, to the session of the request: it is owed whatever becomes of ours.
        Some(Call::delivery(method, session.post(legacy.fields(), message, None)))
    }
}

fn cancelled_params(id: i64) -> String {
    format!(r#"{{"requestId":{id},"reason":"the caller gave up"}}"#)
}
