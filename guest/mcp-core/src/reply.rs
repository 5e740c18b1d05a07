//! The body of a response, and what it amounts to: messages, and an ending.

use std::collections::VecDeque;

use crate::error::{Error, MessageLimit, RpcError, StatusError};
use crate::http::Head as _;
use crate::jsonrpc::Message;
use crate::limits::{EAGER_RESERVE_BYTES, PREVIEW_BYTES, REFUSAL_BODY_BYTES, RESERVE_FACTOR};
use crate::media_type::MediaType;
use crate::sse::{DecodeError, Decoder};
use sandbar_exchange::{Failure, Response};

mod cursor;

pub(crate) use cursor::Cursor;

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
    /// One JSON text, whole.
    Message(String),
    /// The rest of the body is of no interest: drop it, then ask again.
    Discard,
    /// There is no more.
    End(Ending),
}

/// How a response ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Cleanly.
    Clean,
    /// The exchange failed.
    Broken(Failure),
    /// The status was a failing one.
    Refused(Refusal),
    /// What came cannot be accepted.
    Invalid(Error),
}

/// A response being received.
#[derive(Debug)]
pub(crate) struct Reply {
    body: Body,
    limit: usize,
    /// Bounded by what one chunk of the body can complete: they are taken before the next read.
    messages: VecDeque<String>,
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
        status: StatusError,
        buffer: Vec<u8>,
    },
    /// An answer in a coding that was not asked for.
    Coded {
        coding: String,
    },
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
        let mut reply = Self { body, limit, messages: VecDeque::new(), ending: None, open: true };
        match &reply.body {
            Body::Ignored => reply.ending = Some(Ending::Clean),
            Body::Json { announced, .. } if *announced > limit => {
                reply.ending = Some(too_large(limit, *announced));
            }
            Body::Coded { coding } => {
                let what = format!("the content-encoding `{coding}`, which was not asked for");
                reply.ending = Some(invalid(&what));
            }
            _ => {}
        }
        reply
    }

    /// Takes a chunk of the body.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if self.ending.is_some() {
            return;
        }
        self.ending = match &mut self.body {
            Body::Json { buffer, announced } => {
                feed_json(buffer, *announced, bytes, self.limit).or_else(|| {
                    // HTTP would end an incomplete body with an error, so one of the announced
                    // length is whole: waiting for its end would only take time.
                    let is_whole = *announced > 0 && buffer.len() == *announced;
                    is_whole.then(|| end_json(core::mem::take(buffer), &mut self.messages))
                })
            }
            Body::Stream(decoder) => feed_stream(decoder, bytes, &mut self.messages),
            Body::Refused { status, buffer } => feed_quote(buffer, bytes, REFUSAL_BODY_BYTES)
                .map(|body| Ending::Refused(Refusal::new(status.clone(), body))),
            Body::Unexpected { content_type, buffer } => feed_quote(buffer, bytes, PREVIEW_BYTES)
                .map(|body| Ending::Invalid(unexpected(content_type, body))),
            Body::Coded { .. } | Body::Ignored => None,
        };
    }

    /// Takes the end of the body.
    pub(crate) fn end(&mut self, end: Result<(), Failure>) {
        self.open = false;
        if self.ending.is_some() {
            return;
        }
        let clean = |end: Result<(), Failure>| end.map_or_else(Ending::Broken, |()| Ending::Clean);
        self.ending = Some(match core::mem::replace(&mut self.body, Body::Ignored) {
            Body::Json { buffer, .. } if end.is_ok() => end_json(buffer, &mut self.messages),
            Body::Stream(decoder) => {
                self.body = Body::Stream(decoder);
                clean(end)
            }
            // A failing status stays what it is when its body breaks off.
            Body::Refused { status, buffer } => Ending::Refused(Refusal::new(status, buffer)),
            Body::Unexpected { content_type, buffer } => {
                Ending::Invalid(unexpected(&content_type, buffer))
            }
            Body::Json { .. } | Body::Coded { .. } | Body::Ignored => clean(end),
        });
    }

    /// What comes next. Nothing may be asked after [`Part::End`].
    pub(crate) fn next(&mut self) -> Part {
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

    /// The decoder of a stream, which knows where to resume.
    pub(crate) const fn stream(&self) -> Option<&Decoder> {
        match &self.body {
            Body::Stream(decoder) => Some(decoder),
            _ => None,
        }
    }
}

