//! What a session tells: notifications and requests of the server, to whoever listens.

use crate::bindings::sandbar::mcp::types::{self as wit, Event, Notification};
use crate::bindings::wit_stream;
use crate::records;
use futures::channel::oneshot;
use futures::lock::Mutex;
use sandbar_mcp_core::{
    self as core, CallId, Elicitation, Error, InputRequest, RequestId, RpcError, limits,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use wit_bindgen::{StreamReader, StreamWriter};

/// The listeners of one session.
pub(crate) struct Listeners {
    /// Where events that belong to no listening call go; none once nobody takes them.
    session: Rc<Mutex<Option<StreamWriter<Event>>>>,
    /// Calls that are yet to be made.
    calls: RefCell<BTreeMap<CallId, StreamWriter<Notification>>>,
    /// Requests of the server that wait for their answer.
    asked: RefCell<BTreeMap<u64, Asked>>,
    last: Cell<u64>,
}

/// Who hears the notifications of a call.
pub(crate) enum Listener {
    /// Whoever asked for those of this call.
    Call(StreamWriter<Notification>),
    /// Whoever listens to the session.
    Session,
    /// Whoever takes what the server says in return to a message of another client.
    Taker(StreamWriter<String>),
    /// Nobody yet: the session is being opened, and its events are kept until it is.
    Opening(Vec<Event>),
    /// Nobody any more.
    Gone,
}

/// What a server asks.
pub(crate) struct Question {
    pub(crate) call: Option<CallId>,
    pub(crate) method: String,
    pub(crate) params: Option<String>,
    pub(crate) by: Asker,
}

/// Who waits for an answer.
pub(crate) enum Asker {
    /// A legacy server, for a response.
    Server(RequestId),
    /// A call, to go on with.
    Call(oneshot::Sender<Result<String, RpcError>>),
}

/// A request of the server that waits for its answer.
struct Asked {
    call: Option<CallId>,
    by: Asker,
    elicitation: Option<Elicitation>,
}

/// The answer to a request of the server, and who waits for it.
pub(crate) struct Answered {
    pub(crate) by: Asker,
    pub(crate) answer: Result<String, RpcError>,
}

/// A request that cannot be put to anybody.
pub(crate) struct Refused {
    pub(crate) by: Asker,
    pub(crate) reason: RpcError,
}

/// JSON-RPC 2.0 section 5.1.
const INVALID_PARAMS: i64 = -32602;

impl Listeners {
    /// Listeners without any call, and what the session's own listener is given.
    pub(crate) fn new() -> (Self, StreamReader<Event>) {
        let (writer, reader) = wit_stream::new();
        let listeners = Self {
            session: Rc::new(Mutex::new(Some(writer))),
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
                // Whoever watches the server listens to the session.
                let changes = notifications.iter().filter(|one| one.change.is_some()).cloned();
                let changes: Vec<_> = events(changes.collect()).collect();
                if !changes.is_empty() {
                    self.tell_session(changes).await;
                }
                if !stream.write_all(notifications).await.is_empty() {
                    *listener = Listener::Gone;
                }
            }
            Listener::Session => self.tell_session(events(notifications).collect()).await,
            Listener::Opening(kept) => keep(kept, events(notifications)),
            // What this client has to say is nothing to another.
            Listener::Taker(_) | Listener::Gone => {}
        }
    }

    /// Puts a request of the server to whoever listens to the session, and returns when it has been
    /// taken: its answer comes later, under the number that is returned.
    pub(crate) async fn ask(
        &self,
        listener: &mut Listener,
        question: Question,
    ) -> Result<u64, Refused> {
        let Question { call, method, params, by } = question;
        let unkept = matches!(listener, Listener::Opening(kept) if kept.len() >= limits::EVENTS_WHILE_OPENING);
        if unkept || self.asked.borrow().len() >= limits::SERVER_REQUESTS {
            let reason = RpcError::internal("too many requests wait for an answer");
            return Err(Refused { by, reason });
        }
        let elicitation = match elicitation(&method, params.as_deref()) {
            Ok(elicitation) => elicitation,
            Err(message) => {
                let reason = RpcError { code: INVALID_PARAMS, message, data: None };
                return Err(Refused { by, reason });
            }
        };
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        let request = wit::ServerRequest {
            id: number,
            call: call.map(|call| call.0),
            elicitation: elicitation.clone().map(records::elicitation),
            method: method.clone(),
            params,
        };
        self.asked.borrow_mut().insert(number, Asked { call, by, elicitation });
        // Given up if the call is, before it has been taken.
        let mut asking = Asking { listeners: self, number: Some(number) };
        let event = Event::Request(request);
        match listener {
            Listener::Opening(kept) => keep(kept, [event].into_iter()),
            _ => self.tell_session(vec![event]).await,
        }
        asking.number = None;
        if self.session_is_heard() {
            return Ok(number);
        }
        match self.withdraw(number) {
            Some(by) => Err(Refused { by, reason: RpcError::method_not_found(&method) }),
            None => Ok(number),
        }
    }

    /// Puts what a server wants to know before it answers to whoever listens to the session, and
    /// returns the answers. None where one of them is not to be had.
    pub(crate) async fn ask_all(
        &self,
        listener: &mut Listener,
        requests: Vec<InputRequest>,
    ) -> Option<Vec<String>> {
        let mut waiting = Vec::with_capacity(requests.len());
        for InputRequest { call, method, params } in requests {
            let (sender, answer) = oneshot::channel();
            let by = Asker::Call(sender);
            let question = Question { call: Some(call), method, params, by };
            let number = self.ask(listener, question).await.ok()?;
            waiting.push(Awaited { listeners: self, number, answer });
        }
        let mut answers = Vec::with_capacity(waiting.len());
        for awaited in &mut waiting {
            answers.push((&mut awaited.answer).await.ok()?.ok()?);
        }
        Some(answers)
    }

    /// Takes the answer to a request of the server: who waits for it, and what is to be said. None
    /// where nobody waits any more.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] where it does not fit; the request waits for another.
    pub(crate) fn answered(
        &self,
        number: u64,
        answer: Result<String, RpcError>,
    ) -> Result<Option<Answered>, Error> {
        let answer = match (answer, self.asked.borrow().get(&number)) {
            (_, None) => return Ok(None),
            (Ok(answer), Some(Asked { elicitation: Some(elicitation), .. })) => {
                Ok(elicitation.complete(&answer).map_err(Error::InvalidParams)?)
            }
            (answer, Some(_)) => answer,
        };
        Ok(self.withdraw(number).map(|by| Answered { by, answer }))
    }

    /// Gives up those requests of the server that came with a call.
    pub(crate) fn give_up_those_of(&self, call: CallId) {
        self.give_up_where(|asked| asked.call == Some(call));
    }

    /// Gives up the request that the server takes back.
    pub(crate) fn taken_back(&self, notification: &core::Notification) {
        self.give_up_where(|asked| match &asked.by {
            Asker::Server(id) => id.is_taken_back_by(notification),
            Asker::Call(_) => false,
        });
    }

    fn give_up_where(&self, is_meant: impl Fn(&Asked) -> bool) {
        let asked = self.asked.borrow();
        let meant = asked.iter().filter(|(_, asked)| is_meant(asked)).map(|(number, _)| *number);
        let meant: Vec<_> = meant.collect();
        drop(asked);
        for number in meant {
            self.give_up(number);
        }
    }

    /// Gives up a request that nobody wants answered any more, and tells whoever was asked.
    fn give_up(&self, number: u64) {
        if self.withdraw(number).is_some() {
            let session = Rc::clone(&self.session);
            let event = Event::Withdrawn(number);
            wit_bindgen::spawn_local(async move { tell_one(&session, vec![event]).await });
        }
    }

    /// Takes a request of the server off the list: there will be no answer.
    fn withdraw(&self, number: u64) -> Option<Asker> {
        self.asked.borrow_mut().remove(&number).map(|asked| asked.by)
    }

    /// Tells the session's listener, and returns when everything has been taken. Whoever comes
    /// later waits: events are told in the order in which they came.
    pub(crate) async fn tell_session(&self, events: Vec<Event>) {
        tell_one(&self.session, events).await;
    }

    fn session_is_heard(&self) -> bool {
        // Held by somebody, it is there.
        self.session.try_lock().is_none_or(|session| session.is_some())
    }
}

