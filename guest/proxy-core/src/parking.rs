//! An agent of the modern era alone in front of a legacy server: the session is opened in the agent's
//! name, and a call whose server asks something is parked, because a modern agent is asked in place of
//! an answer. Its retry goes on with the parked call (2026-07-28, "Multi Round-Trip Requests").

mod opening;
mod questions;
mod room;
mod translation;

use crate::proxy::{Action, Proxy, one_line};
use crate::{cancellation, fault, inbox};
pub(crate) use questions::is_retry;
use sandbar_mcp_core::message::{Id, Message, write_response};
use sandbar_mcp_core::{CallId, Error, RpcError};
use std::collections::{BTreeMap, VecDeque};

/// What is known of both sides.
#[derive(Debug)]
pub(crate) struct Parking {
    stage: Stage,
    /// What waits for the session.
    waiting: Vec<Waiting>,
    calls: BTreeMap<CallId, Parked>,
    /// The ids, as JSON texts, under which the agent listens for changes.
    listeners: BTreeMap<String, CallId>,
}

/// How far the session of the server is.
#[derive(Debug)]
enum Stage {
    /// `initialize` is under way.
    Opening(CallId),
    /// Its result is there, and the confirmation is under way.
    Confirming(CallId, String),
    /// With the result of `initialize`.
    Open(String),
    /// There is none.
    Failed,
}

/// A message that waits for the session: a request that the server refused, or what it was not sent.
#[derive(Debug)]
struct Waiting {
    call: CallId,
    text: String,
    /// What the agent hears if there is no such server; none of what the server was not sent.
    line: Option<String>,
}

/// A request under way at the server.
#[derive(Debug)]
struct Parked {
    /// The id that the server knows.
    id: Id,
    /// What the server asks, and the agent was not asked yet.
    questions: VecDeque<Question>,
    /// What the agent was asked: the call is parked until it tries again.
    asked: Option<Vec<Question>>,
    /// The answer that came meanwhile.
    answer: Option<String>,
}

#[derive(Debug)]
struct Question {
    id: Id,
    /// JSON texts.
    method: String,
    params: Option<String>,
}

/// Whether a server that gave no answer may be one.
pub(crate) fn may_be_legacy(error: &Error) -> bool {
    matches!(error, Error::Status(status) if matches!(status.status, 400 | 404 | 405 | 406 | 422))
}

impl Parking {
    /// Whether what a server says in return to this message is said in the session.
    pub(crate) fn owns(&self, call: CallId) -> bool {
        self.is_handshake(call) || self.calls.contains_key(&call)
    }

    /// Takes a message back that waits for the session. Says whether it did.
    pub(crate) fn withdraw(&mut self, call: CallId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|one| one.call != call);
        self.waiting.len() != before
    }

    /// Nothing is to be carried under this name.
    pub(crate) fn forget(&mut self, call: CallId) {
        self.calls.remove(&call);
    }
}

impl Proxy {
    /// Has a message of the agent carried in the session, when that is open.
    pub(crate) fn send_parked(&mut self, parking: &mut Parking, call: CallId, text: String) {
        let Stage::Open(known) = &parking.stage else {
            parking.waiting.push(Waiting { call, text, line: None });
            return;
        };
        let Some(request) = self.running.request(call).cloned() else {
            // What such an agent tells is what both eras have.
            self.actions.push_back(Action::Carry { call, message: text });
            return;
        };
        match request.method.as_str() {
            "server/discover" => {
                let line = translation::discovery(&request.id, known);
                self.tell(line);
                self.done_here(call);
            }
            "subscriptions/listen" => {
                self.tell(translation::acknowledgement(&request.id, &text));
                parking.listeners.insert(request.id.as_json().to_owned(), call);
                for message in translation::subscriptions(&text, call) {
                    let call = self.running.name();
                    self.actions.push_back(Action::Carry { call, message });
                }
            }
            _ => {
                let parked = Parked {
                    id: request.id,
                    questions: VecDeque::new(),
                    asked: None,
                    answer: None,
                };
                parking.calls.insert(call, parked);
                let message = translation::request(&text);
                self.actions.push_back(Action::Carry { call, message });
            }
        }
    }

