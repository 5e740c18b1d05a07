//! A request and its answer, over as many exchanges as it takes.

use core::time::Duration;

use serde::Deserialize;

use crate::error::{Error, RpcError};
use crate::http::HttpRequest;
use crate::inbound::{Inbound, Received};
use crate::json_text::{Text, from_object};
use crate::jsonrpc::{self, Id};
use crate::legacy;
use crate::modern::Outline;
use crate::negotiation;
use crate::notification::Notification;
use crate::params::Params;
use crate::reply::{Cursor, Ending, Expected, Refusal, Reply};
use crate::session::{RequestId, Session, Wire};
use sandbar_exchange::{Failure, Response};

use super::{Answer, Call, CallId, Drive, Outgoing, ServerRequest, Step, out_of_turn};

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
    /// Whether the request was repeated in a new session.
    repeated_in_new_session: bool,
    /// Whether the request was repeated with another version.
    repeated_with_version: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The request is to be sent.
    Ready,
    /// Its stream broke, and is to be resumed after a wait.
    Broken(Duration),
    /// The wait goes on.
    Paused,
    /// The stream is to be resumed now.
    Resuming,
    /// The head of a response is awaited.
    Awaiting(Expected),
    /// A response is being received.
    Receiving(Expected, Box<Inbound>),
    /// The session is to be opened again.
    Lost,
    /// The session is being opened again.
    Reopening,
    /// The outcome is known.
    Settled(Result<String, Error>),
    /// The outcome was handed out.
    Over,
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
            repeated_in_new_session: false,
            repeated_with_version: false,
            state: State::Ready,
        }
    }

    /// Sends the request, under a new id: an id must not be used twice in a session.
    fn send(&mut self, session: &mut Session) -> Option<Step> {
        self.generation = session.generation();
        if matches!(session.wire(), Wire::Unopened | Wire::Lost) {
            self.state = State::Lost;
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
        let outline = Outline {
            id: Some(self.id),
            method: &self.method,
            params: &self.params,
            progress: self.progress,
        };
        let (fields, body) = match session.wire() {
            Wire::Modern(modern) => (
                modern.fields(&self.method, &self.params)?,
                modern.message(session.config(), &outline),
            ),
            Wire::Legacy(legacy) => (legacy.fields(), legacy::message(&outline)),
            Wire::Unopened | Wire::Lost => return Err(Error::SessionLost),
            Wire::Closing(_) | Wire::Closed => return Err(Error::Closed),
        };
        Ok(session.post(fields, body, self.idle_timeout))
    }

    /// Asks for the rest of the stream.
    fn resume(&mut self, session: &Session) -> Option<Step> {
        match (session.wire(), self.cursor.event_id()) {
            (Wire::Legacy(legacy), Some(event_id)) if session.generation() == self.generation => {
                let request = session.resume(legacy, event_id, self.idle_timeout);
                self.state = State::Awaiting(Expected::Stream);
                Some(Step::Send(request))
            }
            (Wire::Closing(_) | Wire::Closed, _) => self.settle(Err(Error::Closed)),
            // The stream belongs to a session that is no more.
            _ => self.settle(Err(Error::SessionLost)),
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
                Step::Notify(self.notification(method, params))
            }
            Received::Request { id, method, params } => match session.wire() {
                Wire::Modern(_) => {
                    let error = "a server request, which the modern era does not have";
                    return self.settle(Err(Error::InvalidMessage(error.into())));
                }
                _ => self.server_request(id, method, params),
            },
            Received::Answer(outcome) => {
                self.answered(session, outcome);
                let goes_on = !matches!(self.state, State::Settled(_));
                return (goes_on && inbound.is_open()).then_some(Step::Drop);
            }
            Received::End(ending) => {
                if let Some(stream) = inbound.stream() {
                    self.cursor.advance(stream);
                }
                return self.ended(session, expected, ending);
            }
        };
        self.state = State::Receiving(expected, inbound);
        Some(step)
    }

    fn notification(&self, method: String, params: Option<String>) -> Notification {
        let token = self.progress.then_some(Id::Number(self.id));
        Notification::on_stream_of(self.call, token.as_ref(), method, params)
    }

    fn server_request(&self, id: Id, method: String, params: Option<String>) -> Step {
        if method == "ping" {
            let pong = jsonrpc::write_response(&id, &Ok("{}".to_owned()));
            return Step::Background(Call::message(pong, self.generation));
        }
        let id = RequestId { id, generation: self.generation };
        Step::Answer(ServerRequest { call: Some(self.call), id, method, params })
    }

    fn answered(&mut self, session: &mut Session, outcome: Result<String, RpcError>) {
        match outcome {
            Ok(result) => {
                let outcome = self.accept(session, result);
                self.settle(outcome);
            }
            Err(error) if self.retries_with_version(session, &error) => self.state = State::Ready,
            Err(error) => {
                self.settle(Err(Error::Rpc(error)));
            }
        }
    }

    /// Checks a result by the rules of the era.
    fn accept(&self, session: &mut Session, result: String) -> Result<String, Error> {
        let Some(modern) = session.modern_mut() else {
            return Ok(result);
        };
        match result_type(&result)?.as_deref() {
            None | Some("complete") => {}
            Some("input_required") => return Err(Error::InputRequired(result)),
            Some(other) => {
                let what = format!("the `resultType` `{other}` is unknown");
                return Err(Error::InvalidMessage(what));
            }
        }
        if self.method == "tools/list"
            && let Some(shown) = modern.tool_headers.learn(&result)
        {
            return Ok(shown);
        }
        Ok(result)
    }

    /// Whether the server refused only the version, before it ran anything, and named another that
    /// will do.
    fn retries_with_version(&mut self, session: &mut Session, error: &RpcError) -> bool {
        let Some(modern) = session.modern_mut() else {
            return false;
        };
        let Some(version) = negotiation::version_for_retry(error) else {
            return false;
        };
        modern.version = version;
        !core::mem::replace(&mut self.repeated_with_version, true)
    }

    fn ended(&mut self, session: &mut Session, expected: Expected, ending: Ending) -> Option<Step> {
        match ending {
            Ending::Clean => self.pause_or(session, Error::NoAnswer),
            Ending::Broken(failure) if failure.is_transient() => {
                self.pause_or(session, Error::Http(failure))
            }
            Ending::Broken(failure) => self.settle(Err(Error::Http(failure))),
            Ending::Invalid(error) => self.settle(Err(error)),
            Ending::Refused(refusal) if forgets_session(session, &refusal) => {
                session.lost(self.generation);
                self.session_lost(expected)
            }
            Ending::Refused(refusal) if expected == Expected::Stream => {
                self.not_resumed(session, refusal)
            }
            Ending::Refused(refusal) => self.refused(session, refusal),
        }
    }

    /// Resumes the stream later, if that is possible; otherwise the call ends with `error`.
    fn pause_or(&mut self, session: &Session, error: Error) -> Option<Step> {
        let resumable = matches!(session.wire(), Wire::Legacy(_));
        match self.cursor.next_try().filter(|_| resumable) {
            Some(wait) => self.state = State::Broken(wait),
            None => return self.settle(Err(error)),
        }
        None
    }

    fn refused(&mut self, session: &mut Session, refusal: Refusal) -> Option<Step> {
        match refusal.rpc_error().cloned() {
            Some(error) if self.retries_with_version(session, &error) => {
                self.state = State::Ready;
                None
            }
            _ => self.settle(Err(refusal.into_error())),
        }
    }

    /// The server did not let the stream be resumed.
    fn not_resumed(&mut self, session: &Session, refusal: Refusal) -> Option<Step> {
        match refusal.status() {
            // It has no streams to resume, so the answer went with the one that broke.
            405 => self.settle(Err(Error::NoAnswer)),
            408 | 429 | 500..=599 => self.pause_or(session, refusal.into_error()),
            _ => self.settle(Err(refusal.into_error())),
        }
    }

    /// The server forgot the session. A request refused for that reason did not run and is
    /// repeated once; one whose stream broke may have run.
    fn session_lost(&mut self, expected: Expected) -> Option<Step> {
        let may_have_run = expected == Expected::Stream;
        if may_have_run || core::mem::replace(&mut self.repeated_in_new_session, true) {
            return self.settle(Err(Error::SessionLost));
        }
        self.state = State::Lost;
        None
    }

    fn settle(&mut self, outcome: Result<String, Error>) -> Option<Step> {
        self.state = State::Settled(outcome);
        None
    }

    pub(super) fn cancellation(&mut self, session: &Session) -> Option<Call> {
        let may_run = match core::mem::replace(&mut self.state, State::Over) {
            State::Awaiting(_)
            | State::Receiving(..)
            | State::Broken(_)
            | State::Paused
            | State::Resuming => true,
            State::Ready | State::Lost | State::Reopening | State::Settled(_) | State::Over => {
                false
            }
        };
        if !may_run || session.generation() != self.generation {
            return None;
        }
        let (Wire::Legacy(legacy) | Wire::Closing(legacy)) = session.wire() else { return None };
        let write_params = |out: &mut String| out.push_str(&cancelled_params(self.id));
        let method = "notifications/cancelled";
        let message = jsonrpc::write_call(None, method, Some(&write_params));
        // Addressed now, to the session of the request: it is owed whatever becomes of ours.
        Some(Call::delivery(session.post(legacy.fields(), message, None)))
    }
}

