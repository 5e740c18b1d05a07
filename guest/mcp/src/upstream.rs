//! The exported resource for messages of another client.

use crate::bindings::exports::sandbar::mcp::messages::{
    GuestUpstream, Upstream as ExportedUpstream, UpstreamEvent,
};
use crate::bindings::sandbar::mcp::types::{Error as WitError, UpstreamOptions};
use crate::bindings::wit_stream;
use crate::events::Listener;
use crate::shared::Shared;
use crate::{convert, drive};
use futures::lock::Mutex;
use sandbar_mcp_core::{CallId, Error, limits};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wit_bindgen::{StreamReader, StreamWriter};

/// One MCP server, message by message.
pub(crate) struct Upstream(Rc<Shared>);

/// Who takes what the server of another client says.
#[derive(Default)]
pub(crate) struct Takers {
    /// What belongs to no message; none once nobody takes it.
    unasked: Mutex<Option<StreamWriter<UpstreamEvent>>>,
    /// Messages that are yet to be carried.
    calls: RefCell<BTreeMap<CallId, StreamWriter<String>>>,
}

impl Takers {
    /// Has what belongs to no message taken.
    pub(crate) fn new() -> (Self, StreamReader<UpstreamEvent>) {
        let (writer, reader) = wit_stream::new();
        (Self { unasked: Mutex::new(Some(writer)), calls: RefCell::default() }, reader)
    }

    fn listen(&self, call: CallId) -> StreamReader<String> {
        let (writer, reader) = wit_stream::new();
        let mut calls = self.calls.borrow_mut();
        if calls.len() < limits::LISTENERS {
            calls.insert(call, writer);
        }
        reader
    }

    fn of(&self, call: CallId) -> Listener {
        self.calls.borrow_mut().remove(&call).map_or(Listener::Gone, Listener::Taker)
    }

    /// Hands a message of the server over, and returns when it has been taken.
    pub(crate) async fn hand(&self, listener: &mut Listener, text: String) {
        match listener {
            Listener::Taker(stream) => {
                if !stream.write_all(vec![text]).await.is_empty() {
                    *listener = Listener::Gone;
                }
            }
            Listener::Session => self.tell(UpstreamEvent::Message(text)).await,
            Listener::Call(_) | Listener::Opening(_) | Listener::Gone => {}
        }
    }

    /// Tells what belongs to no message, and returns when it has been taken.
    pub(crate) async fn tell(&self, event: UpstreamEvent) {
        let mut unasked = self.unasked.lock().await;
        let Some(stream) = unasked.as_mut() else { return };
        if !stream.write_all(vec![event]).await.is_empty() {
            *unasked = None;
        }
    }
}

impl Upstream {
    async fn relay(&self, call: CallId, message: String) -> Result<(), Error> {
        // Whatever becomes of the message, its stream ends with it.
        let taker = self.0.takers.of(call);
        let registration = self.0.calls.enter(call)?;
        let call = self.0.core.borrow_mut().relay(message)?;
        drive::run_cancellable(&self.0, call, taker, registration).await?;
        if self.0.core.borrow_mut().was_confirmed() {
            drive::stand_by(&self.0);
        }
        Ok(())
    }
}

impl GuestUpstream for Upstream {
    fn open(
        options: UpstreamOptions,
    ) -> Result<(ExportedUpstream, StreamReader<UpstreamEvent>), WitError> {
        let (shared, events) = Shared::relaying(options).map_err(convert::error)?;
        Ok((ExportedUpstream::new(Self(Rc::new(shared))), events))
    }

    fn listen(&self, call: u64) -> StreamReader<String> {
        self.0.takers.listen(CallId(call))
    }

    async fn carry(&self, call: u64, message: String) -> Result<(), WitError> {
        self.relay(CallId(call), message).await.map_err(convert::error)
    }

    fn cancel(&self, call: u64) {
        self.0.calls.cancel(CallId(call));
    }

    async fn close(&self) {
        drive::close(&self.0).await;
    }
}

impl Drop for Upstream {
    /// What goes on beside the messages ends with the resource, also where nobody closed it.
    fn drop(&mut self) {
        self.0.calls.close();
    }
}