async fn tell_one(session: &Mutex<Option<StreamWriter<Event>>>, events: Vec<Event>) {
    let mut session = session.lock().await;
    let Some(stream) = session.as_mut() else { return };
    if !stream.write_all(events).await.is_empty() {
        *session = None;
    }
}

/// A request that is being put to whoever listens.
struct Asking<'a> {
    listeners: &'a Listeners,
    /// None once it has been taken.
    number: Option<u64>,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.listeners.give_up(number);
        }
    }
}

/// A request whose answer a call waits for; given up with the call.
struct Awaited<'a> {
    listeners: &'a Listeners,
    number: u64,
    answer: oneshot::Receiver<Result<String, RpcError>>,
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.listeners.give_up(self.number);
    }
}

/// The typed form of what a server asks, where it has one.
fn elicitation(method: &str, params: Option<&str>) -> Result<Option<Elicitation>, String> {
    (method == "elicitation/create").then(|| Elicitation::parse(params)).transpose()
}

fn events(notifications: Vec<Notification>) -> impl Iterator<Item = Event> {
    notifications.into_iter().map(Event::Notification)
}

/// Keeps events until the session is open, as many as there may be.
fn keep(kept: &mut Vec<Event>, events: impl Iterator<Item = Event>) {
    let room = limits::EVENTS_WHILE_OPENING.saturating_sub(kept.len());
    kept.extend(events.take(room));
}
