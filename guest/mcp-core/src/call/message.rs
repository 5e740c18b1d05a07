//! Notifications, and responses to a legacy server.

use crate::error::Error;
use crate::http::HttpRequest;
use crate::legacy;
use crate::modern::Outline;
use crate::params::Params;
use crate::session::{Session, Wire};
use sandbar_exchange::{Failure, Response};

use super::delivery::Delivery;
use super::{Drive, Step};

/// A message that expects no answer.
#[derive(Debug)]
pub(super) struct MessageCall {
    state: State,
    /// Another message, to be sent when this one has been taken, and what it is.
    then: Option<(String, HttpRequest)>,
}

#[derive(Debug)]
enum State {
    /// Addressed when it is sent.
    Draft {
        draft: Draft,
        /// The opening of the session it is meant for: it must not reach another one.
        generation: u64,
    },
    Delivery(Delivery),
}

#[derive(Debug)]
enum Draft {
    /// Written when it is sent, in the era of the session.
    Notification { method: String, params: Params },
    /// Written already, for the legacy era.
    Encoded(Vec<u8>),
}

impl MessageCall {
    pub(super) const fn notification(method: String, params: Params, generation: u64) -> Self {
        Self::of(State::Draft { draft: Draft::Notification { method, params }, generation })
    }

    pub(super) const fn encoded(message: Vec<u8>, generation: u64) -> Self {
        Self::of(State::Draft { draft: Draft::Encoded(message), generation })
    }

    /// A message that is sent as it is, in whatever state the session is by then.
    pub(super) fn addressed(what: &str, request: HttpRequest) -> Self {
        Self::of(State::Delivery(Delivery::new(what, request)))
    }

    /// The same, with another one after it.
    pub(super) fn with(self, what: String, request: HttpRequest) -> Self {
        Self { then: Some((what, request)), ..self }
    }

    const fn of(state: State) -> Self {
        Self { state, then: None }
    }

    fn delivery(&mut self) -> Option<&mut Delivery> {
        match &mut self.state {
            State::Delivery(delivery) => Some(delivery),
            State::Draft { .. } => None,
        }
    }
}

impl Drive for MessageCall {
    fn poll(&mut self, session: &mut Session) -> Step {
        if let State::Draft { draft, generation } = &mut self.state {
            match draft.take_request(session, *generation) {
                Ok(request) => {
                    let delivery = Delivery::new(draft.what(), request);
                    self.state = State::Delivery(delivery);
                }
                Err(error) => {
                    self.state = State::Delivery(Delivery::over());
                    return Step::Done(Err(error));
                }
            }
        }
        let Some(delivery) = self.delivery() else { return super::out_of_turn() };
        match (delivery.poll(session), &mut self.then) {
            (Step::Done(Ok(_)), then @ Some(_)) => {
                if let Some((what, request)) = then.take() {
                    self.state = State::Delivery(Delivery::new(what, request));
                }
                self.poll(session)
            }
            (step, _) => step,
        }
    }

    fn handle_response(&mut self, session: &mut Session, head: Response) {
        let limit = session.message_limit();
        if let Some(delivery) = self.delivery() {
            delivery.handle_response(&head, limit);
        }
    }

    fn handle_body(&mut self, bytes: &[u8]) {
        if let Some(delivery) = self.delivery() {
            delivery.handle_body(bytes);
        }
    }

    fn handle_body_end(&mut self, end: Result<(), Failure>) {
        if let Some(delivery) = self.delivery() {
            delivery.handle_body_end(end);
        }
    }

    fn handle_failure(&mut self, _session: &mut Session, failure: Failure) {
        if let Some(delivery) = self.delivery() {
            delivery.handle_failure(failure);
        }
    }
}

impl Draft {
    /// What it is, for errors.
    fn what(&self) -> &str {
        match self {
            Self::Notification { method, .. } => method,
            Self::Encoded(_) => "the answer to a request of the server",
        }
    }

    fn take_request(&mut self, session: &Session, generation: u64) -> Result<HttpRequest, Error> {
        if session.generation() != generation {
            return Err(Error::SessionLost);
        }
        match (self, session.wire()) {
            (_, Wire::Closing(_) | Wire::Closed) => Err(Error::Closed),
            (Self::Notification { method, params }, Wire::Modern(modern)) => {
                let fields = modern.fields(method, params)?;
                let body = modern.message(session, &outline(method, params));
                Ok(session.post(fields, body, None))
            }
            (Self::Notification { method, params }, Wire::Legacy(legacy)) => {
                let body = legacy::message(&outline(method, params));
                Ok(session.post(legacy.fields(), body, None))
            }
            (Self::Encoded(body), Wire::Legacy(legacy)) => {
                Ok(session.post(legacy.fields(), core::mem::take(body), None))
            }
            // Nobody is there to take the message, and none is worth an opening of its own.
            (Self::Encoded(_), Wire::Modern(_)) | (_, Wire::Unopened | Wire::Lost) => {
                Err(Error::SessionLost)
            }
        }
    }
}

const fn outline<'a>(method: &'a str, params: &'a Params) -> Outline<'a> {
    Outline { id: None, method, params, progress: false }
}
