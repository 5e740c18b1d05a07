//! A request and its answer, over as many exchanges as it takes.

use core::time::Duration;

use crate::error::Error;
use crate::http::HttpRequest;
use crate::inbound::{Inbound, Received};
use crate::jsonrpc::{self, Id};
use crate::legacy::{self, Legacy, Transport};
use crate::limits::STANDING_SILENCE;
use crate::modern::Outline;
use crate::notification::{LogLevel, Notification};
use crate::params::Params;
use crate::reply::{Cursor, Ending, Expected, Reply};
use crate::session::{RequestId, Session, Wire};
use sandbar_exchange::{Failure, Processed, Response};

use super::http_sse::{HttpSse, Progress};
use super::repetition::Repetitions;
use super::{Answer, Call, CallId, Drive, Outgoing, ServerRequest, Step, out_of_turn};

mod answered;
mod cancellation;
mod ending;
mod errand;
mod inputs;
mod subscription;
mod task;

use errand::Errand;
use inputs::{Round, Rounds};
use subscription::{Heard, Subscription};
use task::Task;

/// A request, as far as it got.
#[derive(Debug)]
pub(super) struct RequestCall {
    call: CallId,
    method: String,
    params: Params,
    progress: bool,
    idle_timeout: Option<Duration>,
    /// The JSON-RPC id of the attempt in flight.
    id: i64,
    /// The opening of the session that the attempt in flight belongs to.
    generation: u64,
    cursor: Cursor,
    repetitions: Repetitions,
    rounds: Rounds,
    subscription: Subscription,
    /// What the server does for it, where it answered with a name for that.
    task: Option<Task>,
    /// The parameters that ask a legacy server for a task, where it wants to be asked.
    as_task: Option<Params>,
    /// What was no message among what came instead of the answer, if anything.
    noise: Option<String>,
    /// Whether it is of no more use than the session that it is made in: it does not open another.
    is_courtesy: bool,
    /// Whether the request was repeated in a new session.
    repeated_in_new_session: bool,
    /// Whether the request was repeated with another version.
    repeated_with_version: bool,
    /// Whether the request was repeated with other mirrored arguments.
    repeated_with_fields: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The request is to be sent.
    Ready,
    /// Something is to be said before it goes on.
    Telling(String, Box<Self>),
    /// There is to be a wait before what comes next.
    Held(Duration, Next),
    /// The wait goes on.
    Waiting(Next),
    /// The stream is to be resumed now.
    Resuming,
    /// The head of a response is awaited.
    Awaiting(Expected),
    /// A response is being received.
    Receiving(Expected, Box<Inbound>),
    /// The whole of it goes on over the old transport; and whether the request itself was sent.
    OnStream(Box<HttpSse>, bool),
    /// The server is to be answered first.
    Asking(Box<Round>),
    /// Its answers are awaited.
    AwaitingInputs(Box<Round>),
    /// The server's tools are asked for first.
    Errand(Box<Errand>),
    /// The session is to be opened again.
    Lost,
    /// The session is being opened again.
    Reopening,
    /// The outcome is known.
    Settled(Result<String, Error>),
    /// The outcome was handed out.
    Over,
}

/// What comes after a wait.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// The request is sent again.
    Repeat,
    /// Its stream broke, and is resumed.
    Resume,
}

impl RequestCall {
    pub(super) fn new(request: Outgoing) -> Self {
        Self {
            call: request.call,
            params: request.params,
            method: request.method,
            progress: request.progress,
            idle_timeout: request.idle_timeout,
            id: 0,
            generation: 0,
            cursor: Cursor::default(),
            repetitions: Repetitions::default(),
            rounds: Rounds::default(),
            subscription: Subscription::default(),
            task: None,
            as_task: None,
            noise: None,
            is_courtesy: false,
            repeated_in_new_session: false,
            repeated_with_version: false,
            repeated_with_fields: false,
            state: State::Ready,
        }
    }

    /// A request that nobody waits for.
    pub(super) fn courtesy(request: Outgoing) -> Self {
        Self { is_courtesy: true, ..Self::new(request) }
    }

