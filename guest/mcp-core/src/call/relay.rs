//! A message of another client, carried as it is, and what the server says in return.
//!
//! What makes a request arrive is the same as for one of this client: lost connections, sessions that
//! were forgotten, streams that broke, fields that mirror arguments. What messages mean is the affair
//! of that client: no byte of them is touched, but the id of an answer that its server spelled
//! differently, and tools that must be hidden (2026-07-28, "Schema Extension").

use core::time::Duration;

use crate::error::{Error, RpcError};
use crate::http::HttpRequest;
use crate::inbound::{Inbound, Kind, Received};
use crate::json_text::{ObjectText, Picked};
use crate::jsonrpc::Id;
use crate::legacy::{Legacy, SessionId, Transport};
use crate::modern;
use crate::relayed::{Outbound, OutboundKind};
use crate::reply::{Cursor, Expected, Reply};
use crate::session::{Session, Wire};
use crate::{description, lost_session};
use sandbar_exchange::{Failure, Response};

use super::handshake::INITIALIZED;
use super::repetition::Repetitions;
use super::{Call, Drive, Step, done, out_of_turn};

mod ending;
mod errand;

use errand::Errand;

/// A message, as far as it got.
#[derive(Debug)]
pub(super) struct RelayCall {
    message: Outbound,
    /// The opening of the session that the attempt in flight belongs to.
    generation: u64,
    /// The session that the response to `initialize` assigned.
    assigned: Result<Option<SessionId>, Error>,
    /// What ends the session before, where the client opens another one.
    goodbye: Option<HttpRequest>,
    cursor: Cursor,
    repetitions: Repetitions,
    /// Whether it was sent again in a new session.
    repeated_in_new_session: bool,
    /// Whether it was sent again with other mirrored arguments.
    repeated_with_fields: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The message is to be sent.
    Ready,
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
    /// This is the last that the client is told.
    Telling(String),
    /// The server's tools are asked for first.
    Errand(Box<Errand>),
    /// The session is to be opened again.
    Lost,
    /// The session is being opened again.
    Reopening,
    /// The outcome is known.
    Settled(Result<(), Error>),
    /// The outcome was handed out.
    Over,
}

/// What comes after a wait.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// The message is sent again.
    Repeat,
    /// Its stream broke, and is resumed.
    Resume,
}

impl RelayCall {
    pub(super) fn new(message: Outbound) -> Self {
        Self {
            message,
            generation: 0,
            assigned: Ok(None),
            goodbye: None,
            cursor: Cursor::default(),
            repetitions: Repetitions::default(),
            repeated_in_new_session: false,
            repeated_with_fields: false,
            state: State::Ready,
        }
    }

    const fn is_modern(&self) -> bool {
        self.message.modern.is_some()
    }

    fn is(&self, name: &str) -> bool {
        self.message.method() == name
    }

    fn send(&mut self, session: &mut Session) -> Option<Step> {
        if let Err(closed) = session.check_open() {
            return self.settle(Err(closed));
        }
        let current = session.generation();
        if let OutboundKind::Response { asked_in } = &self.message.kind
            && *asked_in != Some(current)
        {
            return self.settle(Err(Error::SessionLost));
        }
        self.generation = current;
        let has_session = matches!(session.wire(), Wire::Legacy(_));
        if !has_session && !self.is_modern() && !self.is("initialize") {
            let can_be_opened = session.relayed().is_some_and(|client| client.replay().is_some());
            match &self.message.kind {
                // It is said again when the session is opened.
                OutboundKind::Notification { method } if method == INITIALIZED => {
                    return self.settle(Ok(()));
                }
                OutboundKind::Response { .. } => return self.settle(Err(Error::SessionLost)),
                _ if can_be_opened => {
                    self.state = State::Lost;
                    return None;
                }
                // What becomes of it without a session is for the server to say.
                _ => {}
            }
        }
        match self.to_http(session) {
            Ok(request) => {
                self.cursor = Cursor::default();
                let expected = match self.message.id() {
                    Some(_) => Expected::Answer,
                    None => Expected::Acknowledgement,
                };
                self.state = State::Awaiting(expected);
                Some(Step::Send(request))
            }
            Err(error) => self.settle(Err(error)),
        }
    }

