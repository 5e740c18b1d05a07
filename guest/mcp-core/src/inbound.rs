//! What arrives in answer to one request, message by message.

use std::collections::VecDeque;

use crate::error::{Error, RpcError};
use crate::json_text::{cut, range_within};
use crate::jsonrpc::{Batch, Id, Message};
use crate::reply::{Ending, Part, Reply};
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
    /// The response ended without the answer.
    End(Ending),
}

/// The response to the request `id`, or the rest of one.
#[derive(Debug)]
pub(crate) struct Inbound {
    id: i64,
    reply: Reply,
    /// The rest of a batch that is being taken apart.
    batch: VecDeque<String>,
}

impl Inbound {
    /// What `reply` brings for the request `id`.
    pub(crate) const fn new(id: i64, reply: Reply) -> Self {
        Self { id, reply, batch: VecDeque::new() }
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
                    Part::Message(text) if Batch::is_batch(&text) => self.split(&text),
                    Part::Message(text) => self.sort(text, self.reply.is_single()),
                },
            };
            match received {
                Ok(Some(received)) => return received,
                Ok(None) => {}
                Err(error) => return Received::End(Ending::Invalid(error)),
            }
        }
    }

    fn split(&mut self, text: &str) -> Result<Option<Received>, Error> {
        let Batch(messages) = Batch::parse(text)?;
        self.batch = messages.into_iter().map(str::to_owned).collect();
        Ok(None)
    }

    /// Tells what a message is. `single` says that it is the whole body, so that it cannot but
    /// mean this request; a stream may also carry what concerns others, which is skipped.
    fn sort(&self, text: String, single: bool) -> Result<Option<Received>, Error> {
        let (id, result) = match Message::parse(&text)? {
            Message::Request { id, method, params } => {
                let params = params.map(str::to_owned);
                return Ok(Some(Received::Request { id, method, params }));
            }
            Message::Notification { method, params } => {
                let params = params.map(str::to_owned);
                return Ok(Some(Received::Notification { method, params }));
            }
            Message::Failure { id, error } => {
                let ours = single || self.may_mean_us(id.as_ref());
                return Ok(ours.then_some(Received::Answer(Err(error))));
            }
            Message::Success { id, result } => (id, range_within(&text, result)),
        };
        if id == Id::Number(self.id) {
            Ok(Some(Received::Answer(Ok(cut(text, result)))))
        } else if single {
            Err(Error::InvalidMessage("the result answers another request".into()))
        } else {
            Ok(None)
        }
    }

    /// Servers that cannot tell which request failed say null, nothing, or a text of their own.
    /// Our ids are numbers, so only another number is for somebody else.
    fn may_mean_us(&self, id: Option<&Id>) -> bool {
        match id {
            None | Some(Id::Text(_)) => true,
            Some(Id::Number(number)) => *number == self.id,
        }
    }
}
