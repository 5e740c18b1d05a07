//! How many connections one host and port may have at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sandbar_policy::Target;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The right to one connection; dropping it gives it back.
pub(super) type Slot = OwnedSemaphorePermit;

/// The slots of every host that has connections or waits for one.
///
/// The table holds no host longer than that, so connections and waiting requests bound its size.
#[derive(Debug)]
pub(super) struct ConnectionSlots {
    per_host: u16,
    hosts: Mutex<HashMap<Target, Weak<Semaphore>>>,
}

impl ConnectionSlots {
    pub(super) fn new(per_host: u16) -> Self {
        Self { per_host, hosts: Mutex::default() }
    }

    pub(super) fn per_host(&self) -> u16 {
        self.per_host
    }

    /// Waits for a slot, first come first served. `None` never happens: no semaphore is closed.
    pub(super) async fn acquire(&self, target: &Target) -> Option<Slot> {
        self.semaphore(target).acquire_owned().await.ok()
    }

    /// Whether every slot of this host is taken.
    pub(super) fn exhausted(&self, target: &Target) -> bool {
        self.semaphore(target).available_permits() == 0
    }

    fn semaphore(&self, target: &Target) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = hosts.get(target).and_then(Weak::upgrade) {
            return semaphore;
        }
        hosts.retain(|_, semaphore| semaphore.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(self.per_host.into()));
        hosts.insert(target.clone(), Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use sandbar_policy::Target;

    fn target(uri: &'static str) -> Target {
        Target::try_from(&http::Uri::from_static(uri)).unwrap()
    }

    /// Catches a table that remembers every host that was ever dialled.
    #[tokio::test]
    async fn hosts_without_connections_are_forgotten() {
        let slots = ConnectionSlots::new(1);
        let kept = slots.acquire(&target("http://kept/")).await.unwrap();
        for uri in ["http://a/", "http://b/", "http://c/"] {
            drop(slots.acquire(&target(uri)).await.unwrap());
        }
        assert!(slots.hosts.lock().unwrap().len() <= 2);
        assert!(slots.exhausted(&target("http://kept/")));
        drop(kept);
        assert!(!slots.exhausted(&target("http://kept/")));
    }
}
