//! How a call in flight learns that it was given up, and a closing session that all have.

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::Shared;
use sandbar_mcp_core::{CallId, Error};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;

/// The calls in flight, by the embedder's name for them.
pub(crate) struct Registry {
    calls: RefCell<BTreeMap<CallId, oneshot::Sender<()>>>,
    /// What calls get theirs from; none once the session is closing.
    hold: RefCell<Option<Hold>>,
    /// Resolves when the last hold is gone.
    settled: Shared<oneshot::Receiver<Infallible>>,
}

/// Keeps a closing session waiting: there may be a call to tell the server of.
#[derive(Clone)]
pub(crate) struct Hold {
    _sender: Rc<oneshot::Sender<Infallible>>,
}

/// A call's place in the registry; gives it up when dropped.
pub(crate) struct Registration<'a> {
    registry: &'a Registry,
    id: CallId,
    given_up: oneshot::Receiver<()>,
    hold: Hold,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let (sender, settled) = oneshot::channel();
        Self {
            calls: RefCell::default(),
            hold: RefCell::new(Some(Hold { _sender: Rc::new(sender) })),
            settled: settled.shared(),
        }
    }

    /// Enters a call.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] when a call of that name is in flight, [`Error::Closed`] after
    /// [`Registry::close`].
    pub(crate) fn enter(&self, id: CallId) -> Result<Registration<'_>, Error> {
        let hold = self.hold.borrow().clone().ok_or(Error::Closed)?;
        let mut calls = self.calls.borrow_mut();
        if calls.contains_key(&id) {
            return Err(Error::InvalidParams("a call with this id is in flight".into()));
        }
        let (sender, given_up) = oneshot::channel();
        calls.insert(id, sender);
        Ok(Registration { registry: self, id, given_up, hold })
    }

    /// Gives up one call, if it is in flight.
    pub(crate) fn cancel(&self, id: CallId) {
        if let Some(sender) = self.calls.borrow_mut().remove(&id) {
            // The call may be ending by itself at this moment.
            let _ = sender.send(());
        }
    }

    /// Gives up every call, and takes no more.
    pub(crate) fn close(&self) {
        self.hold.borrow_mut().take();
        for (_, sender) in std::mem::take(&mut *self.calls.borrow_mut()) {
            let _ = sender.send(());
        }
    }

    /// Resolves when, after [`Registry::close`], no call is in flight and no server is being told
    /// of one: also of those that were given up before.
    pub(crate) async fn settled(&self) {
        // Nothing is ever sent: that the senders are gone is the message.
        let _ = self.settled.clone().await;
    }
}

impl Registration<'_> {
    /// The name of the call.
    pub(crate) const fn call(&self) -> CallId {
        self.id
    }

    /// Resolves when the call is given up.
    pub(crate) async fn given_up(&mut self) {
        // The sender goes away unused only with the registration itself.
        let _ = (&mut self.given_up).await;
    }

    /// Keeps a closing session waiting for longer than the call lasts.
    pub(crate) fn hold(&self) -> Hold {
        self.hold.clone()
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.registry.calls.borrow_mut().remove(&self.id);
    }
}
