//! What a script can send.

use serde_json::Value;

use super::{
    response::Response,
    sse::{LineEnding, SseEvent},
};

/// The chunk that ends a chunked body, without trailers (RFC 9112, section 7.1).
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// One chunk of a chunked body.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    data: Vec<u8>,
    extension: Option<String>,
}

impl Chunk {
    /// A chunk with this data, which must not be empty: an empty chunk would be the last one.
    pub(crate) fn new(data: impl Into<Vec<u8>>) -> Self {
        Self { data: data.into(), extension: None }
    }

    /// Adds a chunk extension, for example `name=value`.
    pub(crate) fn extension(mut self, extension: &str) -> Self {
        self.extension = Some(extension.to_owned());
        self
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        let extension = self.extension.map_or_else(String::new, |text| format!(";{text}"));
        let mut bytes = format!("{:x}{extension}\r\n", self.data.len()).into_bytes();
        bytes.extend(self.data);
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

/// Something to send, not yet framed, so that filling in a JSON-RPC id keeps lengths right.
#[derive(Clone, Debug)]
pub(crate) enum Wire {
    /// Exactly these bytes.
    Raw(Vec<u8>),
    /// A response, or its head.
    Response(Response),
    /// A chunk of a body.
    Chunk(Chunk),
}

impl Wire {
    /// Replaces every `{id}` in the content with a JSON-RPC id.
    pub(super) fn with_id(self, id: &Value) -> Self {
        let fill_in = |content: Vec<u8>| replace_id(&content, &id.to_string());
        match self {
            Self::Raw(bytes) => Self::Raw(fill_in(bytes)),
            Self::Response(response) => Self::Response(response.map_body(fill_in)),
            Self::Chunk(Chunk { data, extension }) => {
                Self::Chunk(Chunk { data: fill_in(data), extension })
            }
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Raw(bytes) => bytes,
            Self::Response(response) => response.into_bytes(),
            Self::Chunk(chunk) => chunk.into_bytes(),
        }
    }
}

fn replace_id(mut content: &[u8], id: &str) -> Vec<u8> {
    const PLACEHOLDER: &[u8] = b"{id}";
    let mut filled = Vec::with_capacity(content.len());
    while let Some((first, rest)) = content.split_first() {
        if let Some(after) = content.strip_prefix(PLACEHOLDER) {
            filled.extend_from_slice(id.as_bytes());
            content = after;
        } else {
            filled.push(*first);
            content = rest;
        }
    }
    filled
}

impl From<Vec<u8>> for Wire {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Raw(bytes)
    }
}

impl From<&[u8]> for Wire {
    fn from(bytes: &[u8]) -> Self {
        Self::Raw(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Wire {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Raw(bytes.to_vec())
    }
}

impl From<Response> for Wire {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

impl From<Chunk> for Wire {
    fn from(chunk: Chunk) -> Self {
        Self::Chunk(chunk)
    }
}

impl From<SseEvent> for Wire {
    /// The event as a chunk of its own, lines ending with LF.
    fn from(event: SseEvent) -> Self {
        Self::Chunk(Chunk::new(event.encode(LineEnding::Lf)))
    }
}
