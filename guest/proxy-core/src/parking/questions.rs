//! Questions of a legacy server, asked in place of an answer, and the retries that bring their answers.

use super::{Parking, Question};
use crate::fault;
use crate::proxy::Proxy;
use sandbar_mcp_core::message::{Id, ObjectText, Picked, quoted, read_string, write_response};
use sandbar_mcp_core::{CallId, RpcError};

/// What the state that an agent brings back begins with; the name of the call follows.
const STATE: &str = "sandbar-";

/// A request that brings such a state back.
struct Retry<'a> {
    /// None where the state names no call.
    call: Option<CallId>,
    responses: Option<&'a str>,
}

impl<'a> Retry<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let [params] = Picked::from(text, ["params"]).ok()?.values;
        let names = ["requestState", "inputResponses"];
        let [state, responses] = Picked::from(params?, names).ok()?.values;
        let state = read_string(state?)?;
        let number = state.strip_prefix(STATE)?;
        Some(Self { call: number.parse().ok().map(CallId), responses })
    }
}

/// Whether a request is made again with a state that is no server's.
pub(crate) fn is_retry(text: &str) -> bool {
    Retry::read(text).is_some()
}

impl Proxy {
    /// Tells the agent that a retry goes on with nothing.
    pub(crate) fn refuse_retry(&mut self, id: &Id) {
        let what = "`requestState` names no call that waits; it was not made again";
        self.tell(fault::refused(id, what));
    }

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
        self.limit_parked(parking);
    }

    /// Goes on with a parked call, if this is a retry of one. Says whether it is. What names none that
    /// waits is not made again: it was answered, or given up, and may have run.
    pub(crate) fn retries_parked(&mut self, parking: &mut Parking, text: &str, id: &Id) -> bool {
        let Some(Retry { call, responses }) = Retry::read(text) else { return false };
        let parked = call.and_then(|call| Some((call, parking.calls.get_mut(&call)?)));
        let parked = parked.and_then(|(call, parked)| Some((call, parked.asked.take()?, parked)));
        let Some((call, asked, parked)) = parked else {
            self.refuse_retry(id);
            return true;
        };
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
                self.tell(line.unwrap_or_else(|| fault::refused(id, "it was not answered")));
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