    /// Sends the request, under a new id: an id must not be used twice in a session.
    fn send(&mut self, session: &mut Session) -> Option<Step> {
        self.generation = session.generation();
        if matches!(session.wire(), Wire::Unopened | Wire::Lost) {
            if self.is_courtesy {
                return self.settle(Err(Error::SessionLost));
            }
            self.state = State::Lost;
            return None;
        }
        if matches!(session.wire(), Wire::Legacy(_)) {
            self.rounds.forget();
        }
        if let Wire::Legacy(Legacy { transport: Transport::HttpSse, .. }) = session.wire() {
            if self.task.is_some() {
                // Its task is another server's.
                return self.settle(Err(Error::SessionLost));
            }
            self.state = State::OnStream(Box::new(HttpSse::new()), false);
            return None;
        }
        self.id = session.next_id();
        self.cursor = Cursor::default();
        match self.to_http(session) {
            Ok(request) => {
                self.state = State::Awaiting(Expected::Answer);
                Some(Step::Send(request))
            }
            Err(error) => self.settle(Err(error)),
        }
    }

    fn to_http(&self, session: &Session) -> Result<HttpRequest, Error> {
        let (method, params) = self.asks();
        let progress = self.progress && self.task.is_none();
        let outline = Outline { id: Some(self.id), method, params, progress };
        let (fields, body) = match session.wire() {
            Wire::Modern(modern) => {
                (modern.fields(method, params)?, modern.message(session, &outline))
            }
            Wire::Legacy(legacy) => (legacy.fields(), legacy::message(&outline)),
            Wire::Unopened | Wire::Lost => return Err(Error::SessionLost),
            Wire::Closing(_) | Wire::Closed => return Err(Error::Closed),
        };
        let silence = self.is_subscription(session).then_some(STANDING_SILENCE);
        Ok(session.post(fields, body, self.idle_timeout.or(silence)))
    }

    /// Goes on with the old transport.
    fn on_stream(
        &mut self,
        session: &mut Session,
        mut stream: Box<HttpSse>,
        sent: bool,
    ) -> Option<Step> {
        let progress = stream.poll(session);
        self.id = stream.id();
        let (step, sent) = match progress {
            Progress::Step(Step::Send(request)) => {
                let idle_timeout = self.idle_timeout.or(request.idle_timeout);
                (Some(Step::Send(HttpRequest { idle_timeout, ..request })), sent)
            }
            Progress::Step(step) => (Some(step), sent),
            Progress::Notification { method, params } => {
                (Some(Step::Notify(self.notification(method, params))), sent)
            }
            Progress::Noise(what) => (self.note_noise(what), sent),
            Progress::Answer(Ok(_description)) if !sent => {
                (Some(stream.request(session, &self.method, &self.params, self.progress)), true)
            }
            Progress::Answer(outcome) => return self.settle(outcome.map_err(Error::Rpc)),
            Progress::Ended(ending) => {
                let error = match ending {
                    Ending::Clean => self.no_answer(),
                    Ending::Broken(failure) if sent => Error::Http(failure),
                    // Nothing of the request itself was sent.
                    Ending::Broken(failure) => {
                        Error::Http(Failure { processed: Processed::Never, ..failure })
                    }
                    Ending::Refused(refusal) => refusal.into_error("GET", session.endpoint()),
                    Ending::Invalid(Error::InvalidMessage(what)) => self.invalid(&what),
                    Ending::Invalid(error) => error,
                };
                return self.settle(Err(error));
            }
        };
        self.state = State::OnStream(stream, sent);
        step
    }

    /// Asks for the rest of the stream.
    fn resume(&mut self, session: &mut Session) -> Option<Step> {
        if let Some(answer) = session.take_answer(self.id) {
            self.answered(session, Expected::Stream, answer);
            return None;
        }
        match session.resumption(self.generation, &self.cursor, self.idle_timeout) {
            Ok(request) => {
                self.state = State::Awaiting(Expected::Stream);
                Some(Step::Send(request))
            }
            Err(error) => self.settle(Err(error)),
        }
    }

