//! The `sandbar:mcp/embedder` import: what a session tells and asks.

use crate::handler::{Notification, ServerRequest};
use crate::sandbox::bindings::{embedder, mcp};
use crate::sandbox::convert;
use crate::sandbox::state::State;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use wasmtime::component::{Accessor, HasData};

/// Who wants the notifications of which call.
#[derive(Debug, Default)]
pub(crate) struct Subscribers(HashMap<u64, mpsc::Sender<Notification>>);

impl Subscribers {
    pub(crate) fn add(&mut self, call: u64, subscriber: mpsc::Sender<Notification>) {
        self.0.insert(call, subscriber);
    }

    pub(crate) fn remove(&mut self, call: u64) {
        self.0.remove(&call);
    }

    fn of(&self, call: Option<u64>) -> Option<mpsc::Sender<Notification>> {
        self.0.get(&call?).cloned()
    }
}

/// Selects the embedder's part of a store's data: all of it.
pub(crate) struct Embedder;

impl HasData for Embedder {
    type Data<'a> = &'a mut State;
}

impl embedder::Host for &mut State {}

impl embedder::HostWithStore<State> for Embedder {
    async fn notify(
        accessor: &Accessor<State, Self>,
        notification: mcp::Notification,
    ) -> wasmtime::Result<()> {
        let call = notification.call;
        let (subscriber, handler) = accessor.with(|mut access| {
            let state = access.get();
            (state.subscribers.of(call), Arc::clone(&state.handler))
        });
        let notification = convert::notification(notification);
        let Some(subscriber) = subscriber else {
            handler.notified(notification).await;
            return Ok(());
        };
        // Waits while the reader is behind, which slows the server down. A
        // reader that is gone wants no more.
        let _ = subscriber.send(notification).await;
        Ok(())
    }

    async fn answer(
        accessor: &Accessor<State, Self>,
        request: mcp::ServerRequest,
    ) -> wasmtime::Result<Result<String, mcp::RpcError>> {
        let handler = accessor.with(|mut access| Arc::clone(&access.get().handler));
        let request = ServerRequest { method: request.method, params: request.params };
        Ok(handler.asked(request).await.map_err(convert::rpc_error_to_wit))
    }
}
