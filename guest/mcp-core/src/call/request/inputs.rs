//! Multi round-trip requests (2026-07-28, "Multi Round-Trip Requests"): a server that needs input
//! says so in place of its answer, and gets the same request again with what it asked for.

use crate::error::{Error, RpcError};
use crate::json_string;
use crate::json_text::{Members, Picked, check_object, each_item, from_object};
use crate::limits::{
    FIRST_READY_WAIT, INPUT_ROUNDS, LONGEST_READY_WAIT, SERVER_REQUESTS, WAITING_ROUNDS,
};
use crate::params::Params;
use crate::session::{Session, Wire};

use super::{Next, RequestCall, State};
use crate::call::{CallId, InputRequest};

/// `URLElicitationRequired` (2025-11-25, "Elicitation", "Error Handling").
const URL_ELICITATION_REQUIRED: i64 = -32042;

/// The method by which a user is asked.
const ELICIT: &str = "elicitation/create";

/// How often the server has asked, and what the request says by now.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    asked: u32,
    waited: u32,
    /// The parameters with what the last round brought.
    params: Option<Params>,
    /// The pages that the user goes to, as the server names them.
    visited: Vec<String>,
}

impl Rounds {
    /// The parameters to send: of `first`, the caller's, with what was asked for.
    pub(super) fn params<'a>(&'a self, first: &'a Params) -> &'a Params {
        self.params.as_ref().unwrap_or(first)
    }

    /// Whether the server has had the request, and did something with it.
    pub(super) fn have_begun(&self) -> bool {
        self.params.is_some()
    }

    /// Forgets what was asked: the request goes to a server that has not.
    pub(super) fn forget(&mut self) {
        self.params = None;
    }
}

/// What one `InputRequiredResult` asks for.
#[derive(Debug)]
pub(super) struct Round {
    /// The names of the requests, as JSON texts.
    names: Vec<String>,
    requests: Vec<InputRequest>,
    /// What goes back as it came, as JSON text.
    state: Option<String>,
    /// The whole, for callers that have to see to it themselves.
    unanswered: Unanswered,
}

/// How a call ends whose server does not get what it asks for.
#[derive(Debug)]
enum Unanswered {
    /// With the question.
    Asked(String),
    /// With the refusal that asked.
    Refused(RpcError),
}

impl Unanswered {
    fn into_error(self) -> Error {
        match self {
            Self::Asked(result) => Error::InputRequired(result),
            Self::Refused(error) => Error::Rpc(error),
        }
    }
}

impl Round {
    fn parse(call: CallId, result: String) -> Result<Self, String> {
        let names = ["inputRequests", "requestState"];
        let [requests, state] = Picked::from(&result, names).map_err(|e| e.to_string())?.values;
        let there = |value: &&str| *value != "null";
        let (requests, state) = (requests.filter(there), state.filter(there));
        if requests.is_none() && state.is_none() {
            return Err("it asks for input, and has neither requests nor a state".to_owned());
        }
        let mut round = Self {
            names: Vec::new(),
            requests: Vec::new(),
            state: state.map(str::to_owned),
            unanswered: Unanswered::Asked(String::new()),
        };
        if let Some(requests) = requests {
            round.read_requests(call, requests)?;
        }
        round.unanswered = Unanswered::Asked(result);
        Ok(round)
    }

    /// What a task asks for, without what it was given before.
    pub(super) fn parse_new(
        call: CallId,
        result: String,
        given: &[String],
    ) -> Result<Self, String> {
        let mut round = Self::parse(call, result)?;
        let asked = core::mem::take(&mut round.names).into_iter();
        let asked = asked.zip(core::mem::take(&mut round.requests));
        (round.names, round.requests) = asked.filter(|(name, _)| !given.contains(name)).unzip();
        Ok(round)
    }