    fn receive(
        &mut self,
        session: &mut Session,
        expected: Expected,
        mut inbound: Box<Inbound>,
    ) -> Option<Step> {
        let step = match inbound.next() {
            Received::NeedBytes => Step::Read,
            Received::Discard => Step::Drop,
            Received::Notification { method, params } => {
                if self.is_subscription(session) {
                    match self.heard(&method, params.as_deref()) {
                        Heard::News => {}
                        // What changed before it is not told.
                        Heard::Begin => session.forget_answers(),
                        Heard::Foreign => {
                            self.state = State::Receiving(expected, inbound);
                            return None;
                        }
                        Heard::End => return self.settle(Ok("{}".to_owned())),
                    }
                }
                let notification = self.notification(method, params);
                session.has_changed(notification.change.as_ref());
                Step::Notify(notification)
            }
            Received::Request { id, method, params } => match session.wire() {
                // Nobody waits for the answer to a ping, and there is no way to give it.
                Wire::Modern(_) if method == "ping" => {
                    self.state = State::Receiving(expected, inbound);
                    return None;
                }
                Wire::Modern(_) => {
                    let what =
                        format!("the request `{method}`, which the modern era does not have");
                    return self.settle(Err(self.invalid(&what)));
                }
                _ => self.server_request(id, method, params),
            },
            Received::Elsewhere(id, answer) => {
                session.answered_elsewhere(id, answer);
                self.state = State::Receiving(expected, inbound);
                return None;
            }
            // Nobody asked for that transport.
            Received::Endpoint(_) | Received::Verbatim(..) => {
                self.state = State::Receiving(expected, inbound);
                return None;
            }
            Received::Noise(what) => {
                self.state = State::Receiving(expected, inbound);
                return self.note_noise(what);
            }
            Received::Answer(outcome) => {
                self.answered(session, expected, outcome);
                let goes_on = !matches!(self.state, State::Settled(_));
                return (goes_on && inbound.is_open()).then_some(Step::Drop);
            }
            Received::End(ending) => {
                match inbound.stream() {
                    Some(stream) => self.cursor.advance(stream),
                    // A success without a stream, 204 for instance: nothing is left to resume.
                    None if expected == Expected::Stream && matches!(ending, Ending::Clean) => {
                        self.cursor = Cursor::default();
                    }
                    None => {}
                }
                self.ended(session, expected, ending);
                return None;
            }
        };
        self.state = State::Receiving(expected, inbound);
        Some(step)
    }

    fn notification(&self, method: String, params: Option<String>) -> Notification {
        let token = self.progress.then_some(self.id);
        Notification::on_stream_of(self.call, token, method, params)
    }

    /// Passes over what is no message. The first time is told: what repeats itself is no news.
    fn note_noise(&mut self, what: String) -> Option<Step> {
        let text = format!("in answer to `{}` came what is no message: {what}", self.method);
        self.noise.replace(what).is_none().then(|| {
            Step::Notify(Notification::of_client(Some(self.call), LogLevel::Notice, &text))
        })
    }

    /// That there was no answer, and what came instead of it.
    fn no_answer(&self) -> Error {
        match &self.noise {
            Some(noise) => self.invalid(&format!("the response ended without it, after {noise}")),
            None => Error::NoAnswer,
        }
    }

    fn invalid(&self, what: &str) -> Error {
        Error::InvalidMessage(format!("in answer to `{}`: {what}", self.method))
    }

    fn server_request(&self, id: Id, method: String, params: Option<String>) -> Step {
        if method == "ping" {
            let pong = jsonrpc::write_response(&id, &Ok("{}".to_owned()));
            return Step::Background(Call::message(pong, self.generation));
        }
        let id = RequestId { id, generation: self.generation };
        Step::Answer(ServerRequest { call: Some(self.call), id, method, params })
    }

