//! The transport of 2024-11-05, "HTTP with SSE": a GET opens a stream, its first event says where to
//! POST messages, and the answers come on the stream.
//!
//! A session there is a stream. Each operation has one of its own, with a handshake in it: that costs
//! requests, and needs nothing that lives longer than a call. It is the last resort for servers that
//! speak nothing else (langflow 15145).

use crate::call::Call;
use crate::error::{Error, RpcError};
use crate::http::HttpRequest;
use crate::inbound::{Inbound, Received};
use crate::jsonrpc::{self, Id};
use crate::legacy;
use crate::modern::Outline;
use crate::params::Params;
use crate::place::Place;
use crate::reply::{Ending, Expected, Reply};
use crate::session::Session;
use sandbar_exchange::{Failure, Response};

use super::message::MessageCall;
use super::{Step, out_of_turn};

/// An operation on a stream of its own.
#[derive(Debug)]
pub(super) struct HttpSse {
    state: State,
    /// Where the stream came from: what it says of places counts from there.
    from: String,
    /// Where messages go, once that is known.
    target: Option<String>,
    /// The id of the request that is to be answered next.
    id: i64,
}

#[derive(Debug)]
enum State {
    /// The stream is to be asked for.
    Ready,
    /// The head of the response is awaited.
    Awaiting,
    /// The stream is being received.
    Receiving(Box<Inbound>),
    /// There was no stream.
    Failed(Failure),
    /// The stream is over.
    Over,
}

/// What came of it next.
#[derive(Debug)]
pub(super) enum Progress {
    /// To be carried out.
    Step(Step),
    /// A notification of the server.
    Notification { method: String, params: Option<String> },
    /// What is no message.
    Noise(String),
    /// The answer to the request that is due.
    Answer(Result<String, RpcError>),
    /// The stream ended before that.
    Ended(Ending),
}

impl HttpSse {
    pub(super) const fn new() -> Self {
        Self { state: State::Ready, from: String::new(), target: None, id: 0 }
    }

    /// Whether the server has said where to send messages: then it speaks this transport.
    pub(super) const fn is_spoken(&self) -> bool {
        self.target.is_some()
    }

    /// The id of the request that is to be answered.
    pub(super) const fn id(&self) -> i64 {
        self.id
    }

    pub(super) fn poll(&mut self, session: &mut Session) -> Progress {
        loop {
            match core::mem::replace(&mut self.state, State::Over) {
                State::Ready => {
                    self.state = State::Awaiting;
                    return Progress::Step(Step::Send(session.listen()));
                }
                State::Receiving(inbound) => {
                    if let Some(progress) = self.receive(session, inbound) {
                        return progress;
                    }
                }
                State::Failed(failure) => return Progress::Ended(Ending::Broken(failure)),
                waiting @ (State::Awaiting | State::Over) => {
                    self.state = waiting;
                    return Progress::Step(out_of_turn());
                }
            }
        }
    }

    fn receive(&mut self, session: &mut Session, mut inbound: Box<Inbound>) -> Option<Progress> {
        let received = inbound.next();
        if let Received::End(ending) = received {
            return Some(Progress::Ended(ending));
        }
        let progress = match received {
            Received::NeedBytes => Some(Progress::Step(Step::Read)),
            Received::Discard => Some(Progress::Step(Step::Drop)),
            Received::Endpoint(reference) if self.target.is_none() => {
                return Some(self.begin(session, inbound, &reference));
            }
            Received::Notification { method, params } => {
                Some(Progress::Notification { method, params })
            }
            Received::Request { id, method, .. } => {
                self.target.as_ref().map(|target| refuse(session, target, &id, &method))
            }
            Received::Noise(what) => Some(Progress::Noise(what)),
            Received::Answer(outcome) => Some(Progress::Answer(outcome)),
            Received::Endpoint(_)
            | Received::Elsewhere(..)
            | Received::Verbatim(..)
            | Received::End(_) => None,
        };
        self.state = State::Receiving(inbound);
        progress
    }

    /// Begins the handshake, now that the server has said where.
    fn begin(
        &mut self,
        session: &mut Session,
        mut inbound: Box<Inbound>,
        reference: &str,
    ) -> Progress {
        let from = if self.from.is_empty() { session.endpoint() } else { &self.from };
        let Some(target) = Place::of(from).and_then(|place| place.resolve(reference)) else {
            // Credentials go with the messages, and no further than to the server.
            let what = format!("the endpoint `{reference}` is not of the origin of the server");
            return Progress::Ended(Ending::Invalid(Error::InvalidMessage(what)));
        };
        self.id = session.next_id();
        inbound.expect(self.id);
        self.state = State::Receiving(inbound);
        let message = legacy::initialize(self.id, session.config());
        let request = post(session, &target, message);
        self.target = Some(target);
        Progress::Step(Step::Background(Call::delivery("initialize", request)))
    }

    /// Ends the handshake and sends the request itself.
    pub(super) fn request(
        &mut self,
        session: &mut Session,
        method: &str,
        params: &Params,
        progress: bool,
    ) -> Step {
        let State::Receiving(inbound) = &mut self.state else { return out_of_turn() };
        self.id = session.next_id();
        inbound.expect(self.id);
        let target = self.target.as_deref().unwrap_or_default();
        let confirmation = jsonrpc::write_call(None, super::handshake::INITIALIZED, None);
        let message = legacy::message(&Outline { id: Some(self.id), method, params, progress });
        let confirmation = post(session, target, confirmation);
        let request = post(session, target, message);
        let messages = MessageCall::addressed(super::handshake::INITIALIZED, confirmation)
            .with(method.to_owned(), request);
        Step::Background(Call::of_messages(messages))
    }

    pub(super) fn handle_response(&mut self, session: &Session, head: &Response) {
        if matches!(self.state, State::Awaiting) {
            self.from.clone_from(&head.url);
            let reply = Reply::begin(head, session.message_limit(), Expected::Stream);
            self.state = State::Receiving(Box::new(Inbound::new(self.id, reply)));
        }
    }

    pub(super) fn handle_body(&mut self, bytes: &[u8]) {
        if let State::Receiving(inbound) = &mut self.state {
            inbound.feed(bytes);
        }
    }

    pub(super) fn handle_body_end(&mut self, end: Result<(), Failure>) {
        if let State::Receiving(inbound) = &mut self.state {
            inbound.end(end);
        }
    }

    pub(super) fn handle_failure(&mut self, failure: Failure) {
        self.state = State::Failed(failure);
    }
}

fn post(session: &Session, target: &str, message: Vec<u8>) -> HttpRequest {
    HttpRequest { url: Some(target.to_owned()), ..session.post(Vec::new(), message, None) }
}

/// Answers a request of the server: a ping is one, and everything else takes a session that lives
/// longer than a call.
fn refuse(session: &Session, target: &str, id: &Id, method: &str) -> Progress {
    let outcome = match method {
        "ping" => Ok("{}".to_owned()),
        _ => Err(RpcError::method_not_found(method)),
    };
    let request = post(session, target, jsonrpc::write_response(id, &outcome));
    Progress::Step(Step::Background(Call::delivery(
        "the answer to a request of the server",
        request,
    )))
}
