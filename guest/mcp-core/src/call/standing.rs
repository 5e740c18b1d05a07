//! The stream on which a legacy server tells and asks what belongs to no request (2025-11-25,
//! "Listening for Messages from the Server"). Servers need not have it, and nothing else depends on
//! it: whatever becomes of it, the session goes on.

use core::time::Duration;

use crate::error::Error;
use crate::http::HttpRequest;
use crate::inbound::{Inbound, Kind, Received};
use crate::jsonrpc;
use crate::legacy::{Legacy, Transport};
use crate::limits::{MAX_RETRY, UNPRODUCTIVE_RESUMPTIONS};
use crate::lost_session;
use crate::notification::{LogLevel, Notification};
use crate::reply::{Cursor, Ending, Expected, Refusal, Reply};
use crate::session::{RequestId, Session, Wire};
use sandbar_exchange::{ErrorCode, Failure, Response};

use super::{Call, Drive, ServerRequest, Step, done, out_of_turn};

/// An id that no request of ours has: nothing on this stream is an answer.
const NO_REQUEST: i64 = 0;

/// The stream, over as many connections as it takes.
#[derive(Debug)]
pub(super) struct StandingCall {
    /// The opening of the session that it belongs to.
    generation: u64,
    cursor: Cursor,
    tries: Tries,
    /// Whether something on it was no message, which is told once.
    was_noisy: bool,
    /// Whether there was such a stream at all.
    has_been_open: bool,
    /// Whether the next connection does not begin where the last one of the server's ended.
    may_have_missed: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// A connection is to be made.
    Ready,
    /// The head of the response is awaited.
    Awaiting,
    /// The stream is open, after something may have been missed.
    Missed(Box<Inbound>),
    /// The stream is open.
    Receiving(Box<Inbound>),
    /// There is to be a wait before the next connection.
    Broken(Duration),
    /// The wait goes on.
    Waiting,
    /// The server forgot the session.
    Lost,
    /// The session is being opened again, which opens a stream of its own.
    Reopening,
    /// There is no such stream, or not any more.
    Ended,
    /// There is nothing left to tell.
    Told,
    /// That was handed out.
    Over,
}

impl StandingCall {
    pub(super) fn new(generation: u64) -> Self {
        Self {
            generation,
            cursor: Cursor::default(),
            tries: Tries::default(),
            was_noisy: false,
            has_been_open: false,
            // Before the first opening there was nothing to miss.
            may_have_missed: generation > 1,
            state: State::Ready,
        }
    }

    /// The request that opens or resumes it, while its session is there.
    fn request(&self, session: &Session) -> Option<HttpRequest> {
        match session.wire() {
            Wire::Legacy(legacy @ Legacy { transport: Transport::StreamableHttp, .. })
                if session.generation() == self.generation =>
            {
                Some(session.standing(legacy, self.cursor.event_id()))
            }
            _ => None,
        }
    }

    fn receive(&mut self, session: &mut Session, mut inbound: Box<Inbound>) -> Option<Step> {
        let step = match inbound.next() {
            Received::NeedBytes => Some(Step::Read),
            Received::Discard => Some(Step::Drop),
            Received::Notification { method, params } => {
                self.was_told(session);
                let notification = Notification::unrelated(method, params);
                session.has_changed(notification.change.as_ref());
                Some(Step::Notify(notification))
            }
            Received::Request { id, method, params } => {
                self.was_told(session);
                Some(self.asked(session, id, method, params))
            }
            Received::Elsewhere(id, answer) => {
                session.answered_elsewhere(id, answer);
                None
            }
            Received::Verbatim(text, Kind::Notification) => {
                self.was_told(session);
                Some(Step::Text(text))
            }
            Received::Verbatim(text, Kind::Request(id)) => {
                self.was_told(session);
                session.relayed_mut().was_asked(id, self.generation);
                Some(Step::Text(text))
            }
            // It may be that of a request that is carried.
            Received::Verbatim(text, Kind::Elsewhere) => Some(Step::Text(text)),
            // Nothing has such an id.
            Received::Answer(_) | Received::Endpoint(_) | Received::Verbatim(..) => None,
            Received::Noise(what) => self.note_noise(&what),
            Received::End(ending) => {
                self.state = match (inbound.stream(), &ending) {
                    (Some(stream), _) => {
                        self.cursor.advance(stream);
                        self.after(&ending)
                    }
                    (None, Ending::Refused(refusal)) if self.is_lost(session, refusal) => {
                        if session.lost_untold(self.generation) {
                            State::Lost
                        } else {
                            State::Ended
                        }
                    }
                    (None, Ending::Refused(_)) => self.after(&ending),
                    // A success without a stream, 204 for instance: there is none.
                    (None, _) => State::Ended,
                };
                return inbound.is_open().then_some(Step::Drop);
            }
        };
        self.state = State::Receiving(inbound);
        step
    }

    fn asked(
        &self,
        session: &mut Session,
        id: jsonrpc::Id,
        method: String,
        params: Option<String>,
    ) -> Step {
        let id = RequestId { id, generation: self.generation };
        if method == "ping" {
            return Step::Background(session.response(id, Ok("{}".to_owned())));
        }
        Step::Answer(ServerRequest { call: None, id, method, params })
    }

