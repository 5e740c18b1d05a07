//! The body of a response, and what it amounts to: messages, and an ending.

use std::collections::VecDeque;
use std::string::FromUtf8Error;

use crate::coding::{self, ContentDecoder};
use crate::error::{Error, MessageLimit};
use crate::http::Head as _;
use crate::limits::{
    CODED_SLICE_BYTES, EAGER_RESERVE_BYTES, PREVIEW_BYTES, REFUSAL_BODY_BYTES, RESERVE_FACTOR,
};
use crate::media_type::MediaType;
use crate::preview::quote;
use crate::sse::{Decoder, TooLarge};
use sandbar_exchange::{ErrorCode, Failure, Response};

mod cursor;
mod refusal;

pub(crate) use cursor::Cursor;
pub(crate) use refusal::Refusal;

/// What a successful response should carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// An answer, as JSON or as a stream.
    Answer,
    /// A stream: the rest of one that broke.
    Stream,
    /// Nothing: an acknowledgement.
    Acknowledgement,
}

/// What comes next out of a response.
#[derive(Debug)]
pub(crate) enum Part {
    /// More of the body is needed.
    NeedBytes,
    /// What should be one JSON text, whole.
    Message(Received),
    /// Where a server of 2024-11-05 wants messages sent ("HTTP with SSE").
    Endpoint(String),
    /// The rest of the body is of no interest: drop it, then ask again.
    Discard,
    /// There is no more.
    End(Ending),
}

/// A message as it came; the error holds one that is not UTF-8.
pub(crate) type Received = Result<String, FromUtf8Error>;

/// How a response ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Cleanly.
    Clean,
    /// The exchange failed.
    Broken(Failure),
    /// The status was a failing one.
    Refused(Box<Refusal>),
    /// What came cannot be accepted.
    Invalid(Error),
}

/// A response being received.
#[derive(Debug)]
pub(crate) struct Reply {
    status: u16,
    body: Body,
    limit: usize,
    /// None where the body comes as it is.
    coding: Option<ContentDecoder>,
    /// Bounded by what one chunk of the body can complete: they are taken before the next read.
    messages: VecDeque<Received>,
    /// The last `endpoint` event.
    endpoint: Option<String>,
    ending: Option<Ending>,
    /// Whether there may be more of the body.
    open: bool,
}

#[derive(Debug)]
enum Body {
    Json {
        buffer: Vec<u8>,
        announced: usize,
    },
    Stream(Decoder),
    Refused {
        refusal: Box<Refusal>,
        buffer: Vec<u8>,
    },
    /// Another media type, until its first character shows that it is JSON all the same.
    Unexpected {
        content_type: String,
        buffer: Vec<u8>,
    },
    Ignored,
}

impl Reply {
    /// Begins with the head; `limit` is the largest message in bytes.
    pub(crate) fn begin(head: &Response, limit: usize, expected: Expected) -> Self {
        let body = body_of(head, limit, expected);
        let mut reply = Self {
            status: head.status,
            body,
            limit,
            coding: None,
            messages: VecDeque::new(),
            endpoint: None,
            ending: None,
            open: true,
        };
        if matches!(reply.body, Body::Ignored) {
            reply.ending = Some(Ending::Clean);
            return reply;
        }
        match coding::of(head) {
            // The announced length is that of the coded body, which says nothing of the message.
            Ok(Some(coding)) => {
                reply.coding = Some(coding);
                if let Body::Json { announced, .. } = &mut reply.body {
                    *announced = 0;
                }
            }
            Ok(None) => {}
            Err(unknown) => reply.ending = Some(reply.undecodable(&unknown)),
        }
        if let Body::Json { announced, .. } = reply.body
            && announced > limit
        {
            reply.ending = Some(too_large(limit, announced));
        }
        reply
    }

