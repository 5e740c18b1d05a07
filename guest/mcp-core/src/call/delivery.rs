//! A POST that is only acknowledged: a notification or a response (2025-11-25, "Sending Messages
//! to the Server", items 3 and 4).

use crate::error::Error;
use crate::http::HttpRequest;
use crate::reply::{Ending, Expected, Part, Reply};
use sandbar_exchange::{Failure, Response};

use super::{Step, done, out_of_turn};

/// How far the delivery got.
#[derive(Debug)]
pub(super) enum Delivery {
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
    pub(super) fn poll(&mut self) -> Step {
        match core::mem::replace(self, Self::Over) {
            Self::Ready(request) => {
                *self = Self::Awaiting;
                Step::Send(request)
            }
            Self::Receiving(mut reply) => match reply.next() {
                Part::NeedBytes | Part::Message(_) => {
                    *self = Self::Receiving(reply);
                    Step::Read
                }
                Part::Discard => {
                    *self = Self::Receiving(reply);
                    Step::Drop
                }
                Part::End(ending) => outcome(ending),
            },
            Self::Failed(failure) => Step::Done(Err(Error::Http(failure))),
            Self::Awaiting => {
                *self = Self::Awaiting;
                out_of_turn()
            }
            Self::Over => out_of_turn(),
        }
    }

    pub(super) fn handle_response(&mut self, head: &Response, limit: usize) {
        *self = Self::Receiving(Box::new(Reply::begin(head, limit, Expected::Acknowledgement)));
    }

    pub(super) fn handle_body(&mut self, bytes: &[u8]) {
        if let Self::Receiving(reply) = self {
            reply.feed(bytes);
        }
    }

    pub(super) fn handle_body_end(&mut self, end: Result<(), Failure>) {
        if let Self::Receiving(reply) = self {
            reply.end(end);
        }
    }

    pub(super) fn handle_failure(&mut self, failure: Failure) {
        *self = Self::Failed(failure);
    }
}

fn outcome(ending: Ending) -> Step {
    match ending {
        Ending::Clean => done(),
        Ending::Broken(failure) => Step::Done(Err(Error::Http(failure))),
        Ending::Refused(refusal) => Step::Done(Err(refusal.into_error())),
        Ending::Invalid(error) => Step::Done(Err(error)),
    }
}
