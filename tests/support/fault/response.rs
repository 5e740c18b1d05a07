//! Responses, right by default and wrong on request.

use super::gzip::gzip;

/// One HTTP response. Nothing is checked: what a test asks for is what goes onto the wire.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    version: &'static str,
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
    framing: Framing,
    body: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    /// `Content-Length`, and it is right.
    Length,
    /// `Content-Length` with this value, whatever the body is.
    DeclaredLength(u64),
    /// `Transfer-Encoding: chunked`, the body as one chunk and then the last chunk.
    Chunked,
    /// `Transfer-Encoding: chunked`, and the script sends the chunks.
    ChunksFollow,
    /// No framing field: the end of the connection ends the body, or there is none.
    Unframed,
}

impl Response {
    /// A response without content.
    pub(crate) fn new(status: u16) -> Self {
        let has_no_body = matches!(status, 100..=199 | 204 | 304);
        Self {
            version: "HTTP/1.1",
            status,
            fields: Vec::new(),
            framing: if has_no_body { Framing::Unframed } else { Framing::Length },
            body: Vec::new(),
        }
    }

    /// A response with JSON content.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status).field("content-type", "application/json").body(body)
    }

    /// The head of an event stream; the script sends the events as chunks.
    pub(crate) fn event_stream() -> Self {
        Self::new(200).field("content-type", "text/event-stream").chunks_follow()
    }

    /// A redirect. The location may be anything, also what no client should follow.
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::new(status).field("location", location)
    }

    /// The interim response 103 (RFC 8297), which a final response must follow.
    pub(crate) fn early_hints() -> Self {
        Self::new(103).field("link", "</style.css>; rel=preload")
    }

    /// Adds a header field; the value need not be text, nor legal.
    pub(crate) fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.fields.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Adds `count` fields with different names and values of `value_bytes` bytes.
    pub(crate) fn field_flood(mut self, count: usize, value_bytes: usize) -> Self {
        let value = vec![b'f'; value_bytes];
        self.fields.extend((0..count).map(|number| (format!("x-flood-{number}"), value.clone())));
        self
    }

    /// Sets the content.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Declares a length that need not be that of the body.
    pub(crate) fn declared_length(mut self, length: u64) -> Self {
        self.framing = Framing::DeclaredLength(length);
        self
    }

    /// Sends the body as one chunk.
    pub(crate) fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    /// Sends only the head; the script goes on with [`Chunk`](super::Chunk)s.
    pub(crate) fn chunks_follow(mut self) -> Self {
        self.framing = Framing::ChunksFollow;
        self
    }

    /// Answers as HTTP/1.0 does, with a body that ends with the connection. The script must
    /// close it.
    pub(crate) fn close_delimited(mut self) -> Self {
        self.version = "HTTP/1.0";
        self.framing = Framing::Unframed;
        self
    }

    /// Codes the content with gzip, and says so. The length is that of the coded content.
    pub(crate) fn gzip(mut self) -> Self {
        self.body = gzip(&self.body);
        self.field("content-encoding", "gzip")
    }

    pub(super) fn map_body(mut self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        self.body = change(self.body);
        self
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.head();
        match self.framing {
            Framing::Chunked => {
                bytes.extend(super::Chunk::new(self.body).into_bytes());
                bytes.extend_from_slice(super::LAST_CHUNK);
            }
            _ => bytes.extend(self.body),
        }
        bytes
    }

    fn head(&self) -> Vec<u8> {
        let mut head =
            format!("{} {} {}\r\n", self.version, self.status, self.reason()).into_bytes();
        let length = match self.framing {
            Framing::Length => Some(self.body.len() as u64),
            Framing::DeclaredLength(length) => Some(length),
            Framing::Chunked | Framing::ChunksFollow | Framing::Unframed => None,
        };
        if let Some(length) = length {
            push_field(&mut head, "content-length", length.to_string().as_bytes());
        }
        if matches!(self.framing, Framing::Chunked | Framing::ChunksFollow) {
            push_field(&mut head, "transfer-encoding", b"chunked");
        }
        for (name, value) in &self.fields {
            push_field(&mut head, name, value);
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    /// Clients ignore it; people who read a failing test do not.
    fn reason(&self) -> &'static str {
        match self.status {
            100..=199 => "Interim",
            200..=299 => "OK",
            300..=399 => "Redirection",
            400..=499 => "Client Error",
            _ => "Server Error",
        }
    }
}

fn push_field(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}
