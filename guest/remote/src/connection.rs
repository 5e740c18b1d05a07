//! One connection: its session, and the exchanges that callers have on it.
//!
//! Who moves its lines is the affair of `driver`.

use crate::bindings::sandbar::executor::channel;
use crate::bindings::wit_stream;
use crate::driver::Ends;
use futures::channel::oneshot;
use sandbar_exchange::{ErrorCode, Failure, Request, Response};
use sandbar_guest_kit::{LineReader, LineWriter, Signal};
use sandbar_protocol::client::{CallId, ClientConfig, ClientSession, Event, RequestError};
use sandbar_protocol::extensions::{Extension, Extensions};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How this client calls itself in the handshake.
const CLIENT_NAME: &str = "sandbar";

/// A connection, as its tasks and exchanges share it.
pub(crate) struct Connection {
    session: RefCell<ClientSession>,
    calls: RefCell<BTreeMap<CallId, Rc<Caller>>>,
    /// Raised when there may be something to write, and at the end.
    pub(crate) outbound: Signal,
    /// Raised when there may be room to read, and at the end.
    pub(crate) inbound: Signal,
    open: Cell<bool>,
}

/// What is known of a call, and whom to wake when there is more.
#[derive(Default)]
pub(crate) struct Caller {
    pub(crate) changed: Signal,
    /// How its task is asked to move the lines of the connection.
    heir: RefCell<Option<oneshot::Sender<Ends>>>,
    head: RefCell<Option<Result<Response, Failure>>>,
}

impl Caller {
    /// Has the call asked to move lines if whoever does it is gone.
    pub(crate) fn stand_by(&self) -> oneshot::Receiver<Ends> {
        let (sender, receiver) = oneshot::channel();
        *self.heir.borrow_mut() = Some(sender);
        receiver
    }

    /// The response, or why there is none, once that is known.
    pub(crate) fn take_head(&self) -> Option<Result<Response, Failure>> {
        self.head.borrow_mut().take()
    }
}

impl Connection {
    /// Opens the channel. What is returned with the connection has to be driven.
    pub(crate) async fn open() -> Result<(Rc<Self>, Ends), Failure> {
        let (writer, outgoing) = wit_stream::new();
        let connected = channel::connect(outgoing).await;
        let incoming = connected.map_err(|why| Failure::unsent(ErrorCode::Disconnected(why)))?;
        let config =
            ClientConfig { client_name: CLIENT_NAME.to_owned(), extensions: Extensions::all() };
        let connection = Rc::new(Self {
            session: RefCell::new(ClientSession::new(config)),
            calls: RefCell::default(),
            outbound: Signal::default(),
            inbound: Signal::default(),
            open: Cell::new(true),
        });
        let ends = Ends { reader: LineReader::new(incoming), writer: LineWriter::new(writer) };
        Ok((connection, ends))
    }

    /// Whether exchanges can begin on it.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Asks for an exchange.
    pub(crate) fn request(&self, request: Request) -> Result<(CallId, Rc<Caller>), RequestError> {
        let call = self.session.borrow_mut().request(request)?;
        let caller = Rc::<Caller>::default();
        self.calls.borrow_mut().insert(call, Rc::clone(&caller));
        self.outbound.raise();
        Ok((call, caller))
    }

    /// Does something to the session, and whatever follows from it.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut ClientSession) -> T) -> T {
        let outcome = change(&mut self.session.borrow_mut());
        self.dispatch();
        self.outbound.raise();
        self.inbound.raise();
        outcome
    }

    /// Has another task move the lines; without one, the connection is of no use to anybody.
    pub(crate) fn hand_over(&self, mut ends: Ends) {
        while let Some(heir) = self.next_heir() {
            match heir.send(ends) {
                Ok(()) => return,
                Err(refused) => ends = refused,
            }
        }
        self.lose("nobody is left who uses the connection");
    }

    fn next_heir(&self) -> Option<oneshot::Sender<Ends>> {
        self.calls.borrow().values().find_map(|caller| caller.heir.take())
    }

    /// Whether another message should be read.
    pub(crate) fn ready_for_input(&self) -> bool {
        self.session.borrow().ready_for_input()
    }

    /// The next message to send.
    pub(crate) fn poll_transmit(&self) -> Option<String> {
        self.session.borrow_mut().poll_transmit()
    }

    /// Whether the executor keeps the deadlines of requests, as far as is known.
    pub(crate) fn executor_keeps_deadlines(&self) -> bool {
        self.session.borrow().extensions().contains(Extension::Timeouts)
    }

    /// Forgets a call: cancelled if it runs.
    pub(crate) fn release(&self, call: CallId) {
        let released = self.calls.borrow_mut().remove(&call);
        if let Some(caller) = released {
            self.with(|session| session.cancel(call));
            // The session has no more events for it: whoever waits for one, as the task that passes
            // its body on may, would wait for ever.
            caller.changed.raise();
        }
    }

    /// Tells callers what the session has for them.
    pub(crate) fn dispatch(&self) {
        loop {
            let event = self.session.borrow_mut().poll_event();
            match event {
                Some(Event::Head { call, response }) => self.answer(call, Ok(response)),
                Some(Event::Failed { call, failure }) => self.answer(call, Err(failure)),
                Some(Event::Readable { call }) => self.wake(call),
                Some(Event::Closed(_reason)) => self.close(),
                Some(Event::Connected { .. }) => {}
                None => return,
            }
        }
    }

    fn answer(&self, call: CallId, head: Result<Response, Failure>) {
        if let Some(caller) = self.calls.borrow().get(&call) {
            *caller.head.borrow_mut() = Some(head);
            caller.changed.raise();
        }
    }

    fn wake(&self, call: CallId) {
        if let Some(caller) = self.calls.borrow().get(&call) {
            caller.changed.raise();
        }
    }

    /// Exchanges end as the session has them end; the tasks when they are woken.
    fn close(&self) {
        self.open.set(false);
        self.outbound.raise();
        self.inbound.raise();
    }

    /// The connection is gone.
    pub(crate) fn lose(&self, reason: &str) {
        self.with(|session| session.handle_disconnect(reason));
        self.close();
    }
}
