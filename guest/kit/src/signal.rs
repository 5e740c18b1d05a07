//! Tasks of one component waiting for one another.

use futures::task::AtomicWaker;
use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

/// Something happened. Raised any number of times before it is waited for, it
/// is seen once; one task waits for it at a time.
#[derive(Debug, Default)]
pub struct Signal {
    raised: Cell<bool>,
    waiting: AtomicWaker,
}

impl Signal {
    /// Wakes the task that waits, or the next one to wait.
    pub fn raise(&self) {
        self.raised.set(true);
        self.waiting.wake();
    }

    /// Waits until the signal is raised, unless it has been since last time.
    pub async fn wait(&self) {
        poll_fn(|cx| {
            self.waiting.register(cx.waker());
            if self.raised.take() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
