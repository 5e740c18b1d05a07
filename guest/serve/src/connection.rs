//! One connection: three kinds of task around one protocol session.
//!
//! The reader takes lines in, the writer sends lines out, and each exchange has
//! a task of its own. None waits for another but through a signal, so no order
//! of traffic can lock them: a reader that is held up still lets the writer
//! write, and what the writer writes lets the reader read.

use crate::bindings::exports::sandbar::executor::server::Connection as Options;
use crate::bindings::wit_stream;
use crate::exchange;
use futures::future::{AbortHandle, abortable, select};
use sandbar_exchange::{Request, nanoseconds};
use sandbar_guest_kit::{LineReader, LineWriter, Signal, monotonic_clock};
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::server::{CallId, Event, ServerConfig, ServerSession, Transport};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::StreamReader;

/// A connection, as its tasks share it.
pub(crate) struct Connection {
    session: RefCell<ServerSession>,
    exchanges: RefCell<BTreeMap<CallId, Running>>,
    /// Raised when there may be something to write, and at the end.
    outbound: Signal,
    /// Raised when there may be room to read, and at the end.
    inbound: Signal,
    /// The client will say nothing more; what it is owed is still sent, unless it is too early for
    /// it.
    drained: Cell<bool>,
    closed: Cell<bool>,
}

/// An exchange that runs.
struct Running {
    abort: AbortHandle,
    writable: Rc<Signal>,
}

/// Starts to serve a connection; returns what the client is sent.
pub(crate) fn start(incoming: StreamReader<u8>, options: Options) -> StreamReader<u8> {
    let (writer, outgoing) = wit_stream::new();
    let transport = match options.peer {
        Some(peer) => Transport::WebSocket { peer },
        None => Transport::Stdio,
    };
    let config =
        ServerConfig { session_id: options.session_id, transport, extensions: Extensions::all() };
    let connection = Rc::new(Connection {
        session: RefCell::new(ServerSession::new(config)),
        exchanges: RefCell::default(),
        outbound: Signal::default(),
        inbound: Signal::default(),
        drained: Cell::new(false),
        closed: Cell::new(false),
    });
    wit_bindgen::spawn_local(read(Rc::clone(&connection), LineReader::new(incoming)));
    wit_bindgen::spawn_local(write(connection, LineWriter::new(writer)));
    outgoing
}

async fn read(connection: Rc<Connection>, mut incoming: LineReader) {
    let handle = |line: &[u8]| connection.with(|session| session.handle_message(line));
    let ready = async || {
        while !connection.closed.get() && !connection.session.borrow().ready_for_input() {
            connection.inbound.wait().await;
        }
    };
    incoming.run(handle, ready).await;
    connection.drained.set(true);
    connection.outbound.raise();
}

async fn write(connection: Rc<Connection>, mut outgoing: LineWriter) {
    loop {
        let next = || {
            let now = Duration::from_nanos(monotonic_clock::now());
            connection.session.borrow_mut().poll_transmit(now)
        };
        if !outgoing.run(next).await {
            break;
        }
        // What was sent made room.
        connection.dispatch();
        connection.inbound.raise();
        if connection.closed.get() || connection.drained.get() {
            break;
        }
        connection.wait_to_write().await;
    }
    connection.close();
}

impl Connection {
    /// Does something to the session, and whatever follows from it.
    pub(crate) fn with<T>(self: &Rc<Self>, change: impl FnOnce(&mut ServerSession) -> T) -> T {
        let outcome = change(&mut self.session.borrow_mut());
        self.dispatch();
        self.outbound.raise();
        outcome
    }

    /// Waits until there may be something to write: because something happened, or because the
    /// time of a delta has come that it was too early for.
    async fn wait_to_write(&self) {
        let changed = pin!(self.outbound.wait());
        let timeout = self.session.borrow().poll_timeout();
        match timeout.map(nanoseconds) {
            None => changed.await,
            Some(due) => {
                select(changed, pin!(monotonic_clock::wait_until(due))).await;
            }
        }
    }

    /// Carries out what the session asks for.
    fn dispatch(self: &Rc<Self>) {
        loop {
            let event = self.session.borrow_mut().poll_event();
            match event {
                Some(Event::StartRequest { call, request }) => self.start_exchange(call, request),
                Some(Event::Cancel { call }) => self.cancel(call),
                Some(Event::Writable { call }) => self.writable(call),
                Some(Event::Close(_reason)) => self.close(),
                None => return,
            }
        }
    }

    fn start_exchange(self: &Rc<Self>, call: CallId, request: Request) {
        let connection = Rc::clone(self);
        let writable = Rc::new(Signal::default());
        let signal = Rc::clone(&writable);
        let (task, abort) = abortable(async move {
            exchange::run(&connection, call, request, &signal).await;
            connection.exchanges.borrow_mut().remove(&call);
        });
        self.exchanges.borrow_mut().insert(call, Running { abort, writable });
        wit_bindgen::spawn_local(async move {
            // An aborted exchange drops its stream, which closes its connection.
            let _ = task.await;
        });
    }

    fn cancel(&self, call: CallId) {
        if let Some(running) = self.exchanges.borrow_mut().remove(&call) {
            running.abort.abort();
        }
    }

    fn writable(&self, call: CallId) {
        if let Some(running) = self.exchanges.borrow().get(&call) {
            running.writable.raise();
        }
    }

    /// Ends the connection: exchanges are cancelled, and the tasks come to an
    /// end when they are woken.
    fn close(self: &Rc<Self>) {
        if self.closed.replace(true) {
            return;
        }
        self.session.borrow_mut().handle_disconnect();
        self.dispatch();
        self.outbound.raise();
        self.inbound.raise();
    }
}