    /// The pages that a refusal sends the user to, without those that the user has gone to.
    fn of_refusal(call: CallId, error: &RpcError, visited: &[String]) -> Option<Self> {
        let [elicitations] = Picked::from(error.data.as_deref()?, ["elicitations"]).ok()?.values;
        let (mut names, mut requests) = (Vec::new(), Vec::new());
        let mut take = |elicitation: &str| {
            let [id, url] = Picked::from(elicitation, ["elicitationId", "url"])
                .map(|picked| picked.values)
                .unwrap_or_default();
            let Some(name) = id.or(url).map(str::to_owned) else { return };
            if names.len() < SERVER_REQUESTS && !visited.contains(&name) {
                names.push(name);
                let (method, params) = (ELICIT.to_owned(), Some(elicitation.to_owned()));
                requests.push(InputRequest { call, method, params });
            }
        };
        each_item(elicitations?, &mut take).ok()?;
        let unanswered = Unanswered::Refused(error.clone());
        Some(Self { names, requests, state: None, unanswered })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    fn read_requests(&mut self, call: CallId, requests: &str) -> Result<(), String> {
        let requests: Members<'_> = from_object(requests)
            .map_err(|error| format!("its `inputRequests` cannot be read: {error}"))?;
        for (name, request) in requests.iter() {
            let [method, params] = Picked::from(request, ["method", "params"])
                .map(|picked| picked.values)
                .unwrap_or_default();
            let Some(method) = method.and_then(json_string::read) else {
                return Err(format!("its request for input {name} has no method"));
            };
            if self.names.len() >= SERVER_REQUESTS {
                return Err(format!("it asks for more than {SERVER_REQUESTS} inputs at once"));
            }
            self.names.push(name.to_owned());
            let params = params.filter(|params| *params != "null").map(str::to_owned);
            self.requests.push(InputRequest { call, method: method.into_owned(), params });
        }
        Ok(())
    }

    /// The text of `inputResponses`; the error is the caller's.
    fn responses(&self, answers: &[String]) -> Result<String, Error> {
        let mut members = String::from("{");
        for (index, (name, answer)) in self.names.iter().zip(answers).enumerate() {
            check_object(answer).map_err(|error| {
                Error::InvalidParams(format!("the input is not a JSON object: {error}"))
            })?;
            if index > 0 {
                members.push(',');
            }
            members.push_str(name);
            members.push(':');
            members.push_str(answer.trim_ascii());
        }
        members.push('}');
        Ok(members)
    }
}

impl RequestCall {
    /// The server asks for input in place of its answer.
    pub(super) fn input_required(&mut self, result: String) {
        let round = match Round::parse(self.call, result) {
            Ok(round) => round,
            Err(what) => {
                self.settle(Err(self.invalid(&what)));
                return;
            }
        };
        if round.is_empty() {
            self.wait_for_server(&round);
        } else {
            self.ask_round(round);
        }
    }

    /// Asks the embedder, unless the server has asked often enough.
    pub(super) fn ask_round(&mut self, round: Round) {
        if self.rounds.asked >= INPUT_ROUNDS {
            let what = format!("it asked for input {INPUT_ROUNDS} times, and asks again");
            self.settle(Err(self.invalid(&what)));
        } else {
            self.rounds.asked += 1;
            self.state = State::Asking(Box::new(round));
        }
    }

    /// The server has all the input that it wants, and is not ready yet.
    fn wait_for_server(&mut self, round: &Round) {
        if self.waits() {
            self.rounds.params = Some(self.params.continued(None, round.state.as_deref()));
        } else {
            let what = format!("it was not ready {WAITING_ROUNDS} times");
            self.settle(Err(self.invalid(&what)));
        }
    }

    /// Sends the request again after a while, ever more rarely; whether that has an end still to come.
    fn waits(&mut self) -> bool {
        if self.rounds.waited >= WAITING_ROUNDS {
            return false;
        }
        let wait =
            FIRST_READY_WAIT.saturating_mul(1 << self.rounds.waited.min(8)).min(LONGEST_READY_WAIT);
        self.rounds.waited += 1;
        self.state = State::Held(wait, Next::Repeat);
        true
    }

    /// Whether a legacy server refused the request, which it did not run, until the user has been to
    /// pages that it names. The user is asked, and the request is sent again until it is taken.
    pub(super) fn goes_elsewhere_first(&mut self, session: &Session, error: &RpcError) -> bool {
        if error.code != URL_ELICITATION_REQUIRED || !matches!(session.wire(), Wire::Legacy(_)) {
            return false;
        }
        match Round::of_refusal(self.call, error, &self.rounds.visited) {
            Some(round) if !round.is_empty() => {
                self.ask_round(round);
                true
            }
            Some(_) if !self.rounds.visited.is_empty() => self.waits(),
            _ => false,
        }
    }

    /// The user goes to the pages, or does not.
    fn visit(&mut self, round: Round, answers: &[String]) {
        let accepts = |answer: &String| {
            let [action] = Picked::from(answer, ["action"]).map(|p| p.values).unwrap_or_default();
            action.is_some_and(|action| json_string::spells(action, "accept"))
        };
        if !answers.iter().all(accepts) {
            self.settle(Err(round.unanswered.into_error()));
            return;
        }
        self.rounds.visited.extend(round.names);
        self.waits();
    }

    /// What the round asks for, which is handed out once.
    pub(super) fn take_inputs(round: &mut Round) -> Vec<InputRequest> {
        core::mem::take(&mut round.requests)
    }

    /// The answers, in the order of the requests; none where somebody has none.
    pub(super) fn answer_round(&mut self, round: Round, answers: Option<Vec<String>>) {
        let Some(answers) = answers.filter(|answers| answers.len() == round.names.len()) else {
            self.settle(Err(round.unanswered.into_error()));
            return;
        };
        if matches!(round.unanswered, Unanswered::Refused(_)) {
            return self.visit(round, &answers);
        }
        match round.responses(&answers) {
            Ok(responses) if self.give_task(&round, &responses) => {}
            Ok(responses) => {
                let state = round.state.as_deref();
                self.rounds.params = Some(self.params.continued(Some(&responses), state));
                self.state = State::Ready;
            }
            Err(error) => {
                self.settle(Err(error));
            }
        }
    }
}
