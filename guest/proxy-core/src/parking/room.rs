//! What parked calls may hold together: an agent that never tries again, or a server that asks and asks,
//! must not cost more and more.

use super::{Parked, Parking, Question};
use crate::limits::{PARKED, QUESTIONS};
use crate::proxy::{Action, Proxy};
use sandbar_mcp_core::CallId;

/// What calls hold of their server's messages.
#[derive(Default)]
struct Held {
    questions: usize,
    bytes: usize,
}

impl Question {
    fn bytes(&self) -> usize {
        let params = self.params.as_ref().map_or(0, String::len);
        self.id.as_json().len() + self.method.len() + params
    }
}

impl Parked {
    fn questions(&self) -> impl Iterator<Item = &Question> {
        self.questions.iter().chain(self.asked.iter().flatten())
    }
}

impl Parking {
    fn held(&self) -> Held {
        self.calls.values().fold(Held::default(), |held, parked| {
            let answer = parked.answer.as_ref().map_or(0, String::len);
            let questions = parked.questions().map(Question::bytes).sum::<usize>();
            Held {
                questions: held.questions + parked.questions().count(),
                bytes: held.bytes.saturating_add(answer).saturating_add(questions),
            }
        })
    }

    /// The calls that wait for their agent to try again, the oldest first.
    fn parked(&self) -> impl Iterator<Item = CallId> {
        self.calls.iter().filter(|(_, parked)| parked.asked.is_some()).map(|(call, _)| *call)
    }
}

impl Proxy {
    /// Takes what the server of a call asks, or refuses it where too much is held.
    pub(super) fn take_question(&mut self, parking: &mut Parking, call: CallId, asked: Question) {
        let held = parking.held();
        let bytes = held.bytes.saturating_add(asked.bytes());
        if held.questions >= QUESTIONS || bytes > self.max_message_bytes() {
            return self.refuse_question(&asked.id);
        }
        if let Some(parked) = parking.calls.get_mut(&call) {
            parked.questions.push_back(asked);
        }
        self.ask_parked(parking, call);
    }

    /// Keeps the answer to a parked call for its retry. Others make room for it, the oldest first.
    pub(super) fn keep_answer(&mut self, parking: &mut Parking, call: CallId, answer: String) {
        let Some(parked) = parking.calls.get_mut(&call) else { return };
        parked.answer = Some(answer);
        while parking.held().bytes > self.max_message_bytes() {
            let oldest = parking.parked().find(|other| *other != call);
            let Some(oldest) = oldest else { return };
            self.give_up_parked(parking, oldest);
        }
    }

    /// Of too many parked calls the oldest is given up.
    pub(super) fn limit_parked(&mut self, parking: &mut Parking) {
        let mut parked = parking.parked();
        let oldest = parked.next().filter(|_| parked.count() >= PARKED);
        if let Some(oldest) = oldest {
            self.give_up_parked(parking, oldest);
        }
    }

    fn give_up_parked(&mut self, parking: &mut Parking, call: CallId) {
        if parking.calls.get(&call).is_some_and(|parked| parked.answer.is_some()) {
            parking.calls.remove(&call);
            return;
        }
        self.actions.push_back(Action::Cancel(call));
        self.tell_given_up(parking, call);
    }
}