    /// Takes a chunk of the body.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if self.coding.is_none() {
            return self.take(bytes);
        }
        // In slices, so that what comes out at once is bounded whatever the ratio.
        for slice in bytes.chunks(CODED_SLICE_BYTES) {
            let Some(coding) = &mut self.coding else { return };
            match coding.decode(slice) {
                Ok(plain) => self.take(&plain),
                Err(broken) => {
                    let undecodable = self.undecodable(&broken);
                    self.ending.get_or_insert(undecodable);
                    return;
                }
            }
        }
    }

    /// Takes decoded bytes of the body.
    fn take(&mut self, bytes: &[u8]) {
        if self.ending.is_some() {
            return;
        }
        self.recognise(bytes);
        self.ending = match &mut self.body {
            Body::Json { buffer, announced } => {
                feed_json(buffer, *announced, bytes, self.limit).or_else(|| {
                    // HTTP would end an incomplete body with an error, so one of the announced
                    // length is whole: waiting for its end would only take time.
                    let is_whole = *announced > 0 && buffer.len() == *announced;
                    is_whole.then(|| end_json(core::mem::take(buffer), &mut self.messages))
                })
            }
            Body::Stream(decoder) => {
                feed_stream(decoder, bytes, &mut self.messages, &mut self.endpoint)
            }
            Body::Refused { refusal, buffer } => feed_quote(buffer, bytes, REFUSAL_BODY_BYTES)
                .map(|body| Ending::Refused(Box::new(refusal.with_body(&body)))),
            Body::Unexpected { content_type, buffer } => feed_quote(buffer, bytes, PREVIEW_BYTES)
                .map(|body| Ending::Invalid(unexpected(self.status, content_type, &body))),
            Body::Ignored => None,
        };
    }

    /// Servers and proxies send JSON under every media type, and under none. Its first character
    /// gives it away: no page begins like an object.
    fn recognise(&mut self, bytes: &[u8]) {
        let Body::Unexpected { buffer, .. } = &mut self.body else { return };
        let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
        if buffer.trim_ascii().is_empty() && start.starts_with(b"{") {
            self.body = Body::Json { buffer: core::mem::take(buffer), announced: 0 };
        }
    }

    /// Takes the end of the body.
    pub(crate) fn end(&mut self, end: Result<(), Failure>) {
        self.open = false;
        if self.ending.is_some() {
            return;
        }
        let whole = self.coding.as_ref().is_none_or(ContentDecoder::is_whole);
        let end = match end {
            Ok(()) if !whole => Err(Failure::sent(ErrorCode::IncompleteBody)),
            end => end,
        };
        let clean = |end: Result<(), Failure>| end.map_or_else(Ending::Broken, |()| Ending::Clean);
        self.ending = Some(match core::mem::replace(&mut self.body, Body::Ignored) {
            Body::Json { buffer, .. } if end.is_ok() => end_json(buffer, &mut self.messages),
            Body::Stream(decoder) => {
                self.body = Body::Stream(decoder);
                clean(end)
            }
            // A failing status stays what it is when its body breaks off.
            Body::Refused { refusal, buffer } => {
                Ending::Refused(Box::new(refusal.with_body(&buffer)))
            }
            Body::Unexpected { content_type, buffer } => {
                Ending::Invalid(unexpected(self.status, &content_type, &buffer))
            }
            Body::Json { .. } | Body::Ignored => clean(end),
        });
    }

    /// What comes next. Nothing may be asked after [`Part::End`].
    pub(crate) fn next(&mut self) -> Part {
        if let Some(url) = self.endpoint.take() {
            return Part::Endpoint(url);
        }
        if let Some(message) = self.messages.pop_front() {
            return Part::Message(message);
        }
        if self.ending.is_none() {
            return Part::NeedBytes;
        }
        if core::mem::replace(&mut self.open, false) {
            return Part::Discard;
        }
        Part::End(self.ending.take().unwrap_or(Ending::Clean))
    }

    /// Whether the body is still open, so that it has to be dropped before another exchange.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether the body is one JSON text rather than a stream.
    pub(crate) const fn is_single(&self) -> bool {
        !matches!(self.body, Body::Stream(_))
    }

    /// The status of the response.
    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    /// The decoder of a stream, which knows where to resume.
    pub(crate) const fn stream(&self) -> Option<&Decoder> {
        match &self.body {
            Body::Stream(decoder) => Some(decoder),
            _ => None,
        }
    }

    /// How a body in a coding that cannot be undone ends. A failing status stays what it is.
    fn undecodable(&mut self, what: &str) -> Ending {
        match core::mem::replace(&mut self.body, Body::Ignored) {
            Body::Refused { refusal, .. } => Ending::Refused(Box::new(refusal.with_body(b""))),
            _ => invalid(what),
        }
    }
}

