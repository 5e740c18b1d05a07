//! One agent, and the server that is put before it.

use crate::bridge::{self, Bridge};
use crate::cancellation;
use crate::fault::{self, Mistake};
use crate::gate::{Gate, Waiting};
use crate::inbox::{self, Inbox, Kind, Unreadable};
use crate::lines::{Line, Lines};
use crate::parking::{self, Parking};
use crate::questions::Questions;
use crate::running::{Request, Running};
use core::time::Duration;
use sandbar_mcp_core::message::{Id, Message, write_response};
use sandbar_mcp_core::{CallId, Error, RpcError, is_legacy_refusal};
use std::collections::{BTreeMap, VecDeque};

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Carry this message to the server, concurrently with all others; hand in what the server says
    /// with [`Proxy::handle_text`], and how it ended with [`Proxy::handle_outcome`].
    Carry {
        /// Its name.
        call: CallId,
        /// The message.
        message: String,
    },
    /// Give a message up that is being carried: drop its exchange.
    Cancel(CallId),
    /// Write this line to the agent.
    Tell(String),
    /// [`Proxy::handle_timer`] after so long.
    Wait(Duration),
}

/// The proxy.
#[derive(Debug)]
pub struct Proxy {
    pub(crate) url: String,
    lines: Lines,
    pub(crate) gate: Gate,
    pub(crate) running: Running,
    questions: Questions,
    pub(crate) actions: VecDeque<Action>,
    /// How the agent opened its session last.
    pub(crate) opening: String,
    /// What a legacy agent needs in front of a modern server.
    pub(crate) bridge: Option<Box<Bridge>>,
    /// What a modern agent needs in front of a legacy server.
    pub(crate) parking: Option<Box<Parking>>,
    /// Whether the server has answered a modern request.
    knows_modern: bool,
    /// The modern requests under way, until that is known.
    pub(crate) modern_texts: BTreeMap<CallId, String>,
}

impl Proxy {
    /// For the server at `url`, which errors name; no line of the agent may be longer than
    /// `max_line_bytes`.
    #[must_use]
    pub fn new(url: String, max_line_bytes: u64) -> Self {
        Self {
            url,
            lines: Lines::new(usize::try_from(max_line_bytes).unwrap_or(usize::MAX)),
            gate: Gate::default(),
            running: Running::default(),
            questions: Questions::default(),
            actions: VecDeque::new(),
            opening: String::new(),
            bridge: None,
            parking: None,
            knows_modern: false,
            modern_texts: BTreeMap::new(),
        }
    }

