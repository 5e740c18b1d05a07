//! Handshakes between a test and a script, in place of sleeping.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::support::patience::wait_for;

/// A point at which a script waits until the test lets it go on.
///
/// Clones are the same gate. The test can wait until a script has arrived, and so knows that
/// everything before the gate has happened.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    arrivals: watch::Sender<usize>,
    passes: Semaphore,
}

impl Gate {
    /// A closed gate. The name says in a failing test which gate nobody reached.
    pub(crate) fn new(name: &'static str) -> Self {
        Self(Arc::new(Inner { name, arrivals: watch::Sender::new(0), passes: Semaphore::new(0) }))
    }

    /// Opens the gate for good.
    pub(crate) fn open(&self) {
        self.0.passes.close();
    }

    /// Lets `count` waiting scripts through, or as many that arrive later.
    pub(crate) fn let_through(&self, count: usize) {
        self.0.passes.add_permits(count);
    }

    /// Waits until scripts have arrived here `count` times, whether let through or not.
    pub(crate) async fn reached(&self, count: usize) {
        let mut arrivals = self.0.arrivals.subscribe();
        let arrived = arrivals.wait_for(|arrived| *arrived >= count);
        wait_for(&format!("arrival {count} at the gate {:?}", self.0.name), arrived)
            .await
            .expect("the gate holds the sender");
    }

    /// The script's side: arrives, and waits to be let through.
    pub(super) async fn pass(&self) {
        self.0.arrivals.send_modify(|arrived| *arrived += 1);
        // An error means that the gate has been opened for good.
        if let Ok(permit) = self.0.passes.acquire().await {
            permit.forget();
        }
    }
}