fn body_of(head: &Response, limit: usize, expected: Expected) -> Body {
    let content_type = head.text("content-type");
    if !head.is_success() {
        return Body::Refused { refusal: Box::new(Refusal::of(head)), buffer: Vec::new() };
    }
    let media_type = MediaType::of(content_type);
    let has_content = match head.status {
        // Meant for acknowledgements, and seen with the answer.
        202 => media_type != MediaType::Other,
        204 | 205 => false,
        _ => true,
    };
    if expected == Expected::Acknowledgement || !has_content {
        return Body::Ignored;
    }
    match (expected, media_type) {
        (_, MediaType::EventStream) => Body::Stream(Decoder::new(limit)),
        (Expected::Answer, MediaType::Json) => {
            let announced = head.content_length().unwrap_or(0);
            let announced = usize::try_from(announced).unwrap_or(usize::MAX);
            Body::Json { buffer: Vec::new(), announced }
        }
        _ => Body::Unexpected {
            content_type: content_type.unwrap_or("none").to_owned(),
            buffer: Vec::new(),
        },
    }
}

/// Collects a JSON body. The announced length is reserved in a few large steps, so that a mere
/// announcement costs little and a large body is hardly copied as it grows.
fn feed_json(buffer: &mut Vec<u8>, announced: usize, bytes: &[u8], limit: usize) -> Option<Ending> {
    let seen = buffer.len().saturating_add(bytes.len());
    if seen > limit {
        return Some(too_large(limit, seen));
    }
    if seen > buffer.capacity() && announced > buffer.capacity() {
        let earned = seen.saturating_mul(RESERVE_FACTOR).max(EAGER_RESERVE_BYTES);
        let target = announced.min(earned).max(seen);
        buffer.reserve_exact(target.saturating_sub(buffer.len()));
    }
    buffer.extend_from_slice(bytes);
    None
}

/// Takes a whole JSON body as a message.
fn end_json(body: Vec<u8>, messages: &mut VecDeque<Received>) -> Ending {
    messages.push_back(String::from_utf8(body));
    Ending::Clean
}

fn feed_stream(
    decoder: &mut Decoder,
    bytes: &[u8],
    messages: &mut VecDeque<Received>,
    endpoint: &mut Option<String>,
) -> Option<Ending> {
    let outcome = decoder.feed(bytes, |event| {
        if event.kind == "endpoint" {
            *endpoint = event.data.ok();
            return;
        }
        // Other types are not MCP's, and a priming event has no data.
        let primes = event.data.as_ref().is_ok_and(String::is_empty);
        if matches!(event.kind.as_str(), "" | "message") && !primes {
            messages.push_back(event.data);
        }
    });
    outcome.err().map(|TooLarge { limit, seen }| too_large(limit, seen))
}

/// Collects the beginning of a body; yields it once `most` bytes are there.
fn feed_quote(buffer: &mut Vec<u8>, bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let room = most.saturating_sub(buffer.len());
    buffer.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    (buffer.len() >= most).then(|| core::mem::take(buffer))
}

fn too_large(limit: usize, seen: usize) -> Ending {
    let (limit, seen) = (limit as u64, seen as u64);
    Ending::Invalid(Error::LimitExceeded(MessageLimit::message_bytes(limit, seen)))
}

fn invalid(what: &str) -> Ending {
    Ending::Invalid(Error::InvalidMessage(what.to_owned()))
}

fn unexpected(status: u16, content_type: &str, body: &[u8]) -> Error {
    Error::InvalidMessage(format!(
        "the content type of the answer (status {status}) is `{content_type}`, its body is {}",
        quote(body)
    ))
}

#[cfg(test)]
mod tests;
