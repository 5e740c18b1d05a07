//! One exchange: the request through the import, the response into the session.

use crate::bindings::sandbar::http::client;
use crate::bindings::sandbar::http::types::{BodySummary, ErrorCode as WitError};
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::connection::Connection;
use crate::convert;
use futures::future::{Either, select};
use sandbar_guest_wire::Signal;
use sandbar_protocol::http::{ErrorCode, HttpRequest};
use sandbar_protocol::server::{CallError, CallId};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

/// Bytes of a body asked for with one read, if there is room for them.
const READ_BYTES: usize = 64 * 1024;

/// Performs an exchange, within its total deadline if it has one.
pub(crate) async fn run(
    connection: &Rc<Connection>,
    call: CallId,
    request: HttpRequest,
    writable: &Signal,
) {
    let answered = Cell::new(false);
    let total = request.timeouts.total;
    let exchange = pin!(perform(connection, call, request, writable, &answered));
    let Some(total) = total else { return exchange.await };
    if let Either::Right(_) = select(exchange, pin!(wait(total))).await {
        let timeout = ErrorCode::TotalTimeout;
        // Gone is as good: the call is over either way.
        let _ = connection.with(|session| match answered.get() {
            true => session.finish(call, Err(timeout)),
            false => session.fail(call, timeout),
        });
    }
}

async fn wait(time: Duration) {
    monotonic_clock::wait_for(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).await;
}

async fn perform(
    connection: &Rc<Connection>,
    call: CallId,
    request: HttpRequest,
    writable: &Signal,
    answered: &Cell<bool>,
) {
    let (response, hold, body, outcome) = match client::send(convert::request(request)).await {
        Ok(exchange) => exchange,
        Err(error) => {
            let _ = connection.with(|session| session.fail(call, convert::error(error)));
            return;
        }
    };
    let head = convert::head(response);
    if connection.with(|session| session.respond(call, head)).is_err() {
        return;
    }
    answered.set(true);
    // A call that is gone wants no end either.
    let _gone = pass_on(connection, call, body, outcome, writable).await;
    drop(hold);
}

/// Passes a body on as far and as fast as there is room for it.
async fn pass_on(
    connection: &Rc<Connection>,
    call: CallId,
    mut body: StreamReader<u8>,
    outcome: FutureReader<Result<BodySummary, WitError>>,
    writable: &Signal,
) -> Result<(), CallError> {
    let mut received = 0u64;
    loop {
        let room = connection.with(|session| session.want_body(call));
        if room == 0 {
            writable.wait().await;
            continue;
        }
        let buffer = Vec::with_capacity(room.min(READ_BYTES));
        let (result, bytes) = body.read(buffer).await;
        if !bytes.is_empty() {
            received = received.saturating_add(bytes.len() as u64);
            connection.with(|session| session.body(call, bytes))?;
        } else if !matches!(result, StreamResult::Complete(_)) {
            break;
        }
    }
    let end = match outcome.await {
        // A relay's executor counted: an end that lost bytes is not a clean one.
        Ok(BodySummary { bytes: Some(sent), .. }) if sent != received => {
            Err(ErrorCode::IncompleteBody)
        }
        Ok(_summary) => Ok(()),
        Err(error) => Err(convert::error(error)),
    };
    connection.with(|session| session.finish(call, end))
}
