//! An exchange from its consumer's side.

use crate::bindings::sandbar::http::client::{self, Answered, Remainder};
use sandbar_exchange::{BodyCount, BodySummary, Failure, Request, Response};
use wit_bindgen::StreamResult;

/// The body of a response, read piece by piece. Dropping it ends the exchange.
pub struct Body {
    /// What came with the head and has not been read.
    beginning: Vec<u8>,
    /// None once its end has been told.
    remainder: Option<Remainder>,
    count: BodyCount,
}

/// Performs an exchange up to the head of its response.
///
/// # Errors
///
/// Whatever the executor says.
pub async fn send(request: Request) -> Result<(Response, Body), Failure> {
    let to_head = request.method == "HEAD";
    let Answered { response, beginning, remainder } = client::send(request).await?;
    let body = Body { beginning, remainder, count: BodyCount::of(&response, to_head) };
    Ok((response, body))
}

impl Body {
    /// Bytes that are still to come, where the head said how many there are.
    #[must_use]
    pub fn expected(&self) -> Option<u64> {
        self.count.expected()
    }

    /// Reads what there is into `buffer`, whose content is replaced, up to `room` bytes of at least
    /// one. Returns none where bytes came, and at the end of the body how it ended; call no more
    /// after that.
    ///
    /// # Errors
    ///
    /// The end, as a failure: also where its executor calls it clean, but bytes are missing.
    pub async fn read(&mut self, buffer: &mut Vec<u8>, room: usize) -> Option<Result<(), Failure>> {
        buffer.clear();
        if self.beginning.is_empty() {
            if let Some(end) = self.read_remainder(buffer, room).await {
                return Some(end);
            }
        } else {
            let rest = self.beginning.split_off(self.beginning.len().min(room));
            *buffer = std::mem::replace(&mut self.beginning, rest);
        }
        self.count.add(buffer.len());
        None
    }

    async fn read_remainder(
        &mut self,
        buffer: &mut Vec<u8>,
        room: usize,
    ) -> Option<Result<(), Failure>> {
        while let Some(Remainder { bytes, .. }) = &mut self.remainder {
            buffer.reserve_exact(room);
            let (result, filled) = bytes.read(std::mem::take(buffer)).await;
            *buffer = filled;
            if !buffer.is_empty() {
                return None;
            }
            if !matches!(result, StreamResult::Complete(_)) {
                break;
            }
        }
        Some(self.ended().await)
    }

    /// How a body ended of which no more bytes come.
    async fn ended(&mut self) -> Result<(), Failure> {
        let outcome = match self.remainder.take() {
            Some(Remainder { outcome, exchange: _held, .. }) => outcome.await,
            None => Ok(BodySummary::default()),
        };
        self.count.end(outcome)
    }
}
