//! What all calls of one session share.

use crate::bindings::exports::sandbar::mcp::messages::UpstreamEvent;
use crate::bindings::sandbar::mcp::types::{Event, SessionOptions, UpstreamOptions};
use crate::cancel::Registry;
use crate::events::{Listener, Listeners};
use crate::upstream::Takers;
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
    /// Of the messages of another client.
    pub(crate) takers: Takers,
    pub(crate) endpoint: Endpoint,
    /// Held once by each courtesy that is on its way.
    pub(crate) courtesies: Rc<()>,
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
        no_total(&options.deadlines)?;
        let endpoint = Endpoint {
            url: options.url.clone(),
            connect_timeout: Deadline::of(Phase::Connect, &options.deadlines),
        };
        let core = RefCell::new(Session::new(convert::config(options))?);
        let (listeners, events) = Listeners::new();
        let (calls, takers) = (Registry::new(), Takers::default());
        let (courtesies, reopening) = (Rc::new(()), Mutex::new(()));
        Ok((Self { core, calls, listeners, takers, endpoint, courtesies, reopening }, events))
    }

    /// A session that is another client's, and what the server will tell that belongs to none of its
    /// messages.
    pub(crate) fn relaying(
        options: UpstreamOptions,
    ) -> Result<(Self, StreamReader<UpstreamEvent>), Error> {
        no_total(&options.deadlines)?;
        let endpoint = Endpoint {
            url: options.url.clone(),
            connect_timeout: Deadline::of(Phase::Connect, &options.deadlines),
        };
        let core = RefCell::new(Session::relaying(convert::relay_config(options))?);
        // Nobody listens to what this client would have to say.
        let (listeners, _) = Listeners::new();
        let (takers, events) = Takers::new();
        let calls = Registry::new();
        let (courtesies, reopening) = (Rc::new(()), Mutex::new(()));
        Ok((Self { core, calls, listeners, takers, endpoint, courtesies, reopening }, events))
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
        Box::pin(self.handshake(&mut Listener::Session)).await?;
        if self.core.borrow().relays() && generation > 0 {
            let shared = Rc::clone(self);
            // Who asked for the session has its own stream to take from meanwhile.
            wit_bindgen::spawn_local(async move {
                shared.takers.tell(UpstreamEvent::Forgotten).await;
            });
        }
        Ok(())
    }
}

fn no_total(deadlines: &[Deadline]) -> Result<(), Error> {
    if Deadline::of(Phase::Total, deadlines).is_some() {
        let reason = "`deadlines` has one for `total`, which a call does not have";
        return Err(Error::InvalidParams(reason.into()));
    }
    Ok(())
}
