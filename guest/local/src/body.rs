//! Handing the body of a response on, as a handle: no byte passes through here.

use crate::bindings::exports::sandbar::http::client::{
    BodySummary, ErrorCode, Exchange, Response,
};
use crate::bindings::sandbar::http::types::Field;
use crate::bindings::wasi::http::types::Response as WasiResponse;
use crate::bindings::wit_future;
use crate::error;
use crate::hop::Hop;
use crate::{Hold, Sent};

/// Head, body and outcome of the exchange that ended at `hop`.
pub(crate) fn hand_on(response: WasiResponse, hop: &Hop) -> Sent {
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
    let (processed_writer, processed) = wit_future::new(|| Ok(()));
    let (body, trailers) = WasiResponse::consume_body(response, processed);
    let (outcome_writer, outcome) = wit_future::new(|| Err(ErrorCode::IncompleteBody));
    wit_bindgen::spawn_local(async move {
        let ended = match trailers.await {
            // Nobody counted: the bytes went from the host to the consumer.
            Ok(_trailers) => Ok(BodySummary { bytes: None, deltas: None }),
            Err(error) => Err(error::from_wasi(error)),
        };
        drop(processed_writer);
        // A consumer that does not care for the outcome has dropped its end.
        drop(outcome_writer.write(ended).await);
    });
    (head, Exchange::new(Hold), body, outcome)
}
