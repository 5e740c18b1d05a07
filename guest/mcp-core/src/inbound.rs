//! What arrives in answer to one request, message by message.

use std::collections::VecDeque;

use crate::error::{Error, RpcError};
use crate::json_text::{cut, range_within};
use crate::jsonrpc::{self, Batch, Id, Malformed, Message};
use crate::preview::quote;
use crate::reply::{self, Ending, Part, Reply};
use crate::sse::Decoder;
use sandbar_exchange::Failure;

/// One thing that arrived.
#[derive(Debug)]
pub(crate) enum Received {
    /// Nothing yet: more of the body is needed.
    NeedBytes,
    /// Nothing more of use: drop the body, then ask again.
    Discard,
    /// A notification.
    Notification { method: String, params: Option<String> },
    /// A request of the server.
    Request { id: Id, method: String, params: Option<String> },
    /// The answer.
    Answer(Result<String, RpcError>),
    /// The answer to another request of this client, or to none.
    Elsewhere(i64, Result<String, RpcError>),
    /// A message as the server wrote it, for whoever hands messages on.
    Verbatim(String, Kind),
    /// Where a server of 2024-11-05 wants messages sent.
    Endpoint(String),
    /// What is no message, among others that are: its beginning.
    Noise(String),
    /// The response ended without the answer.
    End(Ending),
}

/// What a message is that is handed on as it is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A notification.
    Notification,
    /// A request of the server.
    Request(Id),
    /// The answer, with the id that it came with.
    Success(Option<Id>),
    /// The answer, an error.
    Failure(Option<Id>, RpcError),
    /// The answer to another request, or to none.
    Elsewhere,
}

/// The response to the request `id`, or the rest of one.
#[derive(Debug)]
pub(crate) struct Inbound {
    /// None where nothing on it is an answer.
    id: Option<Id>,
    /// Whether messages are handed on as they are.
    verbatim: bool,
    reply: Reply,
    /// The rest of a batch that is being taken apart.
    batch: VecDeque<String>,
}

impl Inbound {
    /// What `reply` brings for the request `id`.
    pub(crate) fn new(id: impl Into<Id>, reply: Reply) -> Self {
        Self { id: Some(id.into()), verbatim: false, reply, batch: VecDeque::new() }
    }

    /// What `reply` brings for the request `id`, or for none, as the server wrote it.
    pub(crate) const fn verbatim(id: Option<Id>, reply: Reply) -> Self {
        Self { id, verbatim: true, reply, batch: VecDeque::new() }
    }

    /// Goes on for another request on the same stream.
    pub(crate) fn expect(&mut self, id: i64) {
        self.id = Some(id.into());
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.reply.feed(bytes);
    }

    pub(crate) fn end(&mut self, end: Result<(), Failure>) {
        self.reply.end(end);
    }

    /// Whether the body has to be dropped before another exchange.
    pub(crate) const fn is_open(&self) -> bool {
        self.reply.is_open()
    }

    /// The decoder of a stream, which knows where to resume.
    pub(crate) const fn stream(&self) -> Option<&Decoder> {
        self.reply.stream()
    }

    /// What arrived next.
    pub(crate) fn next(&mut self) -> Received {
        loop {
            let received = match self.batch.pop_front() {
                Some(message) => self.sort(message, false),
                None => match self.reply.next() {
                    Part::NeedBytes => return Received::NeedBytes,
                    Part::Discard => return Received::Discard,
                    Part::End(ending) => return Received::End(ending),
                    Part::Endpoint(url) => return Received::Endpoint(url),
                    Part::Message(message) => self.take(message),
                },
            };
            if let Some(received) = received {
                return received;
            }
        }
    }

    fn take(&mut self, message: reply::Received) -> Option<Received> {
        match message {
            Ok(text) if Batch::is_batch(&text) => self.split(text),
            Ok(text) => self.sort(text, self.reply.is_single()),
            Err(odd) => {
                Some(self.unreadable(odd.as_bytes(), "it is not utf-8", self.reply.is_single()))
            }
        }
    }

    fn split(&mut self, text: String) -> Option<Received> {
        match Batch::parse(&text) {
            Ok(Batch(messages)) => {
                self.batch = messages.into_iter().map(str::to_owned).collect();
                None
            }
            Err(Malformed(what)) => {
                Some(self.unreadable(text.as_bytes(), &what, self.reply.is_single()))
            }
        }
    }

