//! What the fault server has seen, and how a test waits for it.

use tokio::sync::watch;

use super::request::RecordedRequest;
use crate::support::patience::wait_for;

/// A client closed its connection although the script was not done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EarlyClose {
    /// Which connection, counted from 0 in the order of acceptance.
    pub(crate) connection: usize,
    /// How many requests had been read completely from that connection.
    pub(crate) requests: usize,
}

/// Everything seen so far. Only grows, so that a test cannot miss what happened before it looked.
#[derive(Debug)]
pub(crate) struct Journal {
    connections: watch::Sender<usize>,
    requests: watch::Sender<Vec<RecordedRequest>>,
    early_closes: watch::Sender<Vec<EarlyClose>>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            connections: watch::Sender::new(0),
            requests: watch::Sender::new(Vec::new()),
            early_closes: watch::Sender::new(Vec::new()),
        }
    }

    /// Counts a connection and returns its number.
    pub(crate) fn connection_accepted(&self) -> usize {
        let mut number = 0;
        self.connections.send_modify(|connections| {
            number = *connections;
            *connections += 1;
        });
        number
    }

    pub(super) fn request_read(&self, request: RecordedRequest) {
        self.requests.send_modify(|requests| requests.push(request));
    }

    pub(super) fn closed_early(&self, close: EarlyClose) {
        self.early_closes.send_modify(|closes| closes.push(close));
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.borrow().clone()
    }

    pub(crate) async fn wait_for_connections(&self, count: usize) {
        let mut connections = self.connections.subscribe();
        let enough = connections.wait_for(|connections| *connections >= count);
        wait_for(&format!("connection number {count}"), enough)
            .await
            .expect("the journal holds the sender");
    }

    pub(crate) async fn wait_for_request(&self, index: usize) -> RecordedRequest {
        wait_for_entry(&self.requests, index, "request").await
    }

    pub(crate) async fn wait_for_early_close(&self, index: usize) -> EarlyClose {
        wait_for_entry(&self.early_closes, index, "early close").await
    }
}

async fn wait_for_entry<T: Clone>(entries: &watch::Sender<Vec<T>>, index: usize, what: &str) -> T {
    let mut entries = entries.subscribe();
    let present = entries.wait_for(|entries| entries.len() > index);
    let entries = wait_for(&format!("{what} with index {index}"), present)
        .await
        .expect("the journal holds the sender");
    entries[index].clone()
}
