//! Takes the steps that a call of the core asks for.

use crate::events::{Answered, Asker, Listener, Question, Refused};
use crate::shared::Shared;
use crate::{cancel, convert};
use futures::FutureExt as _;
use futures::future::{Either, LocalBoxFuture, select};
use sandbar_exchange::{ErrorCode, Failure, Phase, RedirectPolicy, Request, Response, nanoseconds};
use sandbar_guest_kit::{Body, monotonic_clock, send as send_request};
use sandbar_mcp_core::{Answer, Call, CallId, Error, HttpRequest, ServerRequest, Step, limits};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// Bytes asked for with a read of a body of which nobody said how long it is, as long as it comes in
/// small pieces. An event fits, and every call in flight has a buffer of it.
const SMALL_READ_BYTES: usize = 8 * 1024;

/// Bytes asked for with a read of a body that comes in large ones: the cost of a read is lost in
/// that of moving the bytes.
const LARGE_READ_BYTES: usize = 128 * 1024;

/// Runs a call until it is done or given up.
pub(crate) async fn run_cancellable(
    shared: &Rc<Shared>,
    mut call: Call,
    mut listener: Listener,
    mut registration: cancel::Registration<'_>,
) -> Result<Answer, Error> {
    let ended = {
        let running = pin!(run(shared, &mut call, &mut listener));
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
    shared.listeners.give_up_those_of(registration.call());
    if let Some(notification) = call.cancellation(&mut shared.core.borrow_mut()) {
        tell_in_background(shared, notification, registration.hold());
    }
    Err(Error::Cancelled)
}

/// Ends a session: every call is given up, the server is told, and gets its farewell.
pub(crate) async fn close(shared: &Rc<Shared>) {
    shared.calls.close();
    shared.core.borrow_mut().close();
    cancelled(shared).await;
    let farewell = shared.core.borrow_mut().farewell();
    if let Some(request) = farewell {
        // Servers may refuse a DELETE; there is nothing to do about it.
        let _ = exchange(shared, request).await;
    }
}

/// Waits until the server has been told of every call that was given up, within a limit: whether
/// it answers is up to it.
async fn cancelled(shared: &Rc<Shared>) {
    let settled = pin!(shared.calls.settled());
    let late = pin!(monotonic_clock::wait_for(nanoseconds(limits::CANCELLATION_WAIT)));
    select(settled, late).await;
}

/// Runs a call until it is done.
pub(crate) async fn run(
    shared: &Rc<Shared>,
    call: &mut Call,
    listener: &mut Listener,
) -> Result<Answer, Error> {
    let mut open = None;
    let mut deadline = Deadline::default();
    let mut untold = Vec::new();
    loop {
        let step = call.poll(&mut shared.core.borrow_mut());
        if let Step::Notify(notification) = &step {
            shared.listeners.taken_back(notification);
        }
        let step = match step {
            // What one piece of a body held is told together.
            Step::Notify(notification) if untold.len() < limits::NOTIFICATIONS_AT_ONCE => {
                untold.push(convert::notification(notification));
                continue;
            }
            other => other,
        };
        shared.listeners.tell(listener, &mut untold).await;
        match step {
            Step::Send(request) => {
                deadline = Deadline::after(request.deadline);
                open = send(shared, call, request, &mut deadline).await;
            }
            Step::Read => read(shared, call, &mut open, &mut deadline).await,
            Step::Drop => open = None,
            Step::Notify(notification) => untold.push(convert::notification(notification)),
            Step::Text(text) => shared.takers.hand(listener, text).await,
            Step::Answer(ServerRequest { call, id, method, params }) => {
                let question = Question { call, method, params, by: Asker::Server(id) };
                if let Err(refused) = shared.listeners.ask(listener, question).await {
                    refuse(shared, refused);
                }
            }
            Step::Ask(requests) => {
                let answers = shared.listeners.ask_all(listener, requests).await;
                call.handle_inputs(&mut shared.core.borrow_mut(), answers);
            }
            Step::Background(call) => in_background(shared, call),
            Step::Wait(pause) => {
                monotonic_clock::wait_for(nanoseconds(jittered(pause))).await;
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

/// A pause, and up to a tenth more, which differs from call to call and from client to client: those
/// that a server lost together must not come back together.
fn jittered(pause: Duration) -> Duration {
    let dice = u32::try_from(monotonic_clock::now() % 100).unwrap_or(0);
    pause.saturating_add(pause.saturating_mul(dice) / 1000)
}

/// A body that is being read, and what with.
struct Open {
    body: Body,
    buffer: Vec<u8>,
    room: usize,
}

impl Open {
    fn new(body: Body) -> Self {
        Self { body, buffer: Vec::new(), room: SMALL_READ_BYTES }
    }

    /// Reads the next piece into the buffer. None where there is one, the end otherwise.
    async fn read(&mut self) -> Option<Result<(), Failure>> {
        let expected = self.body.expected().and_then(|bytes| usize::try_from(bytes).ok());
        let room = match expected {
            // One byte more would show a body that is longer than it should be.
            Some(bytes) => bytes.saturating_add(1).min(LARGE_READ_BYTES),
            None => self.room,
        };
        let end = self.body.read(&mut self.buffer, room).await;
        if self.buffer.len() >= room {
            self.room = LARGE_READ_BYTES;
        }
        end
    }
}

/// How long an exchange may take in all. It is watched here: an executor may have no clock.
#[derive(Default)]
struct Deadline(Option<LocalBoxFuture<'static, ()>>);

impl Deadline {
    fn after(time: Option<Duration>) -> Self {
        Self(time.map(|time| monotonic_clock::wait_for(nanoseconds(time)).boxed_local()))
    }

    /// What `work` comes to, unless the deadline passes before.
    async fn watch<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let Some(passes) = &mut self.0 else { return Ok(work.await) };
        match select(pin!(work), passes).await {
            Either::Left((outcome, _)) => Ok(outcome),
            Either::Right(((), _)) => Err(Failure::sent(ErrorCode::TotalTimeout)),
        }
    }
}

async fn send(
    shared: &Rc<Shared>,
    call: &mut Call,
    request: HttpRequest,
    deadline: &mut Deadline,
) -> Option<Open> {
    let outcome = deadline.watch(exchange(shared, request)).await.flatten();
    let core = &mut shared.core.borrow_mut();
    match outcome {
        Ok((head, body)) => {
            call.handle_response(core, head);
            Some(Open::new(body))
        }
        Err(failure) => {
            call.handle_failure(core, failure);
            None
        }
    }
}

/// Performs an exchange with the endpoint up to the head of its response.
async fn exchange(shared: &Rc<Shared>, request: HttpRequest) -> Result<(Response, Body), Failure> {
    let silence = request.idle_timeout;
    let request = Request {
        method: request.method.as_str().to_owned(),
        url: request.url.unwrap_or_else(|| shared.endpoint.url.clone()),
        fields: request.fields,
        body: request.body,
        redirects: RedirectPolicy::Follow,
        deadlines: Vec::new(),
    };
    let request = request
        .within(Phase::Connect, shared.endpoint.connect_timeout)
        .within(Phase::FirstByte, silence)
        .within(Phase::Idle, silence);
    send_request(request).await
}

async fn read(
    shared: &Rc<Shared>,
    call: &mut Call,
    open: &mut Option<Open>,
    deadline: &mut Deadline,
) {
    let end = match open {
        Some(reading) => {
            match deadline.watch(reading.read()).await.unwrap_or_else(|f| Some(Err(f))) {
                None => {
                    call.handle_body(&mut shared.core.borrow_mut(), &reading.buffer);
                    return;
                }
                Some(end) => end,
            }
        }
        // A body that is not there has ended.
        None => Ok(()),
    };
    *open = None;
    call.handle_body_end(&mut shared.core.borrow_mut(), end);
}

/// Runs a call whose outcome nobody waits for.
fn in_background(shared: &Rc<Shared>, mut call: Call) {
    // One is the count itself.
    if Rc::strong_count(&shared.courtesies) > limits::COURTESIES {
        return;
    }
    let (shared, counted) = (Rc::clone(shared), Rc::clone(&shared.courtesies));
    wit_bindgen::spawn_local(async move {
        // Nothing can be done about a failure: the call was a courtesy.
        let _ = Box::pin(run(&shared, &mut call, &mut Listener::Session)).await;
        drop(counted);
    });
}

/// What goes on beside the calls of a session that was opened: a legacy server is told what to log, and
/// its stream for what belongs to no call is kept, where that is wanted. The stream of the opening
/// before is given up.
pub(crate) fn stand_by(shared: &Rc<Shared>) {
    let told = shared.core.borrow_mut().log_level_call();
    if let Some(call) = told {
        in_background(shared, call);
    }
    let (stream, generation) = {
        let core = shared.core.borrow();
        (core.standing_stream(), core.generation())
    };
    // Embedders count their calls up from zero.
    let name = |generation: u64| CallId(u64::MAX.saturating_sub(generation));
    let (this, last) = (name(generation), name(generation.saturating_sub(1)));
    shared.calls.cancel(last);
    let Some(stream) = stream else { return };
    let shared = Rc::clone(shared);
    wit_bindgen::spawn_local(async move {
        let Ok(registration) = shared.calls.enter(this) else { return };
        // Whatever becomes of it, the session goes on.
        let _ = run_cancellable(&shared, stream, Listener::Session, registration).await;
    });
}

/// Tells the server that a call was given up, while a session that is closing waits for it.
fn tell_in_background(shared: &Rc<Shared>, mut notification: Call, hold: cancel::Hold) {
    let shared = Rc::clone(shared);
    wit_bindgen::spawn_local(async move {
        // A server that refuses it has been told all the same.
        let _ = Box::pin(run(&shared, &mut notification, &mut Listener::Gone)).await;
        drop(hold);
    });
}

/// Answers a request of the server that nobody will.
fn refuse(shared: &Rc<Shared>, Refused { by, reason }: Refused) {
    match by {
        Asker::Server(id) => {
            let response = shared.core.borrow_mut().response(id, Err(reason));
            in_background(shared, response);
        }
        // It notices: nobody has its answer.
        Asker::Call(_) => {}
    }
}

/// Hands the answer to a request of the server to whoever asked.
pub(crate) async fn answer(
    shared: &Rc<Shared>,
    Answered { by, answer }: Answered,
) -> Result<(), Error> {
    match by {
        Asker::Server(id) => {
            let mut response = shared.core.borrow_mut().response(id, answer);
            run(shared, &mut response, &mut Listener::Gone).await.map(drop)
        }
        Asker::Call(waiting) => {
            // A call that was given up meanwhile wants it no more.
            let _ = waiting.send(answer);
            Ok(())
        }
    }
}
