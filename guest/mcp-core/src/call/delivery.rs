//! A POST that is only acknowledged: a notification or a response (2025-11-25, "Sending Messages
//! to the Server", items 3 and 4).

use crate::error::Error;
use crate::http::HttpRequest;
use crate::reply::{Ending, Expected, Part, Reply};
use crate::session::Session;
use sandbar_exchange::{Failure, Response};

use super::repetition::is_loss;
use super::{Step, done, out_of_turn};

/// A delivery, as far as it got.
#[derive(Debug)]
pub(super) struct Delivery {
    /// What is delivered, for errors: a JSON-RPC method, or that it is a response.
    what: String,
    /// The request again, as long as it may be sent again on a new connection.
    spare: Option<HttpRequest>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The request is to be sent.
    Ready(HttpRequest),
    /// The head of the response is awaited.
    Awaiting,
    /// The body is being received; of a failing response, that is.
    Receiving(Box<Reply>),
    /// The exchange failed.
    Failed(Failure),
    /// The outcome was handed out.
    Over,
}

impl Delivery {
    pub(super) fn new(what: impl Into<String>, request: HttpRequest) -> Self {
        let spare = Some(request.clone());
        Self { what: what.into(), spare, state: State::Ready(request) }
    }

    /// One that is over before it began.
    pub(super) const fn over() -> Self {
        Self { what: String::new(), spare: None, state: State::Over }
    }

    pub(super) fn poll(&mut self, session: &Session) -> Step {
        match core::mem::replace(&mut self.state, State::Over) {
            State::Ready(request) => {
                self.state = State::Awaiting;
                Step::Send(request)
            }
            State::Receiving(mut reply) => match reply.next() {
                Part::NeedBytes | Part::Message(_) | Part::Endpoint(_) => {
                    self.state = State::Receiving(reply);
                    Step::Read
                }
                Part::Discard => {
                    self.state = State::Receiving(reply);
                    Step::Drop
                }
                Part::End(ending) => self.outcome(ending, session),
            },
            State::Failed(failure) => Step::Done(Err(Error::Http(failure))),
            State::Awaiting => {
                self.state = State::Awaiting;
                out_of_turn()
            }
            State::Over => out_of_turn(),
        }
    }

    pub(super) fn handle_response(&mut self, head: &Response, limit: usize) {
        let reply = Reply::begin(head, limit, Expected::Acknowledgement);
        self.state = State::Receiving(Box::new(reply));
    }

    pub(super) fn handle_body(&mut self, bytes: &[u8]) {
        if let State::Receiving(reply) = &mut self.state {
            reply.feed(bytes);
        }
    }

    pub(super) fn handle_body_end(&mut self, end: Result<(), Failure>) {
        if let State::Receiving(reply) = &mut self.state {
            reply.end(end);
        }
    }

    pub(super) fn handle_failure(&mut self, failure: Failure) {
        let again = is_loss(&self.what, &failure);
        self.state = match self.spare.take().filter(|_| again) {
            Some(request) => State::Ready(request),
            None => State::Failed(failure),
        };
    }

    fn outcome(&self, ending: Ending, session: &Session) -> Step {
        match ending {
            Ending::Clean => done(),
            Ending::Broken(failure) => Step::Done(Err(Error::Http(failure))),
            Ending::Refused(refusal) => {
                Step::Done(Err(refusal.into_error(&self.what, session.endpoint())))
            }
            Ending::Invalid(error) => Step::Done(Err(error)),
        }
    }
}
