//! Calls: operations as a sequence of steps that somebody else carries out.

use core::time::Duration;

use crate::error::Error;
use crate::http::HttpRequest;
use crate::notification::Notification;
use crate::params::Params;
use crate::relayed::{Outbound, Replayed};
use crate::session::{RequestId, Session};
use crate::version::Era;
use sandbar_exchange::{Failure, Response};

mod delivery;
mod handshake;
mod http_sse;
mod message;
mod relay;
mod repetition;
mod request;
mod standing;

use handshake::Handshake;
pub(crate) use handshake::INITIALIZED;
use message::MessageCall;
use relay::RelayCall;
use request::RequestCall;
use standing::StandingCall;

/// The embedder's name for a call, unique among the calls in flight of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// A request to make.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its name, for notifications.
    pub call: CallId,
    /// The method.
    pub method: String,
    /// The parameters.
    pub params: Params,
    /// Whether to ask for progress.
    pub progress: bool,
    /// Overrides the idle timeout of the session.
    pub idle_timeout: Option<Duration>,
    /// Members to add to `_meta`: the JSON text of an object.
    pub meta: Option<String>,
}

/// A request that the server made, to be answered with [`Session::response`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRequest {
    /// The call on whose stream it came.
    pub call: Option<CallId>,
    /// What to answer it under.
    pub id: RequestId,
    /// The method.
    pub method: String,
    /// The JSON text of `params`.
    pub params: Option<String>,
}

/// What a server wants to know before it answers (2026-07-28, "Multi Round-Trip Requests").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRequest {
    /// The call that waits for it.
    pub call: CallId,
    /// The method.
    pub method: String,
    /// The JSON text of `params`.
    pub params: Option<String>,
}

/// How a call ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The JSON text of `result`; empty for calls that have none: the opening, notifications and
    /// responses.
    pub result: String,
    /// For how long it may be used again: by [`Session::keep`] and [`Session::kept`].
    pub fresh_for: Option<Duration>,
}

/// What to do next for a call.
#[derive(Debug)]
#[must_use = "a call makes no progress unless its steps are carried out"]
pub enum Step {
    /// Perform the request, then [`Call::handle_response`] or [`Call::handle_failure`].
    Send(HttpRequest),
    /// Read the body, then [`Call::handle_body`] or [`Call::handle_body_end`].
    Read,
    /// Drop the body unread, then poll again.
    Drop,
    /// Hand the notification to the embedder and wait until it is done, then poll again.
    Notify(Notification),
    /// Hand this message of the server to the client whose messages are carried, as it is, and wait
    /// until it has been taken, then poll again. The last one of a request is its answer.
    Text(String),
    /// Hand the request to the embedder and poll again at once; when the embedder has answered,
    /// run the call that [`Session::response`] makes of it.
    Answer(ServerRequest),
    /// Put these requests to the embedder, and when all of them have been answered,
    /// [`Call::handle_inputs`].
    Ask(Vec<InputRequest>),
    /// Run this call in the background, whatever its outcome, and poll again at once.
    Background(Call),
    /// Wait, then [`Call::handle_timer`].
    Wait(Duration),
    /// The session is not open any more: open it, unless it has another generation by now, then
    /// [`Call::handle_reopened`]. One opening serves all calls that ask.
    Reopen {
        /// The generation that was lost.
        generation: u64,
    },
    /// The call is over. A body still open is of no more use.
    Done(Result<Answer, Error>),
}

/// One operation.
///
/// The order is: [`Call::poll`], the step, the `handle_*` method that the step names if it names
/// one, and [`Call::poll`] again, until [`Step::Done`]. A call may be dropped at any time.
/// Polling before a step was carried out, or after the last one, is a mistake of the caller and
/// answered with [`Error::Misuse`].
#[derive(Debug)]
pub struct Call {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Opening(Box<Handshake>),
    Request(Box<RequestCall>),
    Message(Box<MessageCall>),
    Relay(Box<RelayCall>),
    Standing(Box<StandingCall>),
}

/// What every kind of call does. `handle_*` only change state; `poll` says what follows from it.
trait Drive {
    fn poll(&mut self, session: &mut Session) -> Step;
    fn handle_response(&mut self, session: &mut Session, head: Response);
    fn handle_body(&mut self, bytes: &[u8]);
    fn handle_body_end(&mut self, end: Result<(), Failure>);
    fn handle_failure(&mut self, session: &mut Session, failure: Failure);
    /// Only calls that wait have a timer.
    fn handle_timer(&mut self) {}
    /// Only requests ask for input.
    fn handle_inputs(&mut self, _answers: Option<Vec<String>>) {}
    /// Only calls that ask for a reopening hear of one.
    fn handle_reopened(&mut self, _outcome: Result<(), Error>) {}
}