    fn to_http(&self, session: &mut Session) -> Result<HttpRequest, Error> {
        let body = self.message.text.clone().into_bytes();
        let fields = match (&self.message.modern, session.wire()) {
            (Some(version), _) => {
                let params = self.message.params()?;
                let tools = &session.relayed_mut().tool_headers;
                modern::fields(version, tools, self.message.method(), &params)?
            }
            (None, Wire::Legacy(legacy)) if !self.is("initialize") => legacy.fields(),
            (None, _) => Vec::new(),
        };
        Ok(session.post(fields, body, None))
    }

    /// Asks for the rest of the stream.
    fn resume(&mut self, session: &Session) -> Option<Step> {
        match session.resumption(self.generation, &self.cursor, None) {
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
            Received::NeedBytes => Some(Step::Read),
            Received::Discard => Some(Step::Drop),
            Received::Verbatim(text, Kind::Notification | Kind::Elsewhere) => {
                Some(Step::Text(text))
            }
            // A modern server has no requests, and there is no way to answer it.
            Received::Verbatim(_, Kind::Request(_)) if self.is_modern() => None,
            Received::Verbatim(text, Kind::Request(id)) => {
                session.relayed_mut().was_asked(id, self.generation);
                Some(Step::Text(text))
            }
            Received::Verbatim(text, Kind::Success(id)) => {
                self.succeeded(session, text, id.as_ref());
                return inbound.is_open().then_some(Step::Drop);
            }
            Received::Verbatim(text, Kind::Failure(id, error)) => {
                self.failed(session, expected, text, id.as_ref(), &error);
                return inbound.is_open().then_some(Step::Drop);
            }
            Received::End(ending) => {
                match inbound.stream() {
                    Some(stream) => self.cursor.advance(stream),
                    // A success without a stream: nothing is left to resume.
                    None if expected == Expected::Stream => self.cursor = Cursor::default(),
                    None => {}
                }
                self.ended(session, expected, ending);
                return None;
            }
            // What is no message is nobody's.
            Received::Noise(_)
            | Received::Elsewhere(..)
            | Received::Endpoint(_)
            | Received::Notification { .. }
            | Received::Request { .. }
            | Received::Answer(_) => None,
        };
        self.state = State::Receiving(expected, inbound);
        step
    }

    /// The server answered with a result.
    fn succeeded(&mut self, session: &mut Session, text: String, id: Option<&Id>) {
        let mut text = self.spelled(text, id);
        if self.is("initialize") && !self.is_modern() {
            if let Err(error) = self.opens(session, &text) {
                self.settle(Err(error));
                return;
            }
        } else if self.is("tools/list") && self.is_modern() {
            text = shown(session, text);
        }
        self.state = State::Telling(text);
    }

    /// Begins the session that the client opened. A result that cannot be read is for the client to
    /// judge.
    fn opens(&mut self, session: &mut Session, text: &str) -> Result<(), Error> {
        let session_id = core::mem::replace(&mut self.assigned, Ok(None))?;
        let result = Picked::from(text, ["result"]).ok().and_then(|picked| picked.values[0]);
        let Some(Ok(known)) = result.map(description::from_initialize) else { return Ok(()) };
        let version = known.protocol_version.clone().into();
        let transport = Transport::StreamableHttp;
        self.goodbye = session.replaced();
        session.opened(Wire::Legacy(Legacy { version, session_id, transport }), known)
    }

    /// The server answered with an error.
    fn failed(
        &mut self,
        session: &mut Session,
        expected: Expected,
        text: String,
        id: Option<&Id>,
        error: &RpcError,
    ) {
        if self.runs_errand(session, error, &text) {
            return;
        }
        let text = self.spelled(text, id);
        let wants_session = !self.is_modern()
            && expected == Expected::Answer
            && lost_session::is_meant_by_error(error);
        if wants_session {
            self.refused_for_its_session(session, State::Telling(text));
        } else {
            self.state = State::Telling(text);
        }
    }

