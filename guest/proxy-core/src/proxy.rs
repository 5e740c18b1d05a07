//! One agent, and the server that is put before it.

use crate::cancellation;
use crate::fault::{self, Mistake};
use crate::gate::{Gate, Waiting};
use crate::inbox::{self, Inbox, Kind, Unreadable};
use crate::lines::{Line, Lines};
use crate::questions::Questions;
use crate::running::{Call, Request, Running};
use sandbar_mcp_core::message::{Id, Message, write_response};
use sandbar_mcp_core::{CallId, Error, RpcError};
use std::collections::VecDeque;

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
}

/// The proxy.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    lines: Lines,
    gate: Gate,
    running: Running,
    questions: Questions,
    actions: VecDeque<Action>,
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
        }
    }

    /// What is to be done next.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.actions.is_empty()
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
                if self.questions.leave(&id) {
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
        let leads = method == "initialize" && !is_modern;
        let request = Request { id: id.clone(), method, is_modern, is_settled: false };
        match self.running.enter(Some(request), text.len()) {
            Some(call) => self.pass(Waiting { call, text, leads }),
            None => self.tell(fault::refused(&id, "too many requests wait for their answers")),
        }
    }

    /// The agent gives a request up. A modern server notices that the stream is gone, and is told
    /// nothing (2026-07-28, "Cancellation"); one that it has not been sent yet is nothing to a server.
    fn given_up(&mut self, text: String, id: &Id) {
        let Some(call) = self.running.of(id) else { return };
        let Some(request) = self.running.request_mut(call) else { return };
        // It must not be cancelled (2025-11-25, "Cancellation").
        if request.method == "initialize" {
            return;
        }
        request.is_settled = true;
        let tells = !request.is_modern;
        if self.gate.withdraw(call) {
            self.running.leave(call);
            return;
        }
        self.actions.push_back(Action::Cancel(call));
        for question in self.questions.of(call) {
            self.tell(cancellation::of(&question, cancellation::ITS_REQUEST));
        }
        if tells {
            self.owe(text);
        }
    }

    /// Has a message carried that somebody waits for.
    fn owe(&mut self, message: String) {
        let call = self.running.enter_owed(message.len());
        self.actions.push_back(Action::Carry { call, message });
    }

    fn pass(&mut self, message: Waiting) {
        if let Some(Waiting { call, text, .. }) = self.gate.enter(message) {
            self.actions.push_back(Action::Carry { call, message: text });
        }
    }

    /// The server said this in return to a message; returns the line to write to the agent, if it is to
    /// hear of it.
    pub fn handle_text(&mut self, call: CallId, text: String) -> Option<String> {
        // What was given up is heard of no more.
        let request = self.running.request_mut(call).filter(|request| !request.is_settled)?;
        let ours = |id: Option<&Id>| id.is_some_and(|id| *id == request.id);
        match Message::parse(&text) {
            Ok(Message::Success { id, .. } | Message::Failure { id, .. }) if ours(id.as_ref()) => {
                request.is_settled = true;
                Some(one_line(text))
            }
            _ => self.told(Some(call), text),
        }
    }

    /// The server said this where no answer is due; returns the line to write.
    pub fn handle_event(&mut self, text: String) -> Option<String> {
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

    fn refuse_question(&mut self, id: &Id) {
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
        if let Some(Call { request: Some(request), .. }) = self.running.leave(call)
            && !request.is_settled
        {
            let error = outcome.err().unwrap_or(Error::NoAnswer);
            self.tell(fault::unanswered(&request.id, &self.url, error));
        }
        // It can wait for nothing any more.
        let _ = self.questions.of(call);
        self.gate.over(call);
        while let Some(Waiting { call, text, .. }) = self.gate.next() {
            self.actions.push_back(Action::Carry { call, message: text });
        }
    }

    /// Gives everything up that is under way: nobody is there to hear of it.
    pub fn finish(&mut self) {
        let _ = self.questions.all();
        for call in self.running.awaited() {
            let Some(request) = self.running.request_mut(call) else { continue };
            request.is_settled = true;
            let tells = !request.is_modern && request.method != "initialize";
            let id = request.id.as_json().to_owned();
            if self.gate.withdraw(call) {
                self.running.leave(call);
                continue;
            }
            self.actions.push_back(Action::Cancel(call));
            if tells {
                self.owe(cancellation::of(&id, cancellation::ITS_AGENT));
            }
        }
    }

    fn tell(&mut self, line: String) {
        self.actions.push_back(Action::Tell(line));
    }
}

/// A message on one line. Raw line ends stand between the tokens of JSON alone: within strings they are
/// escaped.
fn one_line(mut text: String) -> String {
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some() {
        text.retain(|character| !matches!(character, '\n' | '\r'));
    }
    text
}
