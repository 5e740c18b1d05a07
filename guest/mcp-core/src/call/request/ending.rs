//! Responses that ended without the answer, and what follows from that: the stream is resumed, the
//! request is sent again, in a new session perhaps, or the call is over.

use core::time::Duration;

use crate::error::Error;
use crate::lost_session;
use crate::reply::{Ending, Expected, Refusal};
use crate::session::{Session, Wire};
use sandbar_exchange::Failure;

use super::{Next, RequestCall, State};

impl RequestCall {
    pub(super) fn ended(&mut self, session: &mut Session, expected: Expected, ending: Ending) {
        if self.resubscribes(session, &ending) {
            return;
        }
        if let Some(answer) = session.take_answer(self.id) {
            return self.answered(session, expected, answer);
        }
        match ending {
            Ending::Clean => self.pause_or(session, self.no_answer()),
            Ending::Broken(failure) => self.broken(session, failure),
            Ending::Invalid(Error::InvalidMessage(what)) => {
                let _ = self.settle(Err(self.invalid(&what)));
            }
            Ending::Invalid(error) => {
                let _ = self.settle(Err(error));
            }
            Ending::Refused(refusal) if forgets_session(session, &refusal) => {
                self.session_lost(session, expected, *refusal);
            }
            Ending::Refused(refusal) if expected == Expected::Stream => {
                self.not_resumed(session, *refusal);
            }
            Ending::Refused(refusal) => self.refused(session, *refusal),
        }
    }

    /// The exchange failed, before the answer began or in the middle of it.
    pub(super) fn broken(&mut self, session: &Session, failure: Failure) {
        if self.resubscribes(session, &Ending::Broken(failure.clone())) {
            return;
        }
        let method = self.asks().0.to_owned();
        if failure.is_transient()
            && let Some(wait) = self.next_resumption(session)
        {
            self.state = State::Held(wait, Next::Resume);
        } else if self.repetitions.after_loss(&method, &failure) {
            self.state = State::Ready;
        } else {
            self.settle(Err(Error::Http(failure)));
        }
    }

    /// Resumes the stream later, if that is possible; otherwise the call ends with `error`.
    fn pause_or(&mut self, session: &Session, error: Error) {
        match self.next_resumption(session) {
            Some(wait) => self.state = State::Held(wait, Next::Resume),
            None => {
                self.settle(Err(error));
            }
        }
    }

    /// How long to wait before the stream is resumed, if it can be.
    fn next_resumption(&mut self, session: &Session) -> Option<Duration> {
        let resumable = matches!(session.wire(), Wire::Legacy(_));
        self.cursor.next_try().filter(|_| resumable)
    }

    fn refused(&mut self, session: &mut Session, refusal: Refusal) {
        if refusal.rpc_error().is_some_and(|error| self.mends(session, error)) {
            return;
        }
        let method = self.asks().0.to_owned();
        if let Some(wait) = self.repetitions.after_refusal(&method, &refusal) {
            let seconds = wait.as_secs();
            let text = format!(
                "the server refused `{}` with status {} for now: it is repeated in {seconds} s",
                self.method,
                refusal.status()
            );
            self.state = State::Telling(text, Box::new(State::Held(wait, Next::Repeat)));
        } else {
            self.settle(Err(refusal.into_error(&self.method, session.endpoint())));
        }
    }

    /// The server did not let the stream be resumed.
    fn not_resumed(&mut self, session: &Session, refusal: Refusal) {
        match refusal.status() {
            // It has no streams to resume, so the answer went with the one that broke.
            405 => {
                self.settle(Err(self.no_answer()));
            }
            408 | 429 | 500..=599 => {
                let error = refusal.into_error("GET", session.endpoint());
                self.pause_or(session, error);
            }
            _ => {
                self.settle(Err(refusal.into_error("GET", session.endpoint())));
            }
        }
    }

    /// The server forgot the session. A request refused for that reason did not run and is
    /// repeated once; one whose stream broke may have run.
    fn session_lost(&mut self, session: &mut Session, expected: Expected, refusal: Refusal) {
        if expected == Expected::Stream {
            session.lost(self.generation);
            self.settle(Err(Error::SessionLost));
        } else {
            let refused = refusal.into_error(&self.method, session.endpoint());
            self.refused_for_its_session(session, refused);
        }
    }

    /// Whether a request that was refused for want of a session is to be repeated in a new one.
    fn may_reopen(&mut self, session: &mut Session) -> bool {
        if self.is_courtesy {
            return false;
        }
        let is_lost = match session.wire() {
            Wire::Legacy(_) => {
                session.lost(self.generation);
                true
            }
            Wire::Lost => true,
            Wire::Modern(_) => session.mistaken(self.generation),
            Wire::Unopened | Wire::Closing(_) | Wire::Closed => false,
        };
        is_lost && !core::mem::replace(&mut self.repeated_in_new_session, true)
    }

    /// The server refused the request for want of a session: it is repeated in a new one, or was
    /// already, which the server's own words do not say.
    pub(super) fn refused_for_its_session(&mut self, session: &mut Session, refused: Error) {
        let has_been_repeated = self.repeated_in_new_session;
        if self.may_reopen(session) {
            self.state = State::Lost;
        } else if has_been_repeated {
            let text =
                format!("`{}` was repeated in a new session, and refused again", self.method);
            self.state = State::Telling(text, Box::new(State::Settled(Err(refused))));
        } else {
            self.settle(Err(refused));
        }
    }
}

/// Whether a refusal means that the server does not know the session any more, or wants one that the
/// era it was taken for does not have.
fn forgets_session(session: &Session, refusal: &Refusal) -> bool {
    // Another call may have noticed already, which is why a lost session counts.
    let has_id = match session.wire() {
        Wire::Legacy(legacy) => legacy.session_id.is_some(),
        Wire::Lost => true,
        Wire::Modern(_) => false,
        Wire::Unopened | Wire::Closing(_) | Wire::Closed => return false,
    };
    lost_session::is_meant_by_refusal(refusal, has_id)
}