    /// What the server says in return to a message.
    pub(crate) fn heard_parked(
        &mut self,
        parking: &mut Parking,
        call: CallId,
        text: String,
    ) -> Option<String> {
        if parking.is_handshake(call) {
            parking.handshaken(self, call, &text);
            return None;
        }
        let parked = parking.calls.get_mut(&call)?;
        match Message::parse(&text) {
            Ok(Message::Success { .. } | Message::Failure { .. }) => {
                let text = translation::answer(&text);
                self.answer_parked(parking, call, text)
            }
            Ok(Message::Request { id, method, .. }) if method == "ping" => {
                let pong = write_response(&id, &Ok("{}".to_owned()));
                self.owe(String::from_utf8(pong).unwrap_or_default());
                None
            }
            Ok(Message::Request { id, params, .. }) => {
                let method = translation::method(&text);
                let params = params.map(str::to_owned);
                self.take_question(parking, call, Question { id, method, params });
                None
            }
            Ok(Message::Notification { method, params }) => {
                if method == "notifications/cancelled" {
                    let withdrawn = params.and_then(inbox::cancelled)?;
                    parked.questions.retain(|question| question.id != withdrawn);
                    return None;
                }
                let waits = self.running.request(call).is_some_and(|one| !one.is_settled);
                waits.then(|| one_line(text))
            }
            Err(_) => None,
        }
    }

    /// Hands an answer to the agent, or keeps it for the retry.
    fn answer_parked(
        &mut self,
        parking: &mut Parking,
        call: CallId,
        text: String,
    ) -> Option<String> {
        let parked = parking.calls.get_mut(&call)?;
        if parked.asked.is_some() {
            self.keep_answer(parking, call, text);
            return None;
        }
        let request = self.running.request_mut(call).filter(|request| !request.is_settled)?;
        request.is_settled = true;
        translation::respelled(&text, request.id.as_json())
    }

    /// What the server says where no answer is due.
    pub(crate) fn event_parked(&mut self, parking: &Parking, text: &str) {
        match Message::parse(text) {
            Ok(Message::Request { id, method, .. }) => {
                let answer = match method.as_str() {
                    "ping" => Ok("{}".to_owned()),
                    // There is no call in whose place the agent could be asked.
                    _ => Err(RpcError::method_not_found(&method)),
                };
                let answer = write_response(&id, &answer);
                self.owe(String::from_utf8(answer).unwrap_or_default());
            }
            Ok(Message::Notification { .. }) => {
                let ids: Vec<_> = parking.listeners.keys().cloned().collect();
                for id in ids {
                    if let Some(line) = translation::change(text, &id) {
                        self.tell(line);
                    }
                }
            }
            _ => {}
        }
    }

    /// A message to the server has ended.
    pub(crate) fn ended_parked(
        &mut self,
        parking: &mut Parking,
        call: CallId,
        outcome: Result<(), Error>,
    ) {
        if parking.is_handshake(call) {
            parking.confirmed(self, call, outcome.is_ok());
            return;
        }
        let Some(parked) = parking.calls.get(&call) else { return };
        if parked.asked.is_none() {
            parking.calls.remove(&call);
        } else if parked.answer.is_none() {
            let error = outcome.err().unwrap_or(Error::NoAnswer);
            let answer = fault::unanswered(&parked.id, &self.url, error);
            self.keep_answer(parking, call, answer);
        }
    }

    /// Whether the agent gave up a request for changes, which no server knows of.
    pub(crate) fn stops_listening(&mut self, parking: &mut Parking, id: &Id) -> bool {
        let Some(call) = parking.listeners.remove(id.as_json()) else { return false };
        self.done_here(call);
        true
    }

    /// Has the server told that a request was given up, under the id that it knows.
    pub(crate) fn tell_given_up(&mut self, parking: &mut Parking, call: CallId) {
        if let Some(parked) = parking.calls.remove(&call) {
            self.owe(cancellation::of(parked.id.as_json(), cancellation::ITS_AGENT));
        }
    }

    /// Gives up everything that is parked.
    pub(crate) fn finish_parked(&mut self, parking: &mut Parking) {
        for (_, call) in core::mem::take(&mut parking.listeners) {
            self.running.leave(call);
        }
        for waiting in core::mem::take(&mut parking.waiting) {
            self.running.leave(waiting.call);
        }
        let calls: Vec<_> = parking.calls.keys().copied().collect();
        for call in calls {
            if let Some(request) = self.running.request_mut(call) {
                request.is_settled = true;
                self.actions.push_back(Action::Cancel(call));
                self.tell_given_up(parking, call);
            }
        }
    }
}
