//! One HTTP exchange through the executor import.

use crate::bindings::sandbar::http::client::{self, Exchange};
use crate::bindings::sandbar::http::types::{
    BodySummary, ErrorCode, RedirectPolicy, Request, Timeouts,
};
use crate::convert;
use crate::shared::Endpoint;
use sandbar_mcp_core::{HttpFailure, HttpRequest, ResponseHead};
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

/// Bytes asked for with each read of a body. Large enough that the cost of a
/// read is lost in that of moving the bytes, small enough for every call to own
/// a buffer.
const READ_BYTES: usize = 64 * 1024;

/// The body of a response, read piece by piece. Dropping it ends the exchange.
pub(crate) struct Body {
    stream: StreamReader<u8>,
    /// None once it has been asked for.
    outcome: Option<FutureReader<Result<BodySummary, ErrorCode>>>,
    buffer: Vec<u8>,
    received: u64,
    _hold: Exchange,
}

/// What a read of a body yields.
pub(crate) enum Chunk<'a> {
    /// At least one byte.
    Bytes(&'a [u8]),
    /// The stream is closed, and how it ended.
    End(Result<(), HttpFailure>),
}

/// Performs an exchange up to the head of its response.
pub(crate) async fn send(
    endpoint: &Endpoint,
    request: HttpRequest,
) -> Result<(ResponseHead, Body), HttpFailure> {
    let silence = request.idle_timeout.map(convert::nanoseconds);
    let request = Request {
        method: request.method.as_str().to_owned(),
        url: endpoint.url.clone(),
        fields: request.fields.into_iter().map(convert::field_to_wit).collect(),
        body: request.body,
        redirects: RedirectPolicy::Follow,
        timeouts: Timeouts {
            connect: endpoint.connect_timeout,
            first_byte: silence,
            idle: silence,
            total: None,
        },
    };
    let (response, hold, stream, outcome) =
        client::send(request).await.map_err(convert::failure_from_wit)?;
    let head = ResponseHead {
        status: response.status,
        fields: response.fields.into_iter().map(convert::field_from_wit).collect(),
    };
    Ok((
        head,
        Body { stream, outcome: Some(outcome), buffer: Vec::new(), received: 0, _hold: hold },
    ))
}

impl Body {
    /// Reads the next piece. Call no more after [`Chunk::End`].
    pub(crate) async fn read(&mut self) -> Chunk<'_> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.reserve_exact(READ_BYTES);
        loop {
            let (result, filled) = self.stream.read(buffer).await;
            buffer = filled;
            if !buffer.is_empty() {
                self.received = self.received.saturating_add(buffer.len() as u64);
                self.buffer = buffer;
                return Chunk::Bytes(&self.buffer);
            }
            if !matches!(result, StreamResult::Complete(_)) {
                return Chunk::End(self.ended().await);
            }
        }
    }

    /// The outcome of a closed stream. An executor that counted must have
    /// counted what arrived here: an end that lost bytes is not a clean one.
    async fn ended(&mut self) -> Result<(), HttpFailure> {
        let Some(outcome) = self.outcome.take() else { return Ok(()) };
        let summary = outcome.await.map_err(convert::failure_from_wit)?;
        match summary.bytes {
            Some(bytes) if bytes != self.received => Err(HttpFailure::IncompleteBody),
            _ => Ok(()),
        }
    }
}
