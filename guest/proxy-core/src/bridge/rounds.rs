//! What a modern server asks in place of its answer (2026-07-28, "Multi Round-Trip Requests"), put to a
//! legacy agent as requests; its answers go back with the request once more.

use super::Bridge;
use crate::fault;
use crate::limits::{QUESTIONS_AT_ONCE, READY_PAUSE, ROUNDS};
use crate::proxy::{Action, Proxy};
use crate::running::Request;
use sandbar_mcp_core::message::{
    Id, Message, ObjectText, Picked, quoted, read_string, write_object,
};
use sandbar_mcp_core::{CallId, Params};

/// One question of a server, of several parts perhaps.
#[derive(Debug)]
pub(super) struct Round {
    request: Request,
    /// The agent's own text.
    text: String,
    asked: u32,
    /// What goes back as it came, as JSON text.
    state: Option<String>,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// The server's name for it, as JSON text.
    name: String,
    question: u64,
    answer: Option<String>,
}

impl Round {
    pub(super) fn is_of(&self, id: &Id) -> bool {
        self.request.id == *id
    }

    /// What the agent has not answered yet.
    pub(super) fn open_questions(&self) -> impl Iterator<Item = u64> {
        self.parts.iter().filter(|part| part.answer.is_none()).map(|part| part.question)
    }
}

impl Bridge {
    /// What of a question the agent did not say that it can answer.
    fn lacks(&self, method: &str, params: Option<&str>) -> Option<&'static str> {
        let has = |capability: &str| {
            Picked::from(&self.capabilities, [capability]).ok().and_then(|picked| picked.values[0])
        };
        let mode = params.and_then(|params| Picked::from(params, ["mode"]).ok()?.values[0]);
        match method {
            "elicitation/create" if mode == Some("\"url\"") => {
                let pages = has("elicitation")
                    .and_then(|forms| Picked::from(forms, ["url"]).ok()?.values[0]);
                pages.is_none().then_some("elicitation.url")
            }
            "elicitation/create" => has("elicitation").is_none().then_some("elicitation"),
            "sampling/createMessage" => has("sampling").is_none().then_some("sampling"),
            "roots/list" => has("roots").is_none().then_some("roots"),
            _ => None,
        }
    }
}

impl Proxy {
    /// Puts what a server asks to the agent.
    pub(super) fn begin_round(
        &mut self,
        bridge: &mut Bridge,
        call: CallId,
        request: Request,
        result: &str,
    ) {
        let Some((text, asked)) = bridge.texts.remove(&call) else { return };
        let picked = Picked::from(result, ["inputRequests", "requestState"]);
        let [requests, state] = picked.map(|picked| picked.values).unwrap_or_default();
        let requests = ObjectText::parse(requests.unwrap_or("{}"));
        let Some(requests) = requests.ok().filter(|_| asked < ROUNDS) else {
            return self.tell(fault::refused(&request.id, "the server asks without an end"));
        };
        let mut round =
            Round { request, text, asked, state: state.map(str::to_owned), parts: Vec::new() };
        for (name, question) in requests.iter().take(QUESTIONS_AT_ONCE) {
            let picked = Picked::from(question, ["method", "params"]);
            let [method, params] = picked.map(|picked| picked.values).unwrap_or_default();
            let spelled = method.and_then(read_string).unwrap_or_default();
            if let Some(capability) = bridge.lacks(&spelled, params) {
                let what = format!(
                    "the server asks for `{spelled}`, and the client has no capability `{capability}`"
                );
                return self.tell(fault::refused(&round.request.id, &what));
            }
            bridge.last_question += 1;
            let number = bridge.last_question;
            round.parts.push(Part { name: quoted(name), question: number, answer: None });
        }
        for (part, (_, question)) in round.parts.iter().zip(requests.iter()) {
            let picked = Picked::from(question, ["method", "params"]);
            let [method, params] = picked.map(|picked| picked.values).unwrap_or_default();
            let number = part.question.to_string();
            let mut members = vec![("jsonrpc", "\"2.0\""), ("id", number.as_str())];
            members.extend(method.map(|method| ("method", method)));
            members.extend(params.map(|params| ("params", params)));
            let mut line = String::new();
            write_object(&mut line, &members);
            self.tell(crate::proxy::one_line(line));
        }
        if round.parts.is_empty() {
            // Nothing is asked: it is not ready yet.
            self.actions.push_back(Action::Wait(READY_PAUSE));
        }
        bridge.rounds.push(round);
    }

    /// The agent answers a question.
    pub(crate) fn round_answered(&mut self, bridge: &mut Bridge, text: &str, id: &Id) {
        let Some(place) = bridge.rounds.iter().position(|round| {
            round.open_questions().any(|question| id.means(&Id::from(question.cast_signed())))
        }) else {
            return;
        };
        let Some(round) = bridge.rounds.get_mut(place) else { return };
        let answer = match Message::parse(text) {
            Ok(Message::Success { result, .. }) => result.to_owned(),
            Ok(Message::Failure { error, .. }) => {
                let round = bridge.rounds.remove(place);
                let what = format!("the client did not answer what the server asked: {error}");
                return self.tell(fault::refused(&round.request.id, &what));
            }
            _ => return,
        };
        for part in &mut round.parts {
            if id.means(&Id::from(part.question.cast_signed())) {
                part.answer = Some(answer.clone());
            }
        }
        if round.open_questions().next().is_none() {
            let round = bridge.rounds.remove(place);
            self.continue_round(bridge, round);
        }
    }

    /// Sends the requests once more whose servers were not ready.
    pub(super) fn ask_again(&mut self, bridge: &mut Bridge) {
        while let Some(place) = bridge.rounds.iter().position(|round| round.parts.is_empty()) {
            let round = bridge.rounds.remove(place);
            self.continue_round(bridge, round);
        }
    }

    /// Sends the request once more, with what was asked for.
    fn continue_round(&mut self, bridge: &mut Bridge, round: Round) {
        let Round { request, text, asked, state, parts } = round;
        let answers: Vec<_> = parts
            .iter()
            .map(|part| format!("{}:{}", part.name, part.answer.as_deref().unwrap_or("null")))
            .collect();
        let answers = format!("{{{}}}", answers.join(","));
        let params = Picked::from(&text, ["params"]).ok().and_then(|picked| picked.values[0]);
        let Ok(params) = Params::parse(params) else { return };
        let answers = Some(answers.as_str()).filter(|_| !parts.is_empty());
        let params = params.continued(answers, state.as_deref());
        let method = quoted(&request.method);
        let call = self.running.enter_again(Request { is_settled: false, ..request });
        let message = bridge.message(Some(call), &method, &params);
        bridge.texts.insert(call, (text, asked + 1));
        self.actions.push_back(Action::Carry { call, message });
    }
}
