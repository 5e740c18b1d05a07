//! Replays of what a stock executor and a stock client said to each other.

use sandbar_exchange::{Field, Phase, RedirectPolicy, Request, Response};
use sandbar_protocol::client;
use sandbar_protocol::delta::Read;
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::http::{decode_base64, decode_request};
use sandbar_protocol::server::{CallId, Event, ServerSession};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{new_client, new_server};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    Client(&'static str),
    Server(&'static str),
    Cut,
}

fn conversations(file: &'static str) -> Vec<Vec<Line>> {
    let lines = |part: &'static str| part.lines().skip(1).filter_map(line).collect();
    file.split("\n== ").skip(1).map(lines).collect()
}

fn line(text: &'static str) -> Option<Line> {
    match text.split_at_checked(2) {
        Some(("C ", message)) => Some(Line::Client(message)),
        Some(("S ", message)) => Some(Line::Server(message)),
        _ => (text == "X").then_some(Line::Cut),
    }
}

/// Says each client line to a server and expects each server line, word for word.
fn replay(lines: &[Line]) {
    let mut session = new_server(Extensions::all());
    let mut last = None;
    for line in lines {
        match line {
            Line::Client(message) => {
                session.handle_message(message.as_bytes());
                last = session.poll_event();
            }
            Line::Server(expected) => {
                assert_eq!(session.poll_transmit(Duration::ZERO).as_deref(), Some(*expected));
            }
            Line::Cut => assert!(matches!(last, Some(Event::Close(_)))),
        }
    }
    assert_eq!(session.poll_transmit(Duration::ZERO), None);
}

/// Catches every error of the handshake that has another code, id or text than a stock
/// executor's, and violations that are answered instead of cut off.
#[test]
fn the_handshake_answers_as_a_stock_executor_does() {
    let conversations = conversations(include_str!("../data/handshake.txt"));
    assert_eq!(conversations.len(), 4);
    conversations.iter().for_each(|lines| replay(lines));
}

/// Catches parameters that are taken where a stock executor refuses them, or refused in other
/// words.
#[test]
fn parameters_are_refused_in_the_words_of_a_stock_executor() {
    let conversations = conversations(include_str!("../data/validation.txt"));
    assert!(conversations[0].len() > 50);
    replay(&conversations[0]);
}

/// Catches a server whose responses or deltas differ from a stock executor's in any byte.
#[test]
fn a_recorded_session_of_a_stock_client_is_served_word_for_word() {
    let lines = conversations(include_str!("../data/mcp-session.txt")).remove(0);
    let mut upstream = Upstream::new();
    for line in lines {
        match line {
            Line::Client(message) => upstream.session.handle_message(message.as_bytes()),
            Line::Server(expected) => {
                upstream.perform(expected);
                let sent = upstream.session.poll_transmit(Duration::ZERO);
                assert_eq!(sent.as_deref(), Some(expected));
            }
            Line::Cut => unreachable!("the client left by itself"),
        }
    }
}

/// Plays the upstream server that the recorded answers imply.
struct Upstream {
    session: ServerSession,
    /// By order of arrival: calls, their JSON-RPC ids and their stream ids.
    calls: Vec<CallId>,
    asked: Vec<(u64, String)>,
}

impl Upstream {
    fn new() -> Self {
        let session = new_server(Extensions::NONE);
        let file = conversations(include_str!("../data/mcp-session.txt")).remove(0);
        let asked = file.iter().filter_map(|line| match line {
            Line::Client(text) => {
                let message: Value = serde_json::from_str(text).unwrap();
                let stream = message["params"]["requestId"].as_str()?.to_owned();
                Some((message["id"].as_u64().unwrap(), stream))
            }
            _ => None,
        });
        let asked = asked.collect();
        Self { session, calls: Vec::new(), asked }
    }

    /// Does what makes the server say `expected`.
    fn perform(&mut self, expected: &str) {
        while let Some(event) = self.session.poll_event() {
            if let Event::StartRequest { call, .. } = event {
                self.calls.push(call);
            }
        }
        let expected: Value = serde_json::from_str(expected).unwrap();
        if let Some(id) = expected["id"].as_u64().filter(|&id| id != 1) {
            let index = self.asked.iter().position(|asked| asked.0 == id).unwrap();
            self.respond(self.calls[index], &expected["result"]);
        } else if let Some(name) = expected["params"]["requestId"].as_str() {
            let index = self.asked.iter().position(|asked| asked.1 == name).unwrap();
            self.body(self.calls[index], &expected["params"]);
        }
    }

    fn respond(&mut self, call: CallId, result: &Value) {
        self.session.call(call).unwrap().respond(recorded_head(result)).unwrap();
        // The one buffered call comes last and has no content.
        if self.is_last(call) {
            self.session.call(call).unwrap().finish(Ok(())).unwrap();
        }
    }

    fn is_last(&self, call: CallId) -> bool {
        self.calls.len() == self.asked.len() && self.calls.last() == Some(&call)
    }

    fn body(&mut self, call: CallId, delta: &Value) {
        let bytes = decode_base64(delta["deltaBase64"].as_str().unwrap()).unwrap();
        if delta["done"] == true {
            self.session.call(call).unwrap().finish(Ok(())).unwrap();
        } else {
            self.session.call(call).unwrap().body(bytes).unwrap();
        }
    }
}

fn recorded_head(result: &Value) -> Response {
    let field = |header: &Value| {
        Field::new(header["name"].as_str().unwrap(), header["value"].as_str().unwrap())
    };
    Response {
        status: result["status"].as_u64().unwrap() as u16,
        fields: result["headers"].as_array().unwrap().iter().map(field).collect(),
        url: "http://h/".into(),
    }
}

/// Catches a client whose requests are not those of a stock client, or that loses or mixes up
/// what a stock executor sends back, interleaved as it was.
#[test]
fn a_recorded_session_of_a_stock_executor_is_understood() {
    let lines = conversations(include_str!("../data/mcp-session.txt")).remove(0);
    let mut session = new_client(Extensions::all());
    let mut calls = BTreeMap::new();
    let mut ids = BTreeMap::from([(1, 1)]);
    let mut expected: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for line in lines {
        match line {
            Line::Client(text) => {
                let recorded: Value = serde_json::from_str(text).unwrap();
                if recorded["params"]["streamResponse"] == true {
                    let name = recorded["params"]["requestId"].as_str().unwrap().to_owned();
                    calls.insert(name, session.request(recorded_request(text)).unwrap());
                } else if recorded["params"]["streamResponse"] == false {
                    break;
                }
                let sent: Value = serde_json::from_str(&session.poll_transmit().unwrap()).unwrap();
                if let (Some(theirs), Some(ours)) = (recorded["id"].as_u64(), sent["id"].as_u64()) {
                    ids.insert(theirs, ours);
                }
                assert_eq!(sent["method"], recorded["method"]);
                if recorded["method"] == "http/request" {
                    assert_eq!(sent["params"], recorded["params"]);
                }
            }
            Line::Server(text) => {
                let mut message: Value = serde_json::from_str(text).unwrap();
                if let Some(id) = message["id"].as_u64() {
                    message["id"] = ids[&id].into();
                }
                let params = &message["params"];
                if let Some(base64) = params["deltaBase64"].as_str() {
                    let name = params["requestId"].as_str().unwrap().to_owned();
                    let bytes = decode_base64(base64).unwrap();
                    expected.entry(name).or_default().extend(bytes);
                }
                session.handle_message(message.to_string().as_bytes());
            }
            Line::Cut => unreachable!("the client left by itself"),
        }
    }
    let heads = std::iter::from_fn(|| session.poll_event())
        .filter(|event| matches!(event, client::Event::Head { .. }));
    assert_eq!(heads.count(), 5);
    for (name, bytes) in expected {
        let read = session.read(calls[&name], usize::MAX);
        assert!(bytes.is_empty() || read == Some(Read::Data(bytes)), "{name}");
    }
}

fn recorded_request(text: &str) -> Request {
    #[derive(serde::Deserialize)]
    struct Call {
        params: Box<RawValue>,
    }
    let call: Call = serde_json::from_str(text).unwrap();
    let request = decode_request(Some(&call.params), Extensions::NONE).unwrap().request;
    assert_eq!(request.redirects, RedirectPolicy::Stop);
    for phase in [Phase::Connect, Phase::FirstByte, Phase::Idle] {
        assert_eq!(request.deadline(phase), None);
    }
    request
}
