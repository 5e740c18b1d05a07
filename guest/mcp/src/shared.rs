//! What all calls of one session share.

use crate::bindings::sandbar::mcp::types::{Event, SessionOptions};
use crate::cancel::Registry;
use crate::events::{Listener, Listeners};
use crate::{convert, drive};
use futures::lock::Mutex;
use sandbar_exchange::{Deadline, Phase};
use sandbar_mcp_core::{Error, ServerDescription, Session};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::StreamReader;

/// One session: the core's state, and what the core leaves to its driver.
pub(crate) struct Shared {
    pub(crate) core: RefCell<Session>,
    pub(crate) calls: Registry,
    pub(crate) listeners: Listeners,
    pub(crate) endpoint: Endpoint,
    /// Held while the session is being reopened, so that calls which lost it
    /// together make one new session and not one each.
    reopening: Mutex<()>,
}

/// Where and how exchanges are sent.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) connect_timeout: Option<Duration>,
}

impl Shared {
    /// A session that is not open yet, and what it will tell unasked.
    pub(crate) fn new(options: SessionOptions) -> Result<(Self, StreamReader<Event>), Error> {
        if Deadline::of(Phase::Total, &options.deadlines).is_some() {
            let reason = "`deadlines` has one for `total`, which a call does not have";
            return Err(Error::InvalidParams(reason.into()));
        }
        let endpoint = Endpoint {
            url: options.url.clone(),
            connect_timeout: Deadline::of(Phase::Connect, &options.deadlines),
        };
        let core = RefCell::new(Session::new(convert::config(options))?);
        let (listeners, events) = Listeners::new();
        let calls = Registry::new();
        Ok((Self { core, calls, listeners, endpoint, reopening: Mutex::new(()) }, events))
    }

    /// Opens the session for the first time.
    pub(crate) async fn open(self: &Rc<Self>) -> Result<ServerDescription, Error> {
        let mut listener = Listener::Opening(Vec::new());
        self.handshake(&mut listener).await?;
        if let Listener::Opening(events) = listener
            && !events.is_empty()
        {
            let shared = Rc::clone(self);
            // They are taken once this call has returned.
            wit_bindgen::spawn_local(async move { shared.listeners.tell_session(events).await });
        }
        let known = self.core.borrow().description().cloned();
        known.ok_or(Error::Misuse("the session is open and not described"))
    }

    async fn handshake(self: &Rc<Self>, listener: &mut Listener) -> Result<(), Error> {
        let mut opening = self.core.borrow_mut().open();
        drive::run(self, &mut opening, listener).await?;
        drive::stand_by(self);
        Ok(())
    }

    /// Opens the session anew, unless that has happened since `generation`.
    pub(crate) async fn reopen(self: &Rc<Self>, generation: u64) -> Result<(), Error> {
        let _guard = self.reopening.lock().await;
        if self.core.borrow().generation() != generation {
            return Ok(());
        }
        // An opening never asks for a reopening, so the recursion that the
        // compiler sees ends here; boxing gives it a size.
        Box::pin(self.handshake(&mut Listener::Session)).await
    }
}