    /// Tells what a message is. `single` says that it is the whole body, so that it cannot but
    /// mean this request; a stream may also carry what concerns others, which is skipped.
    fn sort(&self, text: String, single: bool) -> Option<Received> {
        if self.verbatim {
            return self.sort_verbatim(text, single);
        }
        let (id, result) = match Message::parse(&text) {
            Ok(Message::Request { id, method, params }) => {
                let params = params.map(str::to_owned);
                return Some(Received::Request { id, method, params });
            }
            Ok(Message::Notification { method, params }) => {
                let params = params.map(str::to_owned);
                return Some(Received::Notification { method, params });
            }
            Ok(Message::Failure { id, error }) => {
                return match id.as_ref().and_then(Id::whole) {
                    Some(other) if !single && !self.is_number(other) => {
                        Some(Received::Elsewhere(other, Err(error)))
                    }
                    _ if single || self.may_mean_us(id.as_ref()) => {
                        Some(Received::Answer(Err(error)))
                    }
                    _ => None,
                };
            }
            Ok(Message::Success { id, result }) => (id, range_within(&text, result)),
            Err(Malformed(what)) => {
                return Some(self.unreadable(text.as_bytes(), &what, single));
            }
        };
        match id {
            Some(id) if self.is_ours(&id) => Some(Received::Answer(Ok(cut(text, result)))),
            // The exchange asked one thing, and this is all that came.
            None if single => Some(Received::Answer(Ok(cut(text, result)))),
            _ if single => Some(answers_another()),
            Some(id) => {
                let result = cut(text, result);
                id.whole().map(|other| Received::Elsewhere(other, Ok(result)))
            }
            None => Some(Received::Noise(quote(text.as_bytes()))),
        }
    }

    /// The same for whoever hands messages on.
    fn sort_verbatim(&self, text: String, single: bool) -> Option<Received> {
        let kind = match Message::parse(&text) {
            Ok(Message::Request { id, .. }) => Kind::Request(id),
            Ok(Message::Notification { .. }) => Kind::Notification,
            Ok(Message::Failure { id, error }) => match single || self.may_mean_us(id.as_ref()) {
                true => Kind::Failure(id, error),
                false => Kind::Elsewhere,
            },
            Ok(Message::Success { id: Some(id), .. }) if self.is_ours(&id) => {
                Kind::Success(Some(id))
            }
            Ok(Message::Success { id: None, .. }) if single => Kind::Success(None),
            Ok(Message::Success { .. }) if single => return Some(answers_another()),
            Ok(Message::Success { id: Some(_), .. }) => Kind::Elsewhere,
            Ok(Message::Success { id: None, .. }) => {
                return Some(Received::Noise(quote(text.as_bytes())));
            }
            Err(Malformed(what)) => {
                return Some(self.unreadable(text.as_bytes(), &what, single));
            }
        };
        let bare = range_within(&text, jsonrpc::without_mark(&text).trim_ascii_end());
        Some(Received::Verbatim(cut(text, bare), kind))
    }

    fn is_number(&self, other: i64) -> bool {
        self.is_ours(&Id::from(other))
    }

    fn is_ours(&self, id: &Id) -> bool {
        self.id.as_ref().is_some_and(|ours| id.means(ours))
    }

    /// What is no message. All that came, it is the end. In a stream it is skipped, unless it can
    /// only be the answer, broken: nothing better would follow.
    fn unreadable(&self, bytes: &[u8], what: &str, single: bool) -> Received {
        let broken_answer = || {
            let text = String::from_utf8_lossy(bytes);
            text.trim_start().starts_with('{')
                && (text.contains("\"result\"") || text.contains("\"error\""))
        };
        if !single && !broken_answer() {
            return Received::Noise(format!("{} ({what})", quote(bytes)));
        }
        let status = self.reply.status();
        let part = if single { "body" } else { "event" };
        let text = format!(
            "the {part} of the answer (status {status}) is no JSON-RPC message: {what}; it is {}",
            quote(bytes)
        );
        Received::End(Ending::Invalid(Error::InvalidMessage(text)))
    }

    /// Servers that cannot tell which request failed say null, nothing, or a text of their own.
    /// Only another number is for somebody else.
    fn may_mean_us(&self, id: Option<&Id>) -> bool {
        let is_another = |ours: &Id| id.is_some_and(|id| id.number().is_some() && !id.means(ours));
        self.id.as_ref().is_some_and(|ours| !is_another(ours))
    }
}

fn answers_another() -> Received {
    let what = "the result answers another request".to_owned();
    Received::End(Ending::Invalid(Error::InvalidMessage(what)))
}