fn body_of(head: &Response, limit: usize, expected: Expected) -> Body {
    let content_type = head.text("content-type");
    if !head.is_success() {
        let www_authenticate = head
            .values("www-authenticate")
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect();
        let status = StatusError {
            status: head.status,
            content_type: content_type.map(str::to_owned),
            preview: String::new(),
            www_authenticate,
        };
        return Body::Refused { status, buffer: Vec::new() };
    }
    let has_content = !matches!(head.status, 202 | 204 | 205);
    if expected == Expected::Acknowledgement || !has_content {
        return Body::Ignored;
    }
    if let Some(coding) = head.content_coding() {
        return Body::Coded { coding };
    }
    match (expected, MediaType::of(content_type)) {
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
fn end_json(body: Vec<u8>, messages: &mut VecDeque<String>) -> Ending {
    match String::from_utf8(body) {
        Ok(message) => {
            messages.push_back(message);
            Ending::Clean
        }
        Err(_) => invalid("the json body is not utf-8"),
    }
}

fn feed_stream(
    decoder: &mut Decoder,
    bytes: &[u8],
    messages: &mut VecDeque<String>,
) -> Option<Ending> {
    let outcome = decoder.feed(bytes, |event| {
        // Other types are not MCP's, and a priming event has no data.
        if matches!(event.kind.as_str(), "" | "message") && !event.data.is_empty() {
            messages.push_back(event.data);
        }
    });
    match outcome {
        Ok(()) => None,
        Err(DecodeError::TooLarge { limit, seen }) => Some(too_large(limit, seen)),
        Err(error @ DecodeError::InvalidUtf8 { .. }) => Some(invalid(&error.to_string())),
    }
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

fn unexpected(content_type: &str, body: Vec<u8>) -> Error {
    let preview = preview(&body, UNEXPECTED_PREVIEW_BYTES);
    Error::InvalidMessage(format!(
        "the content type of the answer is `{content_type}`, its body begins `{preview}`"
    ))
}

/// Bytes of a body of the wrong type that the message quotes.
const UNEXPECTED_PREVIEW_BYTES: usize = 200;

/// The beginning of a body as text, at most `most` bytes, cut at a character.
fn preview(body: &[u8], most: usize) -> String {
    let mut text = String::from_utf8_lossy(body).into_owned();
    text.truncate(text.floor_char_boundary(most));
    text
}

/// A response with a failing status.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusError,
    rpc: Option<RpcError>,
}

impl Refusal {
    fn new(mut status: StatusError, body: Vec<u8>) -> Self {
        // The content type is not asked: servers send JSON-RPC errors as text, too.
        let rpc = core::str::from_utf8(&body).ok().and_then(|text| match Message::parse(text) {
            Ok(Message::Failure { error, .. }) => Some(error),
            _ => None,
        });
        status.preview = preview(&body, PREVIEW_BYTES);
        Self { status, rpc }
    }

    /// The status code.
    pub(crate) const fn status(&self) -> u16 {
        self.status.status
    }

    /// The JSON-RPC error in the body.
    pub(crate) const fn rpc_error(&self) -> Option<&RpcError> {
        self.rpc.as_ref()
    }

    /// The beginning of the body.
    pub(crate) fn preview(&self) -> &str {
        &self.status.preview
    }

    /// What the caller is told: the JSON-RPC error where there is one, except that a demand for
    /// credentials (RFC 9110 section 11) must not get lost.
    pub(crate) fn into_error(self) -> Error {
        let challenged = self.status.status == 401 || !self.status.www_authenticate.is_empty();
        match self.rpc {
            Some(error) if !challenged => Error::Rpc(error),
            _ => Error::Status(self.status),
        }
    }
}

#[cfg(test)]
mod tests;