impl Call {
    pub(crate) fn opening(known: Option<Era>, insists: bool) -> Self {
        Self { kind: Kind::Opening(Box::new(Handshake::new(known, insists))) }
    }

    pub(crate) fn replay(replayed: Replayed) -> Self {
        Self { kind: Kind::Opening(Box::new(Handshake::replaying(replayed))) }
    }

    pub(crate) fn relay(message: Outbound) -> Self {
        Self { kind: Kind::Relay(Box::new(RelayCall::new(message))) }
    }

    pub(crate) fn request(request: Outgoing) -> Self {
        Self { kind: Kind::Request(Box::new(RequestCall::new(request))) }
    }

    pub(crate) fn courtesy(request: Outgoing) -> Self {
        Self { kind: Kind::Request(Box::new(RequestCall::courtesy(request))) }
    }

    pub(crate) fn notification(method: String, params: Params, generation: u64) -> Self {
        Self {
            kind: Kind::Message(Box::new(MessageCall::notification(method, params, generation))),
        }
    }

    pub(crate) fn message(message: Vec<u8>, generation: u64) -> Self {
        Self { kind: Kind::Message(Box::new(MessageCall::encoded(message, generation))) }
    }

    pub(crate) fn delivery(what: &str, request: HttpRequest) -> Self {
        Self { kind: Kind::Message(Box::new(MessageCall::addressed(what, request))) }
    }

    fn of_messages(messages: MessageCall) -> Self {
        Self { kind: Kind::Message(Box::new(messages)) }
    }

    fn drive(&mut self) -> &mut dyn Drive {
        match &mut self.kind {
            Kind::Opening(handshake) => &mut **handshake,
            Kind::Request(request) => &mut **request,
            Kind::Message(message) => &mut **message,
            Kind::Relay(relay) => &mut **relay,
            Kind::Standing(stream) => &mut **stream,
        }
    }

    /// What to do next.
    pub fn poll(&mut self, session: &mut Session) -> Step {
        self.drive().poll(session)
    }

    /// The head of the response to [`Step::Send`] arrived.
    pub fn handle_response(&mut self, session: &mut Session, head: Response) {
        session.notice(&head);
        self.drive().handle_response(session, head);
    }

    /// Bytes of the body arrived.
    pub fn handle_body(&mut self, _session: &mut Session, bytes: &[u8]) {
        self.drive().handle_body(bytes);
    }

    /// The body ended, cleanly or not.
    pub fn handle_body_end(&mut self, _session: &mut Session, end: Result<(), Failure>) {
        self.drive().handle_body_end(end);
    }

    /// The exchange failed before there was a response.
    pub fn handle_failure(&mut self, session: &mut Session, failure: Failure) {
        self.drive().handle_failure(session, failure);
    }

    /// The wait is over.
    pub fn handle_timer(&mut self, _session: &mut Session) {
        self.drive().handle_timer();
    }

    /// What [`Step::Ask`] asked for, in the same order: the text of a JSON object each. None where
    /// something of it is not to be had, and the call ends with [`Error::InputRequired`].
    pub fn handle_inputs(&mut self, _session: &mut Session, answers: Option<Vec<String>>) {
        self.drive().handle_inputs(answers);
    }

    /// The session was reopened, by this call or another, or could not be.
    pub fn handle_reopened(&mut self, _session: &mut Session, outcome: Result<(), Error>) {
        self.drive().handle_reopened(outcome);
    }

    /// What to run after the caller gave up this call: a legacy server is told, where the request
    /// may have reached it and is not answered. A modern server notices that its stream is gone,
    /// and `initialize` must not be cancelled (2025-11-25, "Cancellation").
    ///
    /// It is owed until [`Session::farewell`], and names the session of the request also when
    /// the session is closed before it is run.
    ///
    /// The call itself is over then.
    pub fn cancellation(&mut self, session: &mut Session) -> Option<Self> {
        match &mut self.kind {
            Kind::Request(request) => request.cancellation(session),
            // Of one that is carried the client tells the server itself.
            Kind::Opening(_) | Kind::Message(_) | Kind::Relay(_) | Kind::Standing(_) => None,
        }
    }
}

/// A call that was polled out of turn.
fn out_of_turn() -> Step {
    Step::Done(Err(Error::Misuse("a call was polled out of turn")))
}

/// The end of a call without a result.
const fn done() -> Step {
    Step::Done(Ok(Answer { result: String::new(), fresh_for: None }))
}
