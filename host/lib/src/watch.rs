//! What changes at a server, as a stream.

use crate::call::Call;
use crate::error::Error;
use crate::limits::UNREAD_CHANGES;
use crate::sandbox::bindings::mcp::{Change, Era};
use crate::sandbox::handler::{Handler, Notification, RpcError, ServerRequest};
use crate::session::Session;
use futures::Stream;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::broadcast;

/// What to watch at a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// The lists of tools, prompts and resources.
    pub lists: bool,
    /// The contents of the resources with these URIs.
    pub resources: Vec<String>,
}

impl Interest {
    /// The parameters of `subscriptions/listen` (2026-07-28, "Subscriptions").
    fn params(&self) -> String {
        let mut filter = serde_json::Map::new();
        if self.lists {
            for list in ["toolsListChanged", "promptsListChanged", "resourcesListChanged"] {
                filter.insert(list.to_owned(), true.into());
            }
        }
        if !self.resources.is_empty() {
            filter.insert("resourceSubscriptions".to_owned(), self.resources.clone().into());
        }
        serde_json::json!({ "notifications": filter }).to_string()
    }

    /// Whether a change is of interest. A server may name a part of what was asked for (2025-11-25,
    /// "Resources", "Subscriptions").
    fn covers(&self, change: &Change) -> bool {
        match change {
            Change::Resource(uri) => self.resources.iter().any(|watched| uri.starts_with(watched)),
            Change::Tools | Change::Prompts | Change::Resources => self.lists,
        }
    }

    /// Everything of interest: what may have changed while nobody listened.
    fn everything(&self) -> VecDeque<Change> {
        let lists = [Change::Tools, Change::Prompts, Change::Resources];
        let resources = self.resources.iter().map(|uri| Change::Resource(uri.clone()));
        lists.into_iter().filter(|_| self.lists).chain(resources).collect()
    }
}

/// Changes at a server, one after another: from [`Session::watch`].
///
/// A change says that something is to be asked for again, and not how it changed; one may be told
/// that is none, where some may have been missed.
#[derive(Debug)]
pub struct Watch {
    source: Source,
    interest: Interest,
    /// Told next.
    due: VecDeque<Change>,
}

#[derive(Debug)]
enum Source {
    /// A subscription of the modern era; none once it has ended.
    Subscription(Option<Call<String>>),
    /// What a legacy server tells the session.
    Standing(Session, broadcast::Receiver<Change>),
}

impl Session {
    /// Watches what changes at the server, until the returned value is dropped. A legacy server tells
    /// of changes on a stream that
    /// [`ConnectOptions::listens`](crate::ConnectOptions::listens) keeps open.
    ///
    /// # Errors
    ///
    /// Those of a request, where the server has no such resource for instance; and
    /// [`Error::InvalidParams`] where the stream of a legacy server is not kept.
    pub async fn watch(&self, interest: Interest) -> Result<Watch, Error> {
        Watch::begin(self, interest).await
    }
}

impl Watch {
    /// Begins to watch.
    async fn begin(session: &Session, interest: Interest) -> Result<Self, Error> {
        let source = match session.server().era {
            Era::Modern => {
                let request = session.request("subscriptions/listen", Some(interest.params()));
                Source::Subscription(Some(request.start().await?))
            }
            Era::Legacy => {
                let changes = session.changes().ok_or_else(|| {
                    let what = "a legacy server tells of changes on a stream that this session \
                                does not keep: open it with ConnectOptions::listens";
                    Error::InvalidParams(what.to_owned())
                })?;
                for uri in &interest.resources {
                    session.request("resources/subscribe", Some(of_uri(uri))).await?;
                }
                Source::Standing(session.clone(), changes)
            }
        };
        Ok(Self { source, interest, due: VecDeque::new() })
    }

    /// The next change; none when the server has ended the subscription. Cancel safe.
    ///
    /// # Errors
    ///
    /// That of the subscription, which is over then: a connection that is lost is made again first.
    pub async fn next(&mut self) -> Option<Result<Change, Error>> {
        loop {
            if let Some(change) = self.due.pop_front() {
                return Some(Ok(change));
            }
            match &mut self.source {
                Source::Subscription(call) => match call.as_mut()?.notification().await {
                    Some(notification) => self.due.extend(notification.change),
                    None => {
                        let ended = call.take()?.await;
                        return ended.err().map(Err);
                    }
                },
                Source::Standing(_, changes) => match changes.recv().await {
                    Ok(change) if self.interest.covers(&change) => self.due.push_back(change),
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.due = self.interest.everything();
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
        }
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Change, Error>> + Send {
        futures::stream::unfold(self, |mut watch| async move {
            let change = watch.next().await?;
            Some((change, watch))
        })
    }
}

impl Drop for Watch {
    /// A legacy server is told; the subscription of a modern one ends with its stream.
    fn drop(&mut self) {
        let Source::Standing(session, _) = &self.source else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        for uri in std::mem::take(&mut self.interest.resources) {
            let request = session.request("resources/unsubscribe", Some(of_uri(&uri)));
            // A server that goes on telling is not listened to.
            runtime.spawn(async move { request.await.map(drop) });
        }
    }
}

fn of_uri(uri: &str) -> String {
    serde_json::json!({ "uri": uri }).to_string()
}

/// The handler of a session, with those who watch.
pub(crate) struct Watched {
    handler: Arc<dyn Handler>,
    changes: broadcast::Sender<Change>,
}

impl Watched {
    pub(crate) fn new(handler: Arc<dyn Handler>) -> (Self, broadcast::Sender<Change>) {
        let (changes, _nobody_yet) = broadcast::channel(UNREAD_CHANGES);
        (Self { handler, changes: changes.clone() }, changes)
    }
}

impl Handler for Watched {
    fn notified(&self, notification: Notification) -> BoxFuture<'_, ()> {
        if let Some(change) = &notification.change {
            // It fails where nobody watches.
            let _ = self.changes.send(change.clone());
        }
        self.handler.notified(notification)
    }

    fn asked(&self, request: ServerRequest) -> BoxFuture<'_, Result<String, RpcError>> {
        self.handler.asked(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a filter that asks for more, or for less, and changes of somebody else's interest.
    #[test]
    fn what_is_watched_is_what_was_asked_for() {
        let uri = "demo://a".to_owned();
        let lists = Interest { lists: true, resources: Vec::new() };
        let one = Interest { lists: false, resources: vec![uri.clone()] };
        assert_eq!(one.params(), r#"{"notifications":{"resourceSubscriptions":["demo://a"]}}"#);
        assert!(lists.params().contains(r#""toolsListChanged":true"#));
        assert!(lists.covers(&Change::Tools) && !one.covers(&Change::Tools));
        let part = Change::Resource("demo://a/b".to_owned());
        assert!(one.covers(&part) && !lists.covers(&part));
        assert_eq!(one.everything(), [Change::Resource(uri)]);
        assert_eq!(lists.everything(), [Change::Tools, Change::Prompts, Change::Resources]);
    }
}
