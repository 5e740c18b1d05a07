//! Where what changes at a legacy server is told.

use crate::limits::UNREAD_CHANGES;
use crate::sandbox::bindings::mcp::Change;
use crate::sandbox::handler::{Handler, Notification, RpcError, ServerRequest};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::broadcast;

/// The handler of a session, with those who watch.
pub(crate) struct Watched {
    handler: Arc<dyn Handler>,
    changes: Changes,
}

/// Where changes at a legacy server are told.
#[derive(Clone)]
pub(crate) struct Changes {
    sender: broadcast::Sender<Change>,
    /// Whether nothing is told any more.
    is_deaf: Arc<AtomicBool>,
}

impl Changes {
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }

    pub(crate) fn is_deaf(&self) -> bool {
        self.is_deaf.load(Ordering::Relaxed)
    }

    fn tell(&self, change: &Change) {
        self.is_deaf.store(*change == Change::Unheard, Ordering::Relaxed);
        // It fails where nobody watches.
        let _ = self.sender.send(change.clone());
    }
}

impl Watched {
    pub(crate) fn new(handler: Arc<dyn Handler>) -> (Self, Changes) {
        let (sender, _nobody_yet) = broadcast::channel(UNREAD_CHANGES);
        let changes = Changes { sender, is_deaf: Arc::default() };
        (Self { handler, changes: changes.clone() }, changes)
    }
}

impl Handler for Watched {
    fn notified(&self, notification: Notification) -> BoxFuture<'_, ()> {
        if let Some(change) = &notification.change {
            self.changes.tell(change);
        }
        self.handler.notified(notification)
    }

    fn asked(&self, request: ServerRequest) -> BoxFuture<'_, Result<String, RpcError>> {
        self.handler.asked(request)
    }
}
