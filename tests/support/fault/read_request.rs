//! Reading requests: RFC 9112, as strictly as a peer that trusts nobody.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::request::RecordedRequest;
use crate::support::limits::{MAX_REQUEST_BODY_BYTES, MAX_REQUEST_HEAD_BYTES};

/// Why there is no request to answer.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The client closed the connection between two requests, as it may.
    Closed,
    /// The client closed the connection within a request.
    Truncated,
    /// What came is not HTTP/1.1, or more than the limits allow.
    Malformed(&'static str),
}

impl From<io::Error> for ReadError {
    fn from(_: io::Error) -> Self {
        Self::Truncated
    }
}

/// Reads the next request from `incoming` and then from `stream`. What follows the request stays
/// in `incoming`.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    incoming: &mut Vec<u8>,
    connection: usize,
) -> Result<RecordedRequest, ReadError> {
    let head = read_head(stream, incoming).await?;
    let mut request = parse_head(&head, connection)?;
    request.body = match body_framing(&request)? {
        BodyFraming::Length(length) => take(stream, incoming, length).await?,
        BodyFraming::Chunked => read_chunked(stream, incoming).await?,
    };
    Ok(request)
}

enum BodyFraming {
    Length(usize),
    Chunked,
}

async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
    incoming: &mut Vec<u8>,
) -> Result<Vec<u8>, ReadError> {
    const END: &[u8] = b"\r\n\r\n";
    loop {
        if let Some(start) = incoming.windows(END.len()).position(|window| window == END) {
            return Ok(incoming.drain(..start + END.len()).collect());
        }
        if incoming.len() > MAX_REQUEST_HEAD_BYTES {
            return Err(ReadError::Malformed("the head is too long"));
        }
        if stream.read_buf(incoming).await? == 0 {
            return Err(if incoming.is_empty() { ReadError::Closed } else { ReadError::Truncated });
        }
    }
}

fn parse_head(head: &[u8], connection: usize) -> Result<RecordedRequest, ReadError> {
    let mut lines = head
        .strip_suffix(b"\r\n\r\n")
        .unwrap_or(head)
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let request_line = lines.next().unwrap_or_default();
    let request_line = std::str::from_utf8(request_line)
        .map_err(|_| ReadError::Malformed("the request line is not text"))?;
    let [method, target, "HTTP/1.1"] = request_line.split(' ').collect::<Vec<_>>()[..] else {
        return Err(ReadError::Malformed("not an HTTP/1.1 request line"));
    };
    Ok(RecordedRequest {
        connection,
        method: method.to_owned(),
        target: target.to_owned(),
        fields: lines.map(parse_field).collect::<Result<_, _>>()?,
        body: Vec::new(),
    })
}

fn parse_field(line: &[u8]) -> Result<(String, Vec<u8>), ReadError> {
    let colon = line
        .iter()
        .position(|byte| *byte == b':')
        .ok_or(ReadError::Malformed("a field line without a colon"))?;
    let name = std::str::from_utf8(&line[..colon])
        .ok()
        .filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or(ReadError::Malformed("a field name that is not a token"))?;
    Ok((name.to_owned(), line[colon + 1..].trim_ascii().to_vec()))
}

/// RFC 9112, section 6.3: exactly one of the two ways, or no body.
fn body_framing(request: &RecordedRequest) -> Result<BodyFraming, ReadError> {
    let count = |name: &str| {
        let is_named = |(field, _): &&(String, _)| field.eq_ignore_ascii_case(name);
        request.fields.iter().filter(is_named).count()
    };
    match (count("content-length"), count("transfer-encoding")) {
        (0, 0) => Ok(BodyFraming::Length(0)),
        (1, 0) => request
            .field("content-length")
            .and_then(|length| length.parse().ok())
            .filter(|length| *length <= MAX_REQUEST_BODY_BYTES)
            .map(BodyFraming::Length)
            .ok_or(ReadError::Malformed("a content-length that is not usable")),
        (0, 1) if request.field("transfer-encoding") == Some("chunked") => Ok(BodyFraming::Chunked),
        _ => Err(ReadError::Malformed("contradictory framing of the body")),
    }
}

async fn read_chunked(
    stream: &mut (impl AsyncRead + Unpin),
    incoming: &mut Vec<u8>,
) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream, incoming).await?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16)
            .map_err(|_| ReadError::Malformed("a chunk size that is not hexadecimal"))?;
        if size == 0 {
            while !read_line(stream, incoming).await?.is_empty() {}
            return Ok(body);
        }
        if size > MAX_REQUEST_BODY_BYTES - body.len() {
            return Err(ReadError::Malformed("the body is too long"));
        }
        body.extend(take(stream, incoming, size).await?);
        if !read_line(stream, incoming).await?.is_empty() {
            return Err(ReadError::Malformed("a chunk longer than its size"));
        }
    }
}

async fn read_line(
    stream: &mut (impl AsyncRead + Unpin),
    incoming: &mut Vec<u8>,
) -> Result<String, ReadError> {
    loop {
        if let Some(end) = incoming.windows(2).position(|window| window == b"\r\n") {
            let line: Vec<u8> = incoming.drain(..end + 2).take(end).collect();
            return String::from_utf8(line)
                .map_err(|_| ReadError::Malformed("a chunk line that is not text"));
        }
        if incoming.len() > MAX_REQUEST_HEAD_BYTES {
            return Err(ReadError::Malformed("a line is too long"));
        }
        if stream.read_buf(incoming).await? == 0 {
            return Err(ReadError::Truncated);
        }
    }
}

async fn take(
    stream: &mut (impl AsyncRead + Unpin),
    incoming: &mut Vec<u8>,
    length: usize,
) -> Result<Vec<u8>, ReadError> {
    while incoming.len() < length {
        if stream.read_buf(incoming).await? == 0 {
            return Err(ReadError::Truncated);
        }
    }
    Ok(incoming.drain(..length).collect())
}
