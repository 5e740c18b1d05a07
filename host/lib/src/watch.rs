//! What changes at a server, as a stream.

use crate::call::Call;
use crate::changes::Changes;
use crate::error::Error;
use crate::sandbox::bindings::mcp::{Change, Era};
use crate::session::Session;
use futures::Stream;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// What a server begins a subscription with.
const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";

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
            Change::Missed | Change::Unheard => true,
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
    /// Resources that a legacy server is to be asked to tell of again.
    unsubscribed: VecDeque<String>,
    /// Told next.
    due: VecDeque<Change>,
}

#[derive(Debug)]
enum Source {
    /// A subscription of the modern era.
    Subscription(Call<String>),
    /// What a legacy server tells the session.
    Standing { session: Session, told: broadcast::Receiver<Change>, changes: Changes },
    /// It is over.
    Ended,
}

impl Session {
    /// Watches what changes at the server, until the returned value is dropped. A legacy server tells
    /// of changes on a stream that
    /// [`ConnectOptions::listens`](crate::ConnectOptions::listens) keeps open.
    ///
    /// # Errors
    ///
    /// Those of a request, where the server has no such resource for instance;
    /// [`Error::NotTold`] where a legacy server is known to have no stream to tell on; and
    /// [`Error::InvalidParams`] where the session does not keep it.
    pub async fn watch(&self, interest: Interest) -> Result<Watch, Error> {
        Watch::begin(self, interest).await
    }
}

impl Watch {
    /// Begins to watch.
    async fn begin(session: &Session, interest: Interest) -> Result<Self, Error> {
        let (source, due) = match session.server().era {
            Era::Modern => {
                let request = session.request("subscriptions/listen", Some(interest.params()));
                let mut call = request.start().await?;
                // What changes from here on is told: the server acknowledges that first.
                let Some(first) = call.notification().await else {
                    call.await?;
                    return Err(Error::NoAnswer);
                };
                let due = first.change.into_iter().collect();
                (Source::Subscription(call), due)
            }
            Era::Legacy => {
                if session.is_deaf() {
                    return Err(Error::NotTold);
                }
                let changes = session.changes().ok_or_else(|| {
                    let what = "a legacy server tells of changes on a stream that this session \
                                does not keep: open it with ConnectOptions::listens";
                    Error::InvalidParams(what.to_owned())
                })?;
                let (session, told) = (session.clone(), changes.subscribe());
                (Source::Standing { session, told, changes }, VecDeque::new())
            }
        };
        let mut watch =
            Self { source, interest: Interest::default(), unsubscribed: VecDeque::new(), due };
        if let Source::Standing { session, changes, .. } = &watch.source {
            for uri in &interest.resources {
                changes.watch(uri, subscribe(session, uri)).await?;
                // From here on it is given back, whatever becomes of the others.
                watch.interest.resources.push(uri.clone());
            }
        }
        watch.interest = interest;
        Ok(watch)
    }

    /// The next change; none when the server has ended the subscription, or the session is closed.
    /// Cancel safe.
    ///
    /// # Errors
    ///
    /// That of the subscription, which is over then: a connection that is lost is made again first.
    /// [`Error::NotTold`] where a legacy server ends the stream that it tells on.
    pub async fn next(&mut self) -> Option<Result<Change, Error>> {
        loop {
            if let Err(error) = self.subscribe_again().await {
                self.source = Source::Ended;
                return Some(Err(error));
            }
            if let Some(change) = self.due.pop_front() {
                return Some(Ok(change));
            }
            let ended = match &mut self.source {
                Source::Subscription(call) => match call.notification().await {
                    // The first was waited for: any other follows a connection that was lost.
                    Some(notification) if notification.method == ACKNOWLEDGED => {
                        self.due = self.interest.everything();
                        continue;
                    }
                    Some(notification) => {
                        self.due.extend(notification.change);
                        continue;
                    }
                    None => (&mut *call).await.err(),
                },
                Source::Standing { session, told, .. } => {
                    let change = tokio::select! {
                        change = told.recv() => change,
                        error = session.ended() => {
                            self.source = Source::Ended;
                            return match error {
                                Error::Closed => None,
                                error => Some(Err(error)),
                            };
                        }
                    };
                    match self.heard(change) {
                        ControlFlow::Continue(()) => continue,
                        ControlFlow::Break(end) => end,
                    }
                }
                Source::Ended => return None,
            };
            self.source = Source::Ended;
            return ended.map(Err);
        }
    }

    /// Takes note of what a legacy server tells, or of why that is over.
    fn heard(&mut self, told: Result<Change, RecvError>) -> ControlFlow<Option<Error>> {
        match told {
            Ok(Change::Missed) => {
                self.unsubscribed = self.interest.resources.clone().into();
                self.due = self.interest.everything();
            }
            Ok(Change::Unheard) => return ControlFlow::Break(Some(Error::NotTold)),
            Ok(change) => self.due.extend(Some(change).filter(|one| self.interest.covers(one))),
            Err(RecvError::Lagged(_)) => self.due = self.interest.everything(),
            Err(RecvError::Closed) => return ControlFlow::Break(None),
        }
        ControlFlow::Continue(())
    }

    /// Asks a legacy server to tell of the resources of which it may not know any more, before what may
    /// have changed is told.
    async fn subscribe_again(&mut self) -> Result<(), Error> {
        let Source::Standing { session, .. } = &self.source else { return Ok(()) };
        while let Some(uri) = self.unsubscribed.front() {
            subscribe(session, uri).await?;
            self.unsubscribed.pop_front();
        }
        Ok(())
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
        let Source::Standing { session, changes, .. } = &self.source else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        for uri in std::mem::take(&mut self.interest.resources) {
            let (session, changes) = (session.clone(), changes.clone());
            // A server that goes on telling is not listened to.
            runtime.spawn(async move {
                let request = session.request("resources/unsubscribe", Some(of_uri(&uri)));
                changes.unwatch(&uri, request.into_future()).await;
            });
        }
    }
}

/// Asks a legacy server to tell of a resource.
async fn subscribe(session: &Session, uri: &str) -> Result<(), Error> {
    session.request("resources/subscribe", Some(of_uri(uri))).await.map(drop)
}

fn of_uri(uri: &str) -> String {
    serde_json::json!({ "uri": uri }).to_string()
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
