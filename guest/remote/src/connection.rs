//! One connection: a task that reads lines, a task that writes them, and the
//! exchanges of callers around one protocol session.

use crate::bindings::exports::sandbar::http::client::ErrorCode;
use crate::bindings::sandbar::executor::channel;
use crate::bindings::wit_stream;
use sandbar_guest_wire::{Ended, Signal, read_lines, write_lines};
use sandbar_protocol::client::{CallId, ClientConfig, ClientSession, Event};
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::http::{ErrorCode as WireError, Head, HttpRequest};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use wit_bindgen::{StreamReader, StreamWriter};

/// How this client calls itself in the handshake.
const CLIENT_NAME: &str = "sandbar";

/// A connection, as its tasks and exchanges share it.
pub(crate) struct Connection {
    session: RefCell<ClientSession>,
    calls: RefCell<BTreeMap<CallId, Rc<Caller>>>,
    outbound: Signal,
    inbound: Signal,
    open: Cell<bool>,
}

/// What is known of a call, and whom to wake when there is more.
#[derive(Default)]
pub(crate) struct Caller {
    pub(crate) changed: Signal,
    head: RefCell<Option<Result<Head, WireError>>>,
}

impl Caller {
    /// The response, or why there is none, once that is known.
    pub(crate) fn take_head(&self) -> Option<Result<Head, WireError>> {
        self.head.borrow_mut().take()
    }
}

impl Connection {
    /// Opens the channel and starts the handshake.
    pub(crate) async fn open() -> Result<Rc<Self>, ErrorCode> {
        let (writer, outgoing) = wit_stream::new();
        let incoming = channel::connect(outgoing).await.map_err(ErrorCode::Disconnected)?;
        let config = ClientConfig {
            client_name: CLIENT_NAME.to_owned(),
            resume_session_id: None,
            extensions: Extensions::all(),
        };
        let connection = Rc::new(Self {
            session: RefCell::new(ClientSession::new(config)),
            calls: RefCell::default(),
            outbound: Signal::default(),
            inbound: Signal::default(),
            open: Cell::new(true),
        });
        wit_bindgen::spawn_local(read(Rc::clone(&connection), incoming));
        wit_bindgen::spawn_local(write(Rc::clone(&connection), writer));
        Ok(connection)
    }

    /// Whether exchanges can begin on it.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Asks for an exchange.
    pub(crate) fn request(
        &self,
        request: HttpRequest,
    ) -> Result<(CallId, Rc<Caller>), crate::convert::RequestError> {
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

    /// Forgets a call: cancelled if it runs.
    pub(crate) fn release(&self, call: CallId) {
        if self.calls.borrow_mut().remove(&call).is_some() {
            self.with(|session| session.cancel(call));
        }
    }

    /// Tells callers what the session has for them.
    fn dispatch(&self) {
        loop {
            let event = self.session.borrow_mut().poll_event();
            match event {
                Some(Event::Head { call, head }) => self.answer(call, Ok(head)),
                Some(Event::Failed { call, error }) => self.answer(call, Err(error)),
                Some(Event::Readable { call }) => self.wake(call),
                Some(Event::Closed(_reason)) => self.close(),
                Some(Event::Connected { .. }) => {}
                None => return,
            }
        }
    }

    fn answer(&self, call: CallId, head: Result<Head, WireError>) {
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
    fn lose(&self, reason: &str) {
        self.with(|session| session.handle_disconnect(reason));
        self.close();
    }
}

async fn read(connection: Rc<Connection>, mut incoming: StreamReader<u8>) {
    let handle = |line: &[u8]| connection.with(|session| session.handle_message(line));
    let ready = async || {
        while connection.is_open() && !connection.session.borrow().ready_for_input() {
            connection.inbound.wait().await;
        }
    };
    let reason = match read_lines(&mut incoming, handle, ready).await {
        Ended::Closed => "the executor closed the connection",
        Ended::LineTooLong => "the executor sent a message that is too long",
    };
    connection.lose(reason);
}

async fn write(connection: Rc<Connection>, mut outgoing: StreamWriter<u8>) {
    while connection.is_open() {
        let next = || connection.session.borrow_mut().poll_transmit();
        if !write_lines(&mut outgoing, next).await {
            break;
        }
        connection.dispatch();
        connection.outbound.wait().await;
    }
    connection.lose("the connection to the executor was lost");
}
