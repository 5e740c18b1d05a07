//! Where what changes at a legacy server is told.

use crate::limits::UNREAD_CHANGES;
use crate::sandbox::bindings::mcp::Change;
use crate::sandbox::handler::{Handler, Notification, RpcError, ServerRequest};
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Mutex, broadcast};

/// The handler of a session, with those who watch.
pub(crate) struct Watched {
    handler: Arc<dyn Handler>,
    changes: Changes,
}

/// Where changes at a legacy server are told.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    sender: broadcast::Sender<Change>,
    /// Whether nothing is told any more.
    is_deaf: Arc<AtomicBool>,
    /// How many watch each resource: the server tells the session of it, and not each of them. Held
    /// while the server is asked, so that it hears in the order in which they come and go.
    watched: Arc<Mutex<HashMap<String, usize>>>,
}

impl Changes {
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }

    pub(crate) fn is_deaf(&self) -> bool {
        self.is_deaf.load(Ordering::Relaxed)
    }

    /// Counts one more who watches a resource, while `subscribe` asks the server to tell of it.
    pub(crate) async fn watch<E>(
        &self,
        uri: &str,
        subscribe: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let mut watched = self.watched.lock().await;
        subscribe.await?;
        *watched.entry(uri.to_owned()).or_default() += 1;
        Ok(())
    }

    /// Counts one less; after the last, `unsubscribe` asks the server to tell of it no more.
    pub(crate) async fn unwatch(&self, uri: &str, unsubscribe: impl Future) {
        let mut watched = self.watched.lock().await;
        let left = watched.get(uri).map_or(0, |count| count.saturating_sub(1));
        if left > 0 {
            watched.insert(uri.to_owned(), left);
        } else {
            watched.remove(uri);
            unsubscribe.await;
        }
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
        let changes = Changes { sender, is_deaf: Arc::default(), watched: Arc::default() };
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
