//! What a session tells: notifications for whoever listens to a call, and events for its handler.

use crate::sandbox::bindings::mcp;
use crate::sandbox::handler::{Handler, ServerRequest};
use crate::sandbox::limits::SERVER_REQUESTS;
use crate::sandbox::queue;
use futures::future::BoxFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;
use wasmtime::StoreContextMut;
use wasmtime::component::{Source, StreamConsumer, StreamResult};

/// Gives the notifications of a call to whoever listens. One that is behind holds the guest up,
/// which slows the server down; one that is gone wants no more.
pub(crate) struct Notifications(queue::Sender);

impl Notifications {
    pub(crate) fn new(listener: queue::Sender) -> Self {
        Self(listener)
    }
}

impl<D> StreamConsumer<D> for Notifications {
    type Item = mcp::Notification;

    fn poll_consume(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'_, D>,
        mut source: Source<'_, mcp::Notification>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let mut taken = false;
        loop {
            // Room first: what has been taken from a guest cannot be given back.
            match self.0.poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(queue::Closed)) => return Poll::Ready(Ok(StreamResult::Dropped)),
                Poll::Pending if taken => break,
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            }
            let mut next = None;
            source.read(&mut store, &mut next)?;
            let Some(notification) = next else { break };
            taken = true;
            self.0.send(notification.into());
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// What a server wants to know, by the name that the answer goes under.
pub(crate) enum Asked {
    Request(u64, ServerRequest),
    /// The answer is wanted no more.
    Withdrawn(u64),
}

/// Gives the events of a session to its handler, one after another.
pub(crate) struct Events {
    handler: Arc<dyn Handler>,
    /// The notification that the handler is busy with.
    telling: Option<BoxFuture<'static, ()>>,
    asked: PollSender<Asked>,
}

impl Events {
    /// Events for a handler, and the requests that wait for its answer.
    pub(crate) fn new(handler: Arc<dyn Handler>) -> (Self, mpsc::Receiver<Asked>) {
        let (sender, asked) = mpsc::channel(SERVER_REQUESTS);
        (Self { handler, telling: None, asked: PollSender::new(sender) }, asked)
    }

    /// Waits for what the handler is busy with.
    fn poll_told(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(telling) = &mut self.telling {
            std::task::ready!(telling.as_mut().poll(cx));
            self.telling = None;
        }
        Poll::Ready(())
    }

    fn tell(&mut self, notification: mcp::Notification) {
        let handler = Arc::clone(&self.handler);
        let notification = notification.into();
        self.telling = Some(Box::pin(async move { handler.notified(notification).await }));
    }
}

impl<D> StreamConsumer<D> for Events {
    type Item = mcp::Event;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'_, D>,
        mut source: Source<'_, mcp::Event>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let mut taken = false;
        loop {
            // An event has been taken when the handler is done with it. One that is given up with
            // its call is finished all the same, before the next one.
            match self.poll_told(cx) {
                Poll::Ready(()) => {}
                Poll::Pending if finish && taken => {
                    return Poll::Ready(Ok(StreamResult::Completed));
                }
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            }
            // Room for a request, whatever comes: what has been taken cannot be given back.
            match self.asked.poll_reserve(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_closed)) => return Poll::Ready(Ok(StreamResult::Dropped)),
                Poll::Pending if taken => break,
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            }
            let mut next = None;
            source.read(&mut store, &mut next)?;
            match next {
                Some(mcp::Event::Notification(notification)) => self.tell(notification),
                Some(mcp::Event::Request(request)) => {
                    let mcp::ServerRequest { id, method, params, elicitation, call: _ } = request;
                    let request = ServerRequest { method, params, elicitation, problem: None };
                    if self.asked.send_item(Asked::Request(id, request)).is_err() {
                        return Poll::Ready(Ok(StreamResult::Dropped));
                    }
                }
                Some(mcp::Event::Withdrawn(id)) => {
                    if self.asked.send_item(Asked::Withdrawn(id)).is_err() {
                        return Poll::Ready(Ok(StreamResult::Dropped));
                    }
                }
                None => break,
            }
            taken = true;
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}
