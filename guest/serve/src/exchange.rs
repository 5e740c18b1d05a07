//! One exchange: the request through the import, the response into the session.

use crate::connection::Connection;
use futures::future::{Either, select};
use sandbar_exchange::{ErrorCode, Failure, Phase, Request, nanoseconds};
use sandbar_guest_kit::{Body, Signal, monotonic_clock, send};
use sandbar_protocol::server::{CallError, CallId};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// Bytes of a body asked for with one read, if there is room for them.
const READ_BYTES: usize = 64 * 1024;

/// The head of the response has been passed on.
struct Answered {
    /// Where it came from.
    authority: Option<String>,
}

/// Performs an exchange, within its total deadline if it has one.
pub(crate) async fn run(
    connection: &Rc<Connection>,
    call: CallId,
    mut request: Request,
    writable: &Signal,
) {
    let answered = Cell::new(None);
    // Kept here, whatever the executor behind the import does about it.
    let total = request.deadline(Phase::Total);
    let asked = total.and_then(|_| request.authority());
    request.deadlines.retain(|deadline| deadline.phase != Phase::Total);
    let exchange = pin!(perform(connection, call, request, writable, &answered));
    let Some(total) = total else { return exchange.await };
    if let Either::Right(_) = select(exchange, pin!(wait(total))).await {
        let timeout = Failure::sent(ErrorCode::TotalTimeout);
        // Gone is as good: the call is over either way.
        let _ = connection.with(|session| match answered.take() {
            Some(Answered { authority }) => {
                session.finish(call, Err(Failure { authority, ..timeout }))
            }
            None => session.fail(call, Failure { authority: asked, ..timeout }),
        });
    }
}

async fn wait(time: Duration) {
    monotonic_clock::wait_for(nanoseconds(time)).await;
}

async fn perform(
    connection: &Rc<Connection>,
    call: CallId,
    request: Request,
    writable: &Signal,
    answered: &Cell<Option<Answered>>,
) {
    let (response, body) = match send(request).await {
        Ok(exchange) => exchange,
        Err(failure) => {
            let _ = connection.with(|session| session.fail(call, failure));
            return;
        }
    };
    let head = Answered { authority: response.authority() };
    if connection.with(|session| session.respond(call, response)).is_err() {
        return;
    }
    answered.set(Some(head));
    // A call that is gone wants no end either.
    let _gone = pass_on(connection, call, body, writable).await;
}

/// Passes a body on as far and as fast as there is room for it.
async fn pass_on(
    connection: &Rc<Connection>,
    call: CallId,
    mut body: Body,
    writable: &Signal,
) -> Result<(), CallError> {
    loop {
        let room = connection.with(|session| session.want_body(call));
        if room == 0 {
            writable.wait().await;
            continue;
        }
        let mut bytes = Vec::new();
        match body.read(&mut bytes, room.min(READ_BYTES)).await {
            None => connection.with(|session| session.body(call, bytes))?,
            Some(end) => return connection.with(|session| session.finish(call, end)),
        }
    }
}
