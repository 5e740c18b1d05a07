//! Responses that ended without the answer, and what follows from that.

use core::time::Duration;

use crate::error::Error;
use crate::lost_session;
use crate::reply::{Ending, Expected, Refusal};
use crate::session::{Session, Wire};
use sandbar_exchange::Failure;

use super::{Next, RelayCall, State};

impl RelayCall {
    pub(super) fn ended(&mut self, session: &mut Session, expected: Expected, ending: Ending) {
        match ending {
            Ending::Clean if expected == Expected::Acknowledgement => {
                self.state = State::Settled(Ok(()))
            }
            Ending::Clean => self.pause_or(session, Error::NoAnswer),
            Ending::Broken(failure) => self.broken(session, failure),
            Ending::Invalid(Error::InvalidMessage(what)) => {
                let method = self.message.method();
                let what = format!("in answer to `{method}`: {what}");
                self.state = State::Settled(Err(Error::InvalidMessage(what)));
            }
            Ending::Invalid(error) => self.state = State::Settled(Err(error)),
            Ending::Refused(refusal) if expected == Expected::Stream => {
                self.not_resumed(session, *refusal);
            }
            Ending::Refused(refusal) => self.refused(session, *refusal),
        }
    }

    /// The exchange failed, before the answer began or in the middle of it.
    pub(super) fn broken(&mut self, session: &Session, failure: Failure) {
        if failure.is_transient()
            && let Some(wait) = self.next_resumption(session)
        {
            self.state = State::Held(wait, Next::Resume);
        } else if self.repetitions.after_loss(self.message.method(), &failure) {
            self.state = State::Ready;
        } else {
            self.state = State::Settled(Err(Error::Http(failure)));
        }
    }

    /// Resumes the stream later, if that is possible; otherwise the message ends with `error`.
    fn pause_or(&mut self, session: &Session, error: Error) {
        self.state = match self.next_resumption(session) {
            Some(wait) => State::Held(wait, Next::Resume),
            None => State::Settled(Err(error)),
        };
    }

    /// How long to wait before the stream is resumed, if it can be.
    fn next_resumption(&mut self, session: &Session) -> Option<Duration> {
        let resumable = !self.is_modern() && matches!(session.wire(), Wire::Legacy(_));
        self.cursor.next_try().filter(|_| resumable)
    }

    fn refused(&mut self, session: &mut Session, refusal: Refusal) {
        if self.forgets_session(session, &refusal) {
            let otherwise = self.told(session, refusal);
            self.refused_for_its_session(session, otherwise);
            return;
        }
        if let Some(wait) = self.repetitions.after_refusal(self.message.method(), &refusal) {
            self.state = State::Held(wait, Next::Repeat);
            return;
        }
        if let Some(error) = refusal.rpc_error()
            && self.runs_errand(session, error, refusal.message().unwrap_or_default())
        {
            return;
        }
        self.state = self.told(session, refusal);
    }

    /// What the client is told of a refusal: what the server says, where that is JSON-RPC, except that
    /// a demand for credentials must not get lost.
    fn told(&self, session: &Session, refusal: Refusal) -> State {
        let error = refusal.rpc_error().is_some() && !refusal.is_challenge();
        match refusal.message().filter(|_| error && self.message.id().is_some()) {
            Some(text) => {
                let text = crate::jsonrpc::without_mark(text).trim_ascii_end().to_owned();
                State::Telling(self.answering(text))
            }
            None => {
                let method = self.message.method();
                State::Settled(Err(refusal.into_error(method, session.endpoint())))
            }
        }
    }

    /// A message with the id of the request, whatever id it came with.
    fn answering(&self, text: String) -> String {
        let id = crate::json_text::Picked::from(&text, ["id"]).ok();
        let id = id.and_then(|picked| picked.values[0]).and_then(crate::jsonrpc::Id::of);
        self.spelled(text, id.as_ref())
    }

    /// The server did not let the stream be resumed.
    fn not_resumed(&mut self, session: &mut Session, refusal: Refusal) {
        if self.forgets_session(session, &refusal) {
            // The request may have run.
            session.lost(self.generation);
            self.state = State::Settled(Err(Error::SessionLost));
            return;
        }
        let status = refusal.status();
        let error = match status {
            // It has no streams to resume, so the answer went with the one that broke.
            405 => Error::NoAnswer,
            _ => refusal.into_error("GET", session.endpoint()),
        };
        match status {
            408 | 429 | 500..=599 => self.pause_or(session, error),
            _ => self.state = State::Settled(Err(error)),
        }
    }

    /// Whether a refusal means that the server does not know the session any more.
    fn forgets_session(&self, session: &Session, refusal: &Refusal) -> bool {
        if self.is_modern() || self.is("initialize") {
            return false;
        }
        // Another message may have noticed already, which is why a lost session counts.
        let has_id = match session.wire() {
            Wire::Legacy(legacy) => legacy.session_id.is_some(),
            Wire::Lost => true,
            _ => return false,
        };
        lost_session::is_meant_by_refusal(refusal, has_id)
    }

    /// The server refused the message for want of a session: it did not run, and is sent once more in
    /// a new one. Otherwise that is how it ends.
    pub(super) fn refused_for_its_session(&mut self, session: &mut Session, otherwise: State) {
        let is_answer = matches!(self.message.kind, crate::relayed::OutboundKind::Response { .. });
        session.lost(self.generation);
        if is_answer || core::mem::replace(&mut self.repeated_in_new_session, true) {
            self.state = otherwise;
        } else {
            self.state = State::Lost;
        }
    }
}
