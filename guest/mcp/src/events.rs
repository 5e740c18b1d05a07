//! What a session tells: notifications and requests of the server, to whoever listens.

use crate::bindings::sandbar::mcp::types::{Event, Notification};
use crate::bindings::wit_stream;
use crate::convert;
use futures::lock::Mutex;
use sandbar_mcp_core::{CallId, RequestId, ServerRequest, limits};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use wit_bindgen::{StreamReader, StreamWriter};

/// The listeners of one session.
pub(crate) struct Listeners {
    /// Where events that belong to no listening call go; none once nobody takes them.
    session: Mutex<Option<StreamWriter<Event>>>,
    /// Calls that are yet to be made.
    calls: RefCell<BTreeMap<CallId, StreamWriter<Notification>>>,
    /// Requests of the server that wait for their answer.
    asked: RefCell<BTreeMap<u64, RequestId>>,
    last: Cell<u64>,
}

/// Who hears the notifications of a call.
pub(crate) enum Listener {
    /// Whoever asked for those of this call.
    Call(StreamWriter<Notification>),
    /// Whoever listens to the session.
    Session,
    /// Nobody yet: the session is being opened, and its events are kept until it is.
    Opening(Vec<Event>),
    /// Nobody any more.
    Gone,
}

/// A request that cannot be put to anybody.
pub(crate) struct Refused {
    pub(crate) id: RequestId,
    pub(crate) reason: Unanswerable,
}

/// Why.
pub(crate) enum Unanswerable {
    NobodyListens { method: String },
    TooMany,
}

impl Listeners {
    /// Listeners without any call, and what the session's own listener is given.
    pub(crate) fn new() -> (Self, StreamReader<Event>) {
        let (writer, reader) = wit_stream::new();
        let listeners = Self {
            session: Mutex::new(Some(writer)),
            calls: RefCell::default(),
            asked: RefCell::default(),
            last: Cell::new(0),
        };
        (listeners, reader)
    }

    /// Has the notifications of a call that is yet to be made listened to. Where too many calls
    /// have not been made yet, the stream ends at once.
    pub(crate) fn listen(&self, call: CallId) -> StreamReader<Notification> {
        let (writer, reader) = wit_stream::new();
        let mut calls = self.calls.borrow_mut();
        if calls.len() < limits::LISTENERS {
            calls.insert(call, writer);
        }
        reader
    }

    /// The listener of a call that is being made.
    pub(crate) fn of(&self, call: CallId) -> Listener {
        self.calls.borrow_mut().remove(&call).map_or(Listener::Session, Listener::Call)
    }

    /// Tells the notifications of a call, in order, and returns when they have been taken.
    pub(crate) async fn tell(
        &self,
        listener: &mut Listener,
        notifications: &mut Vec<Notification>,
    ) {
        if notifications.is_empty() {
            return;
        }
        let notifications = std::mem::take(notifications);
        match listener {
            Listener::Call(stream) => {
                if !stream.write_all(notifications).await.is_empty() {
                    *listener = Listener::Gone;
                }
            }
            Listener::Session => self.tell_session(events(notifications).collect()).await,
            Listener::Opening(kept) => keep(kept, events(notifications)),
            Listener::Gone => {}
        }
    }

    /// Puts a request of the server to whoever listens to the session, and returns when it has been
    /// taken: its answer comes later.
    pub(crate) async fn ask(
        &self,
        listener: &mut Listener,
        request: ServerRequest,
    ) -> Result<(), Refused> {
        let unkept = matches!(listener, Listener::Opening(kept) if kept.len() >= limits::EVENTS_WHILE_OPENING);
        if unkept || self.asked.borrow().len() >= limits::SERVER_REQUESTS {
            return Err(Refused { id: request.id, reason: Unanswerable::TooMany });
        }
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        let (id, request) = convert::server_request(number, request);
        let method = request.method.clone();
        self.asked.borrow_mut().insert(number, id);
        let event = Event::Request(request);
        match listener {
            Listener::Opening(kept) => keep(kept, [event].into_iter()),
            _ => self.tell_session(vec![event]).await,
        }
        if self.session_is_heard() {
            return Ok(());
        }
        match self.asked(number) {
            Some(id) => Err(Refused { id, reason: Unanswerable::NobodyListens { method } }),
            None => Ok(()),
        }
    }

    /// Takes a request of the server that is being answered.
    pub(crate) fn asked(&self, number: u64) -> Option<RequestId> {
        self.asked.borrow_mut().remove(&number)
    }

    /// Tells the session's listener, and returns when everything has been taken. Whoever comes
    /// later waits: events are told in the order in which they came.
    pub(crate) async fn tell_session(&self, events: Vec<Event>) {
        let mut session = self.session.lock().await;
        let Some(stream) = session.as_mut() else { return };
        if !stream.write_all(events).await.is_empty() {
            *session = None;
        }
    }

    fn session_is_heard(&self) -> bool {
        // Held by somebody, it is there.
        self.session.try_lock().is_none_or(|session| session.is_some())
    }
}

fn events(notifications: Vec<Notification>) -> impl Iterator<Item = Event> {
    notifications.into_iter().map(Event::Notification)
}

/// Keeps events until the session is open, as many as there may be.
fn keep(kept: &mut Vec<Event>, events: impl Iterator<Item = Event>) {
    let room = limits::EVENTS_WHILE_OPENING.saturating_sub(kept.len());
    kept.extend(events.take(room));
}
