//! A legacy agent in front of a server of the modern era alone: what one side has and the other has not
//! is made of what both have. Everything else passes, with the members of `_meta` that the modern era
//! wants (2026-07-28, "Request Metadata").

mod introduction;
mod listening;
mod rounds;

use crate::proxy::{Action, Proxy, one_line};
use crate::running::Request;
use crate::{cancellation, fault};
use listening::Listening;
use rounds::Round;
use sandbar_mcp_core::message::{Id, Message, ObjectText, Picked, read_string, write_object};
use sandbar_mcp_core::{CallId, Error, Params, RpcError};
use std::collections::BTreeMap;

/// The version that is spoken with the server.
const VERSION: &str = "\"2026-07-28\"";

/// What is known of both sides.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// What the agent said of itself, as JSON texts.
    client_info: String,
    capabilities: String,
    offered: Option<String>,
    /// The question whether there is such a server, until it is answered.
    probe: Option<Probe>,
    /// What the agent wants to hear of the server's log, as JSON text.
    log_level: Option<String>,
    /// The agent's own texts of the requests under way, with how often the server has asked for each.
    texts: BTreeMap<CallId, (String, u32)>,
    rounds: Vec<Round>,
    last_question: u64,
    listening: Listening,
}

/// `server/discover`, and what the agent hears if it fails.
#[derive(Debug)]
struct Probe {
    call: CallId,
    refused: String,
}

/// Whether a server that refused `initialize` so is of the modern era alone.
pub(crate) const fn is_of_a_modern_server(error: &RpcError) -> bool {
    matches!(error.code, -32022..=-32020 | -32601)
}

/// Whether a server agreed to `initialize` in a version that does not have it: the agent would go away.
pub(crate) fn opens_the_modern_era(result: &str) -> bool {
    let version = Picked::from(result, ["protocolVersion"]).ok();
    version.is_some_and(|version| version.values[0] == Some(VERSION))
}

/// Whether a server that gave no answer to `initialize` may be.
pub(crate) fn may_be_modern(error: &Error) -> bool {
    matches!(error, Error::Status(status) if matches!(status.status, 400 | 404 | 405 | 406 | 422))
}

impl Bridge {
    fn new(opening: &str, probe: Probe) -> Self {
        let params = Picked::from(opening, ["params"]).ok().and_then(|picked| picked.values[0]);
        let names = ["clientInfo", "capabilities", "protocolVersion"];
        let values = params.and_then(|params| Picked::from(params, names).ok());
        let [info, capabilities, offered] = values.map(|picked| picked.values).unwrap_or_default();
        let object = |text: Option<&str>| {
            text.filter(|text| text.starts_with('{')).unwrap_or("{}").to_owned()
        };
        Self {
            client_info: object(info),
            capabilities: object(capabilities),
            offered: offered.and_then(read_string).map(|version| version.into_owned()),
            probe: Some(probe),
            log_level: None,
            texts: BTreeMap::new(),
            rounds: Vec::new(),
            last_question: 0,
            listening: Listening::default(),
        }
    }

    /// Whether a request waits for what its server asked.
    pub(crate) fn asks(&self) -> bool {
        !self.rounds.is_empty()
    }

    /// Nothing is to be carried under this name.
    pub(crate) fn forget(&mut self, call: CallId) {
        self.texts.remove(&call);
    }

    /// A message with what the modern era wants; `params` is its own, and `id` none for a notification.
    fn message(&self, id: Option<CallId>, method: &str, params: &Params) -> String {
        let mut members = vec![
            ("io.modelcontextprotocol/protocolVersion", VERSION),
            ("io.modelcontextprotocol/clientInfo", self.client_info.as_str()),
            ("io.modelcontextprotocol/clientCapabilities", self.capabilities.as_str()),
        ];
        if let Some(level) = &self.log_level {
            members.push(("io.modelcontextprotocol/logLevel", level));
        }
        let mut written = String::new();
        params.write_with_meta(&mut written, &members);
        let id = id.map(|call| call.0.to_string());
        let mut object = vec![("jsonrpc", "\"2.0\"")];
        object.extend(id.as_deref().map(|id| ("id", id)));
        object.extend([("method", method), ("params", &written)]);
        let mut out = String::new();
        write_object(&mut out, &object);
        out
    }

    /// The agent's message, translated.
    fn translated(&self, id: Option<CallId>, text: &str) -> Result<String, Error> {
        let [method, params] = Picked::from(text, ["method", "params"])
            .map_err(|error| Error::InvalidParams(error.to_string()))?
            .values;
        Ok(self.message(id, method.unwrap_or("\"\""), &Params::parse(params)?))
    }
}

impl Proxy {
    /// Asks whether the server that refused the agent's handshake is of the modern era; if not, the
    /// agent hears of the refusal.
    pub(crate) fn try_bridge(&mut self, call: CallId, refused: String) {
        let Some(request) = self.running.request_mut(call) else { return };
        let again = Request { is_settled: false, ..request.clone() };
        request.is_settled = true;
        let probe = self.running.enter_again(again);
        self.gate.pass_on(call, probe);
        let bridge = Bridge::new(&self.opening, Probe { call: probe, refused });
        let none = Params::object(&[]);
        let message = bridge.message(Some(probe), "\"server/discover\"", &none);
        self.bridge = Some(Box::new(bridge));
        self.actions.push_back(Action::Carry { call: probe, message });
    }

