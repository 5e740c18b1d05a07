//! Handing the body of a response on, as a handle: no byte passes through here.

use crate::Hold;
use crate::bindings::exports::sandbar::http::client::{Answered, Exchange, Remainder};
use crate::bindings::wasi::http::types::{ErrorCode as WasiError, Response as WasiResponse};
use crate::bindings::wit_future;
use crate::error;
use sandbar_exchange::hop::Hop;
use sandbar_exchange::{BodySummary, ErrorCode, Failure, Field, Response};
use wit_bindgen::FutureReader;

/// The response of the exchange that ended at `hop`.
pub(crate) fn hand_on(
    response: WasiResponse,
    sent: FutureReader<Result<(), WasiError>>,
    hop: &Hop<Vec<u8>>,
) -> Answered {
    let head = Response {
        status: response.get_status_code(),
        fields: response
            .get_headers()
            .copy_all()
            .into_iter()
            .map(|(name, value)| Field { name, value })
            .collect(),
        url: hop.url.to_string(),
    };
    let (processed_writer, processed) = wit_future::new(given_up);
    let (body, trailers) = WasiResponse::consume_body(response, processed);
    let (outcome_writer, outcome) = wit_future::new(lost);
    let authority = hop.authority();
    wit_bindgen::spawn_local(async move {
        let ended = match trailers.await {
            // Nobody counted: the bytes went from the host to the consumer.
            Ok(_trailers) => Ok(BodySummary::default()),
            Err(error) => Err(error::in_body(error, authority)),
        };
        // A consumer that does not care for the outcome has dropped its end.
        drop(outcome_writer.write(ended).await);
    });
    let exchange = Exchange::new(Hold { _processed: processed_writer, _sent: sent });
    let remainder = Remainder { exchange, bytes: body, outcome };
    Answered { response: head, beginning: Vec::new(), remainder: Some(remainder) }
}

/// What the consumer is told when nobody said how the body ended.
fn lost() -> Result<BodySummary, Failure> {
    Err(Failure::sent(ErrorCode::IncompleteBody))
}

/// What the host is told when the exchange is dropped. After the end of the body
/// it means nothing.
fn given_up() -> Result<(), WasiError> {
    Err(WasiError::InternalError(Some("the exchange was given up".into())))
}
