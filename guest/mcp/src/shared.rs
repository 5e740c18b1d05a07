//! What all calls of one session share.

use crate::bindings::sandbar::mcp::types::SessionOptions;
use crate::cancel::Registry;
use crate::{convert, drive};
use futures::lock::Mutex;
use sandbar_mcp_core::{Error, Session};
use std::cell::RefCell;
use std::rc::Rc;

/// One session: the core's state, and what the core leaves to its driver.
pub(crate) struct Shared {
    pub(crate) core: RefCell<Session>,
    pub(crate) calls: Registry,
    pub(crate) endpoint: Endpoint,
    /// Held while the session is being reopened, so that calls which lost it
    /// together make one new session and not one each.
    reopening: Mutex<()>,
}

/// Where and how exchanges are sent.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) connect_timeout: Option<u64>,
}

impl Shared {
    pub(crate) fn new(options: SessionOptions) -> Result<Self, Error> {
        let endpoint =
            Endpoint { url: options.url.clone(), connect_timeout: options.connect_timeout };
        Ok(Self {
            core: RefCell::new(Session::new(convert::config(options))?),
            calls: Registry::new(),
            endpoint,
            reopening: Mutex::new(()),
        })
    }

    /// Opens the session for the first time.
    pub(crate) async fn open(self: &Rc<Self>) -> Result<(), Error> {
        let mut opening = self.core.borrow_mut().open();
        drive::run(self, &mut opening).await.map(drop)
    }

    /// Opens the session anew, unless that has happened since `generation`.
    pub(crate) async fn reopen(self: &Rc<Self>, generation: u64) -> Result<(), Error> {
        let _guard = self.reopening.lock().await;
        if self.core.borrow().generation() != generation {
            return Ok(());
        }
        // An opening never asks for a reopening, so the recursion that the
        // compiler sees ends here; boxing gives it a size.
        Box::pin(self.open()).await
    }
}
