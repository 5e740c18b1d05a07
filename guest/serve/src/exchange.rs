//! One exchange: the request through the import, the response into the session.

use crate::connection::Connection;
use futures::future::{Either, select};
use sandbar_exchange::{ErrorCode, Failure, Phase, Request, nanoseconds};
use sandbar_guest_kit::{Body, Signal, monotonic_clock, send};
use sandbar_protocol::server::{CallId, CallMut, Misuse};
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// Bytes of a body asked for with one read, if there is room for them.
const READ_BYTES: usize = 64 * 1024;

/// Performs an exchange, within its total deadline if it has one.
pub(crate) async fn run(
    connection: &Rc<Connection>,
    call: CallId,
    mut request: Request,
    writable: &Signal,
) {
    // Kept here, whatever the executor behind the import does about it.
    let total = request.deadline(Phase::Total);
    request.deadlines.retain(|deadline| deadline.phase != Phase::Total);
    // Where the exchange is: redirects move it.
    let authority = RefCell::new(total.and_then(|_| request.authority()));
    let exchange = pin!(perform(connection, call, request, writable, &authority));
    let Some(total) = total else { return exchange.await };
    if let Either::Right(_) = select(exchange, pin!(wait(total))).await {
        let authority = authority.take();
        fail(connection, call, Failure { authority, ..Failure::sent(ErrorCode::TotalTimeout) });
    }
}

async fn wait(time: Duration) {
    monotonic_clock::wait_for(nanoseconds(time)).await;
}

/// Performs an exchange to its end, or until its call is over.
async fn perform(
    connection: &Rc<Connection>,
    call: CallId,
    request: Request,
    writable: &Signal,
    authority: &RefCell<Option<String>>,
) {
    let (response, body) = match send(request).await {
        Ok(answered) => answered,
        Err(failure) => return fail(connection, call, failure),
    };
    *authority.borrow_mut() = response.authority();
    if step(connection, call, |call| call.respond(response)).is_some() {
        pass_on(connection, call, body, writable).await;
    }
}

/// Passes a body on as far and as fast as there is room for it.
async fn pass_on(connection: &Rc<Connection>, call: CallId, mut body: Body, writable: &Signal) {
    while let Some(room) = step(connection, call, |call| Ok(call.room())) {
        if room == 0 {
            writable.wait().await;
            continue;
        }
        let mut bytes = Vec::new();
        let end = body.read(&mut bytes, room.min(READ_BYTES)).await;
        let is_over = end.is_some();
        step(connection, call, |call| match end {
            None => call.body(bytes),
            Some(end) => call.finish(end),
        });
        if is_over {
            return;
        }
    }
}

/// Does something to a call. None once it is over.
fn step<T>(
    connection: &Rc<Connection>,
    call: CallId,
    step: impl FnOnce(CallMut<'_>) -> Result<T, Misuse>,
) -> Option<T> {
    let done = connection.with(|session| session.call(call).map(step))?;
    match done {
        Ok(done) => Some(done),
        // A mistake of this component, which the client has to hear of all the same.
        Err(misuse) => {
            fail(connection, call, Failure::sent(ErrorCode::Other(misuse.to_string())));
            None
        }
    }
}

fn fail(connection: &Rc<Connection>, call: CallId, failure: Failure) {
    connection.with(|session| session.call(call).map(|call| call.fail(failure)));
}