    fn settle(&mut self, outcome: Result<String, Error>) -> Option<Step> {
        let outcome = match outcome {
            // What was sent last says nothing of what the server did before.
            Err(Error::Http(failure)) if self.has_begun() => {
                Err(Error::Http(Failure { processed: Processed::Possibly, ..failure }))
            }
            other => other,
        };
        self.state = State::Settled(outcome);
        None
    }
}

impl Drive for RequestCall {
    fn poll(&mut self, session: &mut Session) -> Step {
        loop {
            let step = match core::mem::replace(&mut self.state, State::Over) {
                State::Ready => self.send(session),
                State::Resuming => self.resume(session),
                State::OnStream(stream, sent) => self.on_stream(session, stream, sent),
                State::Receiving(expected, inbound) => self.receive(session, expected, inbound),
                State::Telling(text, then) => {
                    self.state = *then;
                    Some(Step::Notify(Notification::of_client(
                        Some(self.call),
                        LogLevel::Notice,
                        &text,
                    )))
                }
                State::Held(wait, next) => {
                    self.state = State::Waiting(next);
                    Some(Step::Wait(wait))
                }
                State::Asking(mut round) => {
                    let requests = Self::take_inputs(&mut round);
                    self.state = State::AwaitingInputs(round);
                    Some(Step::Ask(requests))
                }
                State::Errand(errand) => self.on_errand(session, errand),
                State::Lost => {
                    self.state = State::Reopening;
                    Some(Step::Reopen { generation: self.generation })
                }
                State::Settled(outcome) => Some(Step::Done(outcome.map(|result| {
                    let fresh_for = self.fresh_for(session, &result);
                    Answer { result, fresh_for }
                }))),
                waiting @ (State::Awaiting(_)
                | State::Waiting(_)
                | State::AwaitingInputs(_)
                | State::Reopening
                | State::Over) => {
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
        if let State::OnStream(stream, _) = &mut self.state {
            stream.handle_response(session, &head);
        } else if let State::Errand(errand) = &mut self.state {
            errand.list.handle_response(session, head);
        } else if let State::Awaiting(expected) = self.state {
            let reply = Reply::begin(&head, session.message_limit(), expected);
            self.state = State::Receiving(expected, Box::new(Inbound::new(self.id, reply)));
        }
    }

    fn handle_body(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Receiving(_, inbound) => inbound.feed(bytes),
            State::OnStream(stream, _) => stream.handle_body(bytes),
            State::Errand(errand) => errand.list.handle_body(bytes),
            _ => {}
        }
    }

    fn handle_body_end(&mut self, end: Result<(), Failure>) {
        match &mut self.state {
            State::Receiving(_, inbound) => inbound.end(end),
            State::OnStream(stream, _) => stream.handle_body_end(end),
            State::Errand(errand) => errand.list.handle_body_end(end),
            _ => {}
        }
    }

    fn handle_failure(&mut self, session: &mut Session, failure: Failure) {
        match &mut self.state {
            State::OnStream(stream, _) => stream.handle_failure(failure),
            State::Errand(errand) => errand.list.handle_failure(session, failure),
            _ => self.broken(session, failure),
        }
    }

    fn handle_timer(&mut self) {
        match &mut self.state {
            State::Waiting(Next::Repeat) => self.state = State::Ready,
            State::Waiting(Next::Resume) => self.state = State::Resuming,
            State::Errand(errand) => errand.list.handle_timer(),
            _ => {}
        }
    }

    fn handle_inputs(&mut self, answers: Option<Vec<String>>) {
        match core::mem::replace(&mut self.state, State::Over) {
            State::AwaitingInputs(round) => self.answer_round(*round, answers),
            State::Errand(mut errand) => {
                errand.list.handle_inputs(answers);
                self.state = State::Errand(errand);
            }
            other => self.state = other,
        }
    }

    fn handle_reopened(&mut self, outcome: Result<(), Error>) {
        match &mut self.state {
            State::Reopening => {
                self.state = match outcome {
                    Ok(()) => State::Ready,
                    Err(error) => State::Settled(Err(error)),
                };
            }
            State::Errand(errand) => errand.list.handle_reopened(outcome),
            _ => {}
        }
    }
}