impl Drive for RequestCall {
    fn poll(&mut self, session: &mut Session) -> Step {
        loop {
            let step = match core::mem::replace(&mut self.state, State::Over) {
                State::Ready => self.send(session),
                State::Resuming => self.resume(session),
                State::Receiving(expected, inbound) => self.receive(session, expected, inbound),
                State::Broken(wait) => {
                    self.state = State::Paused;
                    Some(Step::Wait(wait))
                }
                State::Lost => {
                    self.state = State::Reopening;
                    Some(Step::Reopen { generation: self.generation })
                }
                State::Settled(outcome) => {
                    Some(Step::Done(outcome.map(|result| Answer { result })))
                }
                waiting @ (State::Awaiting(_) | State::Paused | State::Reopening | State::Over) => {
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
        if let State::Awaiting(expected) = self.state {
            let reply = Reply::begin(&head, session.message_limit(), expected);
            self.state = State::Receiving(expected, Box::new(Inbound::new(self.id, reply)));
        }
    }

    fn handle_body(&mut self, bytes: &[u8]) {
        if let State::Receiving(_, inbound) = &mut self.state {
            inbound.feed(bytes);
        }
    }

    fn handle_body_end(&mut self, end: Result<(), Failure>) {
        if let State::Receiving(_, inbound) = &mut self.state {
            inbound.end(end);
        }
    }

    fn handle_failure(&mut self, session: &mut Session, failure: Failure) {
        let resuming = matches!(self.state, State::Awaiting(Expected::Stream));
        if resuming && failure.is_transient() {
            self.pause_or(session, Error::Http(failure));
        } else {
            self.settle(Err(Error::Http(failure)));
        }
    }

    fn handle_timer(&mut self) {
        if matches!(self.state, State::Paused) {
            self.state = State::Resuming;
        }
    }

    fn handle_reopened(&mut self, outcome: Result<(), Error>) {
        if matches!(self.state, State::Reopening) {
            self.state = match outcome {
                Ok(()) => State::Ready,
                Err(error) => State::Settled(Err(error)),
            };
        }
    }
}

fn cancelled_params(id: i64) -> String {
    format!(r#"{{"requestId":{id},"reason":"the caller gave up"}}"#)
}

fn result_type(result: &str) -> Result<Option<String>, Error> {
    #[derive(Deserialize)]
    struct Outline<'a> {
        #[serde(borrow, default, rename = "resultType")]
        result_type: Option<Text<'a>>,
    }
    let outline: Outline<'_> = from_object(result)
        .map_err(|error| Error::InvalidMessage(format!("the result: {error}")))?;
    Ok(outline.result_type.map(|text| text.0.into_owned()))
}

/// What servers say, with status 400, to an id of a session that they do not know. The
/// specification wants 404 for it.
const FORGOTTEN: &[&str] = &["no valid session id", "session not found", "server not initialized"];

/// Whether a refusal means that the server does not know the session any more.
fn forgets_session(session: &Session, refusal: &Refusal) -> bool {
    // Another call may have noticed already, which is why a lost session counts.
    let has_session = match session.wire() {
        Wire::Legacy(legacy) => legacy.session_id.is_some(),
        Wire::Lost => true,
        Wire::Unopened | Wire::Modern(_) | Wire::Closing(_) | Wire::Closed => false,
    };
    has_session
        && match refusal.status() {
            404 => !refusal.rpc_error().is_some_and(negotiation::is_modern_refusal),
            400 => {
                let preview = refusal.preview().to_ascii_lowercase();
                FORGOTTEN.iter().any(|text| preview.contains(text))
            }
            _ => false,
        }
}
