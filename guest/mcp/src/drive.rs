//! Takes the steps that a call of the core asks for.

use crate::bindings::sandbar::mcp::embedder;
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::exchange::{self, Body, Chunk};
use crate::shared::Shared;
use crate::{cancel, convert};
use futures::future::{Either, select};
use sandbar_mcp_core::{Answer, Call, Error, HttpRequest, ServerRequest, Step, limits};
use std::pin::pin;
use std::rc::Rc;

/// Runs a call until it is done or given up.
pub(crate) async fn run_cancellable(
    shared: &Rc<Shared>,
    mut call: Call,
    mut registration: cancel::Registration<'_>,
) -> Result<Answer, Error> {
    let ended = {
        let running = pin!(run(shared, &mut call));
        let given_up = pin!(registration.given_up());
        // In this order: a call that was given up must not go on in a session that is closing,
        // where it would end without saying whether the server is to be told.
        match select(given_up, running).await {
            // Leaving the block drops the exchange, and with it the connection.
            Either::Left(((), _)) => None,
            Either::Right((outcome, _)) => Some(outcome),
        }
    };
    if let Some(outcome) = ended {
        return outcome;
    }
    if let Some(notification) = call.cancellation(&mut shared.core.borrow_mut()) {
        tell_in_background(shared, notification, registration.hold());
    }
    Err(Error::Cancelled)
}

/// Waits until the server has been told of every call that was given up, within a limit: whether
/// it answers is up to it.
pub(crate) async fn cancelled(shared: &Rc<Shared>) {
    let settled = pin!(shared.calls.settled());
    let late = pin!(monotonic_clock::wait_for(convert::nanoseconds(limits::CANCELLATION_WAIT)));
    select(settled, late).await;
}

/// Runs a call until it is done.
pub(crate) async fn run(shared: &Rc<Shared>, call: &mut Call) -> Result<Answer, Error> {
    let mut body = None;
    loop {
        let step = call.poll(&mut shared.core.borrow_mut());
        match step {
            Step::Send(request) => body = send(shared, call, request).await,
            Step::Read => read(shared, call, &mut body).await,
            Step::Drop => body = None,
            Step::Notify(notification) => {
                embedder::notify(convert::notification(notification)).await;
            }
            Step::Answer(request) => answer_in_background(shared, request),
            Step::Background(call) => in_background(shared, call),
            Step::Wait(pause) => {
                monotonic_clock::wait_for(convert::nanoseconds(pause)).await;
                call.handle_timer(&mut shared.core.borrow_mut());
            }
            Step::Reopen { generation } => {
                let outcome = shared.reopen(generation).await;
                call.handle_reopened(&mut shared.core.borrow_mut(), outcome);
            }
            Step::Done(outcome) => return outcome,
        }
    }
}

async fn send(shared: &Rc<Shared>, call: &mut Call, request: HttpRequest) -> Option<Body> {
    match exchange::send(&shared.endpoint, request).await {
        Ok((head, body)) => {
            call.handle_response(&mut shared.core.borrow_mut(), head);
            Some(body)
        }
        Err(failure) => {
            call.handle_failure(&mut shared.core.borrow_mut(), failure);
            None
        }
    }
}

async fn read(shared: &Rc<Shared>, call: &mut Call, body: &mut Option<Body>) {
    let end = match body {
        Some(open) => match open.read().await {
            Chunk::Bytes(bytes) => {
                call.handle_body(&mut shared.core.borrow_mut(), bytes);
                return;
            }
            Chunk::End(end) => end,
        },
        // A body that is not there has ended.
        None => Ok(()),
    };
    *body = None;
    call.handle_body_end(&mut shared.core.borrow_mut(), end);
}

/// Runs a call whose outcome nobody waits for.
fn in_background(shared: &Rc<Shared>, mut call: Call) {
    let shared = Rc::clone(shared);
    wit_bindgen::spawn_local(async move {
        // Nothing can be done about a failure: the call was a courtesy.
        let _ = Box::pin(run(&shared, &mut call)).await;
    });
}

/// Tells the server that a call was given up, while a session that is closing waits for it.
fn tell_in_background(shared: &Rc<Shared>, mut notification: Call, hold: cancel::Hold) {
    let shared = Rc::clone(shared);
    wit_bindgen::spawn_local(async move {
        // A server that refuses it has been told all the same.
        let _ = Box::pin(run(&shared, &mut notification)).await;
        drop(hold);
    });
}

/// Has the embedder answer a request of the server, while the stream that it
/// came on is read further: the answer may depend on what follows.
fn answer_in_background(shared: &Rc<Shared>, request: ServerRequest) {
    let shared = Rc::clone(shared);
    wit_bindgen::spawn_local(async move {
        let (id, request) = convert::server_request(request);
        let outcome = embedder::answer(request).await.map_err(convert::rpc_error_from_wit);
        let mut response = shared.core.borrow_mut().response(id, outcome);
        let _ = Box::pin(run(&shared, &mut response)).await;
    });
}