    /// An answer with the id of its request: servers that cannot tell leave it out or make one up,
    /// and some do not keep the digits of a large number.
    fn spelled(&self, text: String, id: Option<&Id>) -> String {
        let Some(ours) = self.message.id().filter(|ours| id != Some(*ours)) else { return text };
        let Ok(object) = ObjectText::parse(&text) else { return text };
        let mut out = String::with_capacity(text.len().saturating_add(ours.as_json().len()));
        object.write_with(&mut out, &[("id", ours.as_json())]);
        out
    }

    fn settle(&mut self, outcome: Result<(), Error>) -> Option<Step> {
        self.state = State::Settled(outcome);
        None
    }

    /// What a message that was taken leaves to do.
    fn accepted(&self, session: &mut Session) {
        if self.is(INITIALIZED) && matches!(session.wire(), Wire::Legacy(_)) {
            session.relayed_mut().confirmed = true;
        }
    }
}

/// A list of tools without those that must be hidden.
fn shown(session: &mut Session, text: String) -> String {
    let result = Picked::from(&text, ["result"]).ok().and_then(|picked| picked.values[0]);
    let learned = result.and_then(|result| session.relayed_mut().tool_headers.learn(result));
    let (Some(result), Ok(object)) = (learned, ObjectText::parse(&text)) else { return text };
    let mut out = String::with_capacity(text.len());
    object.write_with(&mut out, &[("result", &result)]);
    out
}

impl Drive for RelayCall {
    fn poll(&mut self, session: &mut Session) -> Step {
        loop {
            let step = match core::mem::replace(&mut self.state, State::Over) {
                State::Ready => self.send(session),
                State::Resuming => self.resume(session),
                State::Receiving(expected, inbound) => self.receive(session, expected, inbound),
                State::Telling(text) if self.goodbye.is_some() => {
                    self.state = State::Telling(text);
                    self.goodbye
                        .take()
                        .map(|request| Step::Background(Call::delivery("DELETE", request)))
                }
                State::Telling(text) => {
                    self.state = State::Settled(Ok(()));
                    Some(Step::Text(text))
                }
                State::Held(wait, next) => {
                    self.state = State::Waiting(next);
                    Some(Step::Wait(wait))
                }
                State::Errand(errand) => self.on_errand(session, errand),
                State::Lost => {
                    self.state = State::Reopening;
                    Some(Step::Reopen { generation: self.generation })
                }
                State::Settled(Ok(())) => {
                    self.accepted(session);
                    Some(done())
                }
                State::Settled(Err(error)) => Some(Step::Done(Err(error))),
                waiting @ (State::Awaiting(_)
                | State::Waiting(_)
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
        if let State::Errand(errand) = &mut self.state {
            errand.list.handle_response(session, head);
        } else if let State::Awaiting(expected) = self.state {
            // Some servers put a session id on errors, too; it is of use only with a result.
            if self.is("initialize") && !self.is_modern() {
                self.assigned = SessionId::assigned_by(&head);
            }
            let reply = Reply::begin(&head, session.message_limit(), expected);
            let inbound = Inbound::verbatim(self.message.id().cloned(), reply);
            self.state = State::Receiving(expected, Box::new(inbound));
        }
    }

    fn handle_body(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Receiving(_, inbound) => inbound.feed(bytes),
            State::Errand(errand) => errand.list.handle_body(bytes),
            _ => {}
        }
    }

    fn handle_body_end(&mut self, end: Result<(), Failure>) {
        match &mut self.state {
            State::Receiving(_, inbound) => inbound.end(end),
            State::Errand(errand) => errand.list.handle_body_end(end),
            _ => {}
        }
    }

    fn handle_failure(&mut self, session: &mut Session, failure: Failure) {
        match &mut self.state {
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
