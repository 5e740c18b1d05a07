//! Questions of a legacy server, asked in place of an answer, and the retries that bring their answers.

use super::{Parking, Question};
use crate::limits::PARKED;
use crate::proxy::{Action, Proxy};
use sandbar_mcp_core::message::{Id, ObjectText, Picked, quoted, read_string, write_response};
use sandbar_mcp_core::{CallId, RpcError};

/// What the state that an agent brings back begins with; the name of the call follows.
const STATE: &str = "sandbar-";

impl Proxy {
    /// Asks the agent what the server of a call asks, unless it has been asked and not tried again.
    pub(super) fn ask_parked(&mut self, parking: &mut Parking, call: CallId) {
        let Some(parked) = parking.calls.get_mut(&call) else { return };
        let Some(request) = self.running.request_mut(call) else { return };
        if parked.asked.is_some() || parked.questions.is_empty() || request.is_settled {
            return;
        }
        request.is_settled = true;
        let questions: Vec<_> = parked.questions.drain(..).collect();
        let requests: Vec<_> = questions
            .iter()
            .enumerate()
            .map(|(number, Question { method, params, .. })| {
                let params = params.as_deref().unwrap_or("{}");
                format!(r#""{number}":{{"method":{method},"params":{params}}}"#)
            })
            .collect();
        parked.asked = Some(questions);
        let (id, requests, state) = (request.id.as_json(), requests.join(","), call.0);
        let line = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"input_required","inputRequests":{{{requests}}},"requestState":"{STATE}{state}"}}}}"#
        );
        self.tell(crate::proxy::one_line(line));
        self.leave_room(parking);
    }

    /// An agent that never tries again must not cost more and more.
    fn leave_room(&mut self, parking: &mut Parking) {
        let is_parked =
            |call: &CallId| parking.calls.get(call).is_some_and(|one| one.asked.is_some());
        let parked: Vec<_> = parking.calls.keys().copied().filter(is_parked).collect();
        if parked.len() > PARKED
            && let Some(oldest) = parked.first()
        {
            self.actions.push_back(Action::Cancel(*oldest));
            self.tell_given_up(parking, *oldest);
        }
    }

    /// Goes on with a parked call, if this is its retry. Says whether it is.
    pub(crate) fn retries_parked(&mut self, parking: &mut Parking, text: &str, id: &Id) -> bool {
        let names = ["requestState", "inputResponses"];
        let params = Picked::from(text, ["params"]).ok().and_then(|picked| picked.values[0]);
        let picked = params.and_then(|params| Picked::from(params, names).ok());
        let Some(Picked { values: [Some(state), responses], .. }) = picked else { return false };
        let state = read_string(state).unwrap_or_default();
        let number = state.strip_prefix(STATE).and_then(|number| number.parse().ok());
        let Some(call) = number.map(CallId) else { return false };
        let Some(parked) = parking.calls.get_mut(&call) else { return false };
        let Some(asked) = parked.asked.take() else { return false };
        let responses = responses.and_then(|responses| ObjectText::parse(responses).ok());
        let answers: Vec<_> = asked
            .iter()
            .enumerate()
            .map(|(number, question)| {
                let given = responses.as_ref().and_then(|given| given.get(&number.to_string()));
                let outcome = match given {
                    Some(result) => Ok(result.to_owned()),
                    None => Err(RpcError::internal("the client did not answer")),
                };
                write_response(&question.id, &outcome)
            })
            .collect();
        match parked.answer.take() {
            // It was answered without.
            Some(answer) => {
                parking.calls.remove(&call);
                let line = super::translation::respelled(&answer, id.as_json());
                self.tell(line.unwrap_or_else(|| crate::fault::refused(id, "it was not answered")));
                return true;
            }
            None => {
                if let Some(request) = self.running.request_mut(call) {
                    request.id = id.clone();
                    request.is_settled = false;
                }
            }
        }
        for answer in answers {
            self.owe(String::from_utf8(answer).unwrap_or_default());
        }
        self.ask_parked(parking, call);
        true
    }
}

/// A JSON string, or what is none as one.
pub(super) fn spelled(method: Option<&str>) -> String {
    method.map_or_else(|| quoted(""), str::to_owned)
}