    /// What is to be done next.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let asks = self.bridge.as_ref().is_some_and(|bridge| bridge.asks());
        !self.running.is_busy() && !asks && self.actions.is_empty()
    }

    /// The agent wrote something.
    pub fn handle_bytes(&mut self, mut bytes: &[u8]) {
        while let Some(line) = self.lines.next(&mut bytes) {
            self.handle_line(line);
        }
    }

    /// The agent closed its end: what it wrote last is a line, too.
    pub fn handle_end(&mut self) {
        if let Some(line) = self.lines.end() {
            self.handle_line(line);
        }
    }

    fn handle_line(&mut self, line: Line) {
        let line = match line {
            Line::Whole(line) => line,
            Line::TooLong => {
                let what = "a line is longer than the largest message: see --max-message-bytes";
                return self.tell(fault::mistaken(None, Mistake::NoMessage, what));
            }
        };
        match Inbox::read(line) {
            Ok(Some(Inbox { text, kind })) => self.handle_message(text, kind),
            Ok(None) => {}
            Err(Unreadable { id, mistake, what }) => {
                self.tell(fault::mistaken(id.as_ref(), mistake, &what));
            }
        }
    }

    fn handle_message(&mut self, text: String, kind: Kind) {
        match kind {
            Kind::Request { id, method, is_modern } => self.asked(text, id, method, is_modern),
            Kind::Cancellation { request } => self.given_up(text, &request),
            Kind::Notification { method } => {
                let leads = method == "notifications/initialized";
                if let Some(call) = self.running.enter(None, text.len()) {
                    self.pass(Waiting { call, text, leads });
                }
            }
            // It waits for nothing: the server may need it to answer what others wait for.
            Kind::Response { id } => {
                if let Some(mut bridge) = self.bridge.take() {
                    self.round_answered(&mut bridge, &text, &id);
                    self.bridge = Some(bridge);
                } else if self.questions.leave(&id) {
                    self.owe(text);
                }
            }
        }
    }

    fn asked(&mut self, text: String, id: Id, method: String, is_modern: bool) {
        if self.running.of(&id).is_some() {
            let what = "a request with this id waits for its answer";
            return self.tell(fault::mistaken(Some(&id), Mistake::NoMessage, what));
        }
        if let Some(mut parking) = self.parking.take() {
            let retries = self.retries_parked(&mut parking, &text, &id);
            self.parking = Some(parking);
            if retries {
                return;
            }
        } else if is_modern
            && !self.knows_modern
            && self.bridge.is_none()
            && parking::is_retry(&text)
        {
            return self.refuse_retry(&id);
        }
        let leads = method == "initialize" && !is_modern;
        if leads {
            self.opening.clone_from(&text);
            // The server may be another by now.
            self.bridge = None;
            self.parking = None;
            self.knows_modern = false;
        }
        let request = Request { id: id.clone(), method, is_modern, is_settled: false };
        match self.running.enter(Some(request), text.len()) {
            Some(call) => self.pass(Waiting { call, text, leads }),
            None => self.tell(fault::refused(&id, "too many requests wait for their answers")),
        }
    }

    /// The agent gives a request up. A modern server notices that the stream is gone, and is told
    /// nothing (2026-07-28, "Cancellation"); one that it has not been sent yet is nothing to a server.
    fn given_up(&mut self, text: String, id: &Id) {
        let Some(call) = self.running.of(id) else {
            if let Some(mut bridge) = self.bridge.take() {
                self.round_given_up(&mut bridge, id);
                self.bridge = Some(bridge);
            }
            return;
        };
        if let Some(mut parking) = self.parking.take() {
            let is_over = self.stops_listening(&mut parking, id);
            self.parking = Some(parking);
            if is_over {
                return;
            }
        }
        let Some(request) = self.running.request_mut(call) else { return };
        // It must not be cancelled (2025-11-25, "Cancellation").
        if request.method == "initialize" {
            return;
        }
        request.is_settled = true;
        let tells = !request.is_modern && self.bridge.is_none();
        if self.withdraw(call) {
            return;
        }
        self.actions.push_back(Action::Cancel(call));
        for question in self.questions.of(call) {
            self.tell(cancellation::of(&question, cancellation::ITS_REQUEST));
        }
        if tells {
            self.owe(text);
        } else if let Some(mut parking) = self.parking.take() {
            self.tell_given_up(&mut parking, call);
            self.parking = Some(parking);
        }
    }

    /// Takes a request back that no server was sent yet. Says whether it did.
    fn withdraw(&mut self, call: CallId) -> bool {
        let carries =
            |action: &Action| matches!(action, Action::Carry { call: name, .. } if *name == call);
        let waits = self.gate.withdraw(call)
            || self.parking.as_mut().is_some_and(|parking| parking.withdraw(call))
            || self.actions.iter().any(carries);
        if waits {
            self.actions.retain(|action| !carries(action));
            self.modern_texts.remove(&call);
            if let Some(bridge) = &mut self.bridge {
                bridge.forget(call);
            }
            if let Some(parking) = &mut self.parking {
                parking.forget(call);
            }
            self.running.leave(call);
        }
        waits
    }

    /// The longest line of the agent, which is the largest message of either side.
    pub(crate) const fn max_message_bytes(&self) -> usize {
        self.lines.longest()
    }

    /// Has a message carried that somebody waits for.
    pub(crate) fn owe(&mut self, message: String) {
        let call = self.running.enter_owed(message.len());
        self.actions.push_back(Action::Carry { call, message });
    }

    fn pass(&mut self, message: Waiting) {
        if let Some(message) = self.gate.enter(message) {
            self.send(message);
            self.let_through();
        }
    }

    /// Has what may go by now carried.
    fn let_through(&mut self) {
        while let Some(message) = self.gate.next() {
            self.send(message);
        }
    }

    fn send(&mut self, Waiting { call, text, .. }: Waiting) {
        if let Some(mut bridge) = self.bridge.take() {
            self.send_over(&mut bridge, call, text);
            self.bridge = Some(bridge);
        } else if let Some(mut parking) = self.parking.take() {
            self.send_parked(&mut parking, call, text);
            self.parking = Some(parking);
        } else {
            let request = self.running.request(call);
            // What a server says of the probe is for the agent to hear.
            let may_fall_back = !self.knows_modern
                && request.is_some_and(|one| one.is_modern && one.method != "server/discover");
            if may_fall_back {
                self.modern_texts.insert(call, text.clone());
            }
            self.actions.push_back(Action::Carry { call, message: text });
        }
    }

    /// What was to be carried needs no server.
    pub(crate) fn done_here(&mut self, call: CallId) {
        self.running.leave(call);
        self.gate.over(call);
    }

    /// The server said this in return to a message; returns the line to write to the agent, if it is to
    /// hear of it.
    pub fn handle_text(&mut self, call: CallId, text: String) -> Option<String> {
        if let Some(mut bridge) = self.bridge.take() {
            let line = self.heard_over(&mut bridge, call, text);
            self.bridge = Some(bridge);
            return line;
        }
        if let Some(mut parking) = self.parking.take_if(|parking| parking.owns(call)) {
            let line = self.heard_parked(&mut parking, call, text);
            self.keep(parking);
            return line;
        }
        // What was given up is heard of no more.
        let request = self.running.request_mut(call).filter(|request| !request.is_settled)?;
        let ours = |id: Option<&Id>| id.is_some_and(|id| *id == request.id);
        match Message::parse(&text) {
            Ok(Message::Failure { error, .. })
                if request.is_opening() && bridge::is_of_a_modern_server(&error) =>
            {
                self.try_bridge(call, one_line(text));
                None
            }
            Ok(Message::Success { result, .. })
                if request.is_opening() && bridge::opens_the_modern_era(result) =>
            {
                self.try_bridge(call, one_line(text));
                None
            }
            Ok(Message::Failure { error, .. })
                if is_legacy_refusal(&error) && self.modern_texts.contains_key(&call) =>
            {
                self.try_parking(call, one_line(text));
                None
            }
            Ok(Message::Success { id, .. } | Message::Failure { id, .. }) if ours(id.as_ref()) => {
                request.is_settled = true;
                if request.is_modern {
                    self.knows_modern = true;
                    self.modern_texts.clear();
                }
                Some(one_line(text))
            }
            _ => self.told(Some(call), text),
        }
    }

    /// The server said this where no answer is due; returns the line to write.
    pub fn handle_event(&mut self, text: String) -> Option<String> {
        if let Some(parking) = self.parking.take() {
            self.event_parked(&parking, &text);
            self.parking = Some(parking);
            return None;
        }
        self.told(None, text)
    }

    fn told(&mut self, call: Option<CallId>, text: String) -> Option<String> {
        match Message::parse(&text) {
            Ok(Message::Request { id, .. }) => {
                if !self.questions.enter(&id, call) {
                    self.refuse_question(&id);
                    return None;
                }
            }
            Ok(Message::Notification { method, params }) => {
                if method == "notifications/cancelled"
                    && let Some(question) = params.and_then(inbox::cancelled)
                {
                    self.questions.leave(&question);
                }
            }
            // Servers that keep one stream for each client answer on whichever is open.
            Ok(Message::Success { id: Some(id), .. } | Message::Failure { id: Some(id), .. }) => {
                let call = self.running.of(&id)?;
                self.running.request_mut(call)?.is_settled = true;
                self.actions.push_back(Action::Cancel(call));
            }
            _ => return None,
        }
        Some(one_line(text))
    }

    /// Keeps the session that was opened in the agent's name, unless it came to nothing: then it is not
    /// tried again.
    fn keep(&mut self, parking: Box<Parking>) {
        self.knows_modern |= parking.has_failed();
        self.parking = Some(parking).filter(|parking| !parking.has_failed());
    }

    pub(crate) fn refuse_question(&mut self, id: &Id) {
        let refusal = RpcError::internal("too many requests wait for an answer");
        let answer = String::from_utf8(write_response(id, &Err(refusal)));
        // Written from text, it is text.
        self.owe(answer.unwrap_or_default());
    }

    /// The server forgot the session: nobody waits any more for what it had asked in it.
    pub fn handle_forgotten(&mut self) {
        for question in self.questions.all() {
            self.tell(cancellation::of(&question, cancellation::ITS_SESSION));
        }
    }

    /// A message is over.
    pub fn handle_outcome(&mut self, call: CallId, outcome: Result<(), Error>) {
        if let Some(mut bridge) = self.bridge.take() {
            self.ended_over(&mut bridge, call, &outcome);
            match bridge.refusal(call) {
                // There is no such server.
                Some(refused) => {
                    self.running.leave(call);
                    self.tell(refused);
                }
                None => self.bridge = Some(bridge),
            }
        }
        if let Some(mut parking) = self.parking.take() {
            self.ended_parked(&mut parking, call, outcome.clone());
            self.keep(parking);
        }
        let unsettled = self.running.request(call).filter(|request| !request.is_settled);
        if let Some(request) = unsettled.cloned() {
            let error = outcome.err().unwrap_or(Error::NoAnswer);
            let tries = request.is_opening() && bridge::may_be_modern(&error);
            let parks = parking::may_be_legacy(&error) && self.modern_texts.contains_key(&call);
            let line = fault::unanswered(&request.id, &self.url, error);
            if tries {
                self.try_bridge(call, line);
            } else if parks {
                self.try_parking(call, line);
            } else {
                self.tell(line);
            }
        }
        self.running.leave(call);
        self.modern_texts.remove(&call);
        // It can wait for nothing any more.
        let _ = self.questions.of(call);
        self.gate.over(call);
        self.let_through();
    }

    /// A pause is over.
    pub fn handle_timer(&mut self) {
        if let Some(mut bridge) = self.bridge.take() {
            self.resume_over(&mut bridge);
            self.bridge = Some(bridge);
        }
    }

    /// Gives everything up that is under way: nobody is there to hear of it.
    pub fn finish(&mut self) {
        let _ = self.questions.all();
        if let Some(mut parking) = self.parking.take() {
            self.finish_parked(&mut parking);
        }
        for call in self.running.awaited() {
            let Some(request) = self.running.request_mut(call) else { continue };
            request.is_settled = true;
            let tells = !request.is_modern && !request.is_opening() && self.bridge.is_none();
            let id = request.id.as_json().to_owned();
            if self.withdraw(call) {
                continue;
            }
            self.actions.push_back(Action::Cancel(call));
            if tells {
                self.owe(cancellation::of(&id, cancellation::ITS_AGENT));
            }
        }
    }

    pub(crate) fn tell(&mut self, line: String) {
        self.actions.push_back(Action::Tell(line));
    }
}

/// A message on one line. Raw line ends stand between the tokens of JSON alone: within strings they are
/// escaped.
pub(crate) fn one_line(mut text: String) -> String {
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some() {
        text.retain(|character| !matches!(character, '\n' | '\r'));
    }
    text
}
