//! How a call in flight learns that it was given up.

use futures::channel::oneshot;
use sandbar_mcp_core::{CallId, Error};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The calls in flight, by the embedder's name for them.
#[derive(Default)]
pub(crate) struct Registry {
    calls: RefCell<BTreeMap<CallId, oneshot::Sender<()>>>,
}

/// A call's place in the registry; gives it up when dropped.
pub(crate) struct Registration<'a> {
    registry: &'a Registry,
    id: CallId,
    given_up: oneshot::Receiver<()>,
}

impl Registry {
    /// Enters a call.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParams`] when a call of that name is in flight.
    pub(crate) fn enter(&self, id: CallId) -> Result<Registration<'_>, Error> {
        let mut calls = self.calls.borrow_mut();
        if calls.contains_key(&id) {
            return Err(Error::InvalidParams("a call with this id is in flight".into()));
        }
        let (sender, given_up) = oneshot::channel();
        calls.insert(id, sender);
        Ok(Registration { registry: self, id, given_up })
    }

    /// Gives up one call, if it is in flight.
    pub(crate) fn cancel(&self, id: CallId) {
        if let Some(sender) = self.calls.borrow_mut().remove(&id) {
            // The call may be ending by itself at this moment.
            let _ = sender.send(());
        }
    }

    /// Gives up every call.
    pub(crate) fn cancel_all(&self) {
        for (_, sender) in std::mem::take(&mut *self.calls.borrow_mut()) {
            let _ = sender.send(());
        }
    }
}

impl Registration<'_> {
    /// Resolves when the call is given up.
    pub(crate) async fn given_up(&mut self) {
        // The sender goes away unused only with the registration itself.
        let _ = (&mut self.given_up).await;
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.registry.calls.borrow_mut().remove(&self.id);
    }
}
