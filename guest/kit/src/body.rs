//! An exchange from its consumer's side.

use crate::bindings::sandbar::http::client::{self, Exchange};
use sandbar_exchange::{BodySummary, ErrorCode, Failure, Request, Response};
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

/// How a body ended, told after its stream has closed.
pub type Outcome = FutureReader<Result<BodySummary, Failure>>;

/// The body of a response, read piece by piece. Dropping it ends the exchange.
pub struct Body {
    stream: StreamReader<u8>,
    /// None once it has been asked for.
    outcome: Option<Outcome>,
    received: u64,
    announced: Option<u64>,
    authority: Option<String>,
    _hold: Exchange,
}

/// Performs an exchange up to the head of its response.
///
/// # Errors
///
/// Whatever the executor says.
pub async fn send(request: Request) -> Result<(Response, Body), Failure> {
    let to_head = request.method == "HEAD";
    let (response, hold, stream, outcome) = client::send(request).await?;
    let body = Body {
        stream,
        outcome: Some(outcome),
        received: 0,
        announced: response.announced_bytes(to_head),
        authority: response.authority(),
        _hold: hold,
    };
    Ok((response, body))
}

impl Body {
    /// Bytes that are still to come, where the head said how many there are.
    #[must_use]
    pub fn expected(&self) -> Option<u64> {
        Some(self.announced?.saturating_sub(self.received))
    }

    /// Reads what there is, into the room that `buffer` has. Returns none where bytes came, and at
    /// the end of the stream how it ended; call no more after that.
    ///
    /// # Errors
    ///
    /// The end, as a failure: also where its executor calls it clean, but bytes are missing.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> Option<Result<(), Failure>> {
        let before = buffer.len();
        loop {
            let (result, filled) = self.stream.read(std::mem::take(buffer)).await;
            *buffer = filled;
            if buffer.len() > before {
                let received = (buffer.len() - before) as u64;
                self.received = self.received.saturating_add(received);
                return None;
            }
            if !matches!(result, StreamResult::Complete(_)) {
                return Some(self.ended().await);
            }
        }
    }

    /// The outcome of a closed stream.
    async fn ended(&mut self) -> Result<(), Failure> {
        let Some(outcome) = self.outcome.take() else { return Ok(()) };
        match outcome.await {
            Ok(summary) if summary.is_of(self.received, self.announced) => Ok(()),
            Ok(_lost_bytes) => Err(Failure {
                authority: self.authority.take(),
                ..Failure::sent(ErrorCode::IncompleteBody)
            }),
            Err(failure) => Err(failure),
        }
    }
}