    fn note_noise(&mut self, what: &str) -> Option<Step> {
        let text = format!("on the stream of the server came what is no message: {what}");
        let is_news = !core::mem::replace(&mut self.was_noisy, true);
        is_news.then(|| Step::Notify(Notification::of_client(None, LogLevel::Notice, &text)))
    }

    fn was_told(&mut self, session: &mut Session) {
        self.tries.were_worth_it();
        session.was_told();
    }

    /// Whether a refusal means that the server does not know the session any more: it did when there
    /// was a stream.
    fn is_lost(&self, session: &Session, refusal: &Refusal) -> bool {
        let Wire::Legacy(legacy) = session.wire() else { return false };
        let has_id = legacy.session_id.is_some();
        self.has_been_open && lost_session::is_meant_by_refusal(refusal, has_id)
    }

    /// What follows from the end of a connection.
    fn after(&mut self, ending: &Ending) -> State {
        self.may_have_missed |= self.has_been_open && self.cursor.event_id().is_none();
        match self.tries.after(ending, self.cursor.pause()) {
            Some(pause) => State::Broken(pause),
            None => State::Ended,
        }
    }
}

/// How often a stream that nothing hangs on has been opened in vain.
#[derive(Debug, Default)]
pub(super) struct Tries {
    in_vain: u32,
}

impl Tries {
    /// Something came: only that resets the count, not a server that accepts and closes.
    pub(super) const fn were_worth_it(&mut self) {
        self.in_vain = 0;
    }

    /// How long to wait before the next, after a connection that ended so; none where there is no use
    /// in another. One that was only silent was not in vain.
    pub(super) fn after(&mut self, ending: &Ending, pause: Duration) -> Option<Duration> {
        let was_silent =
            matches!(ending, Ending::Broken(failure) if failure.code == ErrorCode::IdleTimeout);
        if !was_silent {
            let may_pass = match ending {
                Ending::Clean | Ending::Broken(_) => true,
                Ending::Refused(refusal) => matches!(refusal.status(), 408 | 429 | 500..=599),
                Ending::Invalid(_) => false,
            };
            if !may_pass || self.in_vain >= UNPRODUCTIVE_RESUMPTIONS {
                return None;
            }
            self.in_vain += 1;
        }
        let doubled = 1 << self.in_vain.saturating_sub(1).min(8);
        Some(pause.saturating_mul(doubled).min(MAX_RETRY))
    }
}

impl Drive for StandingCall {
    fn poll(&mut self, session: &mut Session) -> Step {
        loop {
            let step = match core::mem::replace(&mut self.state, State::Over) {
                State::Ready => match self.request(session) {
                    Some(request) => {
                        self.state = State::Awaiting;
                        Some(Step::Send(request))
                    }
                    None => Some(done()),
                },
                State::Receiving(inbound) => self.receive(session, inbound),
                State::Missed(inbound) => {
                    self.may_have_missed = false;
                    self.state = State::Receiving(inbound);
                    Some(Step::Notify(Notification::missed()))
                }
                State::Lost => {
                    self.state = State::Reopening;
                    Some(Step::Reopen { generation: self.generation })
                }
                State::Broken(pause) => {
                    self.state = State::Waiting;
                    Some(Step::Wait(pause))
                }
                State::Ended => {
                    self.state = State::Told;
                    Some(Step::Notify(Notification::unheard()))
                }
                State::Told => Some(done()),
                waiting @ (State::Awaiting | State::Waiting | State::Reopening | State::Over) => {
                    self.state = waiting;
                    Some(out_of_turn())
                }
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn handle_response(&mut self, session: &mut Session, head: Response) {
        if matches!(self.state, State::Awaiting) {
            let reply = Reply::begin(&head, session.message_limit(), Expected::Stream);
            let inbound = Box::new(match session.relays() {
                true => Inbound::verbatim(None, reply),
                false => Inbound::new(NO_REQUEST, reply),
            });
            let is_open = inbound.stream().is_some();
            self.has_been_open |= is_open;
            self.state = match is_open && self.may_have_missed {
                true => State::Missed(inbound),
                false => State::Receiving(inbound),
            };
        }
    }

    fn handle_body(&mut self, bytes: &[u8]) {
        if let State::Receiving(inbound) = &mut self.state {
            inbound.feed(bytes);
        }
    }

    fn handle_body_end(&mut self, end: Result<(), Failure>) {
        if let State::Receiving(inbound) = &mut self.state {
            inbound.end(end);
        }
    }

    fn handle_failure(&mut self, _session: &mut Session, failure: Failure) {
        self.state = self.after(&Ending::Broken(failure));
    }

    fn handle_timer(&mut self) {
        if matches!(self.state, State::Waiting) {
            self.state = State::Ready;
        }
    }

    fn handle_reopened(&mut self, outcome: Result<(), Error>) {
        if matches!(self.state, State::Reopening) {
            // The new session has a stream of its own.
            self.state = if outcome.is_ok() { State::Told } else { State::Ended };
        }
    }
}

impl Call {
    pub(crate) fn standing(generation: u64) -> Self {
        Self { kind: super::Kind::Standing(Box::new(StandingCall::new(generation))) }
    }
}