    /// Has a message of the agent translated and carried, or sees to it here.
    pub(crate) fn send_over(&mut self, bridge: &mut Bridge, call: CallId, text: String) {
        let [method] =
            Picked::from(&text, ["method"]).map(|picked| picked.values).unwrap_or_default();
        let method = method.and_then(read_string).map(|method| method.into_owned());
        let method = method.unwrap_or_default();
        match self.running.request(call).cloned() {
            Some(request) if !request.is_modern => self.ask_over(bridge, call, &request, text),
            Some(_) => self.actions.push_back(Action::Carry { call, message: text }),
            None if method == "notifications/initialized" => {
                self.done_here(call);
                self.listen(bridge);
            }
            // The modern era does not have it.
            None if method == "notifications/roots/list_changed" => self.done_here(call),
            None => match bridge.translated(None, &text) {
                Ok(message) => self.actions.push_back(Action::Carry { call, message }),
                Err(_) => self.done_here(call),
            },
        }
    }

    fn ask_over(&mut self, bridge: &mut Bridge, call: CallId, request: &Request, text: String) {
        let param = |name: &str| {
            let [params] = Picked::from(&text, ["params"]).ok()?.values;
            let [value] = Picked::from(params?, [name]).ok()?.values;
            value.map(str::to_owned)
        };
        let uri = || param("uri").and_then(|uri| read_string(&uri).map(|uri| uri.into_owned()));
        match request.method.as_str() {
            "ping" => {}
            "logging/setLevel" => bridge.log_level = param("level"),
            "resources/subscribe" if !bridge.listening.may_watch() => {
                self.tell(fault::refused(&request.id, "too many resources are watched"));
                return self.done_here(call);
            }
            "resources/subscribe" => {
                if uri().is_some_and(|uri| bridge.listening.watch(uri)) {
                    self.listen(bridge);
                }
            }
            "resources/unsubscribe" => {
                if uri().is_some_and(|uri| bridge.listening.unwatch(&uri)) {
                    self.listen(bridge);
                }
            }
            _ => return self.carry_over(bridge, call, request, text, 0),
        }
        self.tell(format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}}}}"#, request.id.as_json()));
        self.done_here(call);
    }

    fn carry_over(
        &mut self,
        bridge: &mut Bridge,
        call: CallId,
        request: &Request,
        text: String,
        asked: u32,
    ) {
        match bridge.translated(Some(call), &text) {
            Ok(message) => {
                bridge.texts.insert(call, (text, asked));
                self.actions.push_back(Action::Carry { call, message });
            }
            Err(error) => {
                self.tell(fault::unanswered(&request.id, &self.url, error));
                self.done_here(call);
            }
        }
    }

    /// What the server says in return to a message.
    pub(crate) fn heard_over(
        &mut self,
        bridge: &mut Bridge,
        call: CallId,
        text: String,
    ) -> Option<String> {
        if bridge.listening.is(call) {
            return bridge.listening.heard(text);
        }
        let request = self.running.request_mut(call).filter(|request| !request.is_settled)?;
        if request.is_modern {
            request.is_settled |= !matches!(
                Message::parse(&text),
                Ok(Message::Notification { .. } | Message::Request { .. })
            );
            return Some(one_line(text));
        }
        let id = request.id.clone();
        match Message::parse(&text) {
            Ok(Message::Success { result, .. }) if bridge.is_probe(call) => {
                let line = bridge.introduced(&id, result);
                request.is_settled = line.is_some();
                line
            }
            Ok(Message::Failure { .. }) if bridge.is_probe(call) => None,
            Ok(Message::Success { result, .. }) => {
                let result = result.to_owned();
                self.result_over(bridge, call, &text, &result)
            }
            Ok(Message::Failure { .. }) => {
                request.is_settled = true;
                respelled(&text, &[("id", id.as_json())])
            }
            Ok(Message::Notification { .. }) => Some(one_line(text)),
            Ok(Message::Request { .. }) | Err(_) => None,
        }
    }

    fn result_over(
        &mut self,
        bridge: &mut Bridge,
        call: CallId,
        text: &str,
        result: &str,
    ) -> Option<String> {
        let kind = Picked::from(result, ["resultType"]).ok().and_then(|picked| picked.values[0]);
        let kind = kind.and_then(read_string).map(|kind| kind.into_owned());
        let request = self.running.request_mut(call)?;
        request.is_settled = true;
        let request = request.clone();
        match kind.as_deref() {
            None => respelled(text, &[("id", request.id.as_json())]),
            Some("complete") => {
                let result = ObjectText::parse(result).ok()?.replacing(&[("resultType", None)]);
                respelled(text, &[("id", request.id.as_json()), ("result", result.as_str())])
            }
            Some("input_required") => {
                self.begin_round(bridge, call, request, result);
                None
            }
            Some(other) => {
                let what = format!(
                    "the server answered with a result of type `{other}`, which the era of this client does not have"
                );
                Some(fault::refused(&request.id, &what))
            }
        }
    }

    /// A message over the bridge has ended.
    pub(crate) fn ended_over(
        &mut self,
        bridge: &mut Bridge,
        call: CallId,
        outcome: &Result<(), Error>,
    ) {
        bridge.forget(call);
        if bridge.listening.is(call) {
            self.listened(bridge, outcome);
        }
    }

    /// The agent gives up a request whose server asked something.
    pub(crate) fn round_given_up(&mut self, bridge: &mut Bridge, id: &Id) {
        let Some(place) = bridge.rounds.iter().position(|round| round.is_of(id)) else { return };
        let round = bridge.rounds.remove(place);
        for question in round.open_questions() {
            self.tell(cancellation::of(&question.to_string(), cancellation::ITS_REQUEST));
        }
    }
}

/// A message with these members in place of its own.
fn respelled(text: &str, members: &[(&str, &str)]) -> Option<String> {
    let object = ObjectText::parse(text).ok()?;
    let mut out = String::with_capacity(text.len());
    object.write_with(&mut out, members);
    Some(one_line(out))
}
