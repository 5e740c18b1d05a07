//! Servers that close each connection after its answer without having said that they will.
//!
//! The next request on such a connection crosses with its end, and then nobody can tell whether it was
//! processed (RFC 9112 section 9.5): a tool call is lost to that, which must not be repeated. So what a
//! server has done once it is taken to do again, for a while: its connections are used once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::limits::{CLOSED_AT_ONCE, FIRST_REUSE, SINGLE_USE, SINGLE_USE_HOSTS};
use sandbar_policy::Target;

/// The servers that were seen to do so, and when.
#[derive(Debug, Default)]
pub(super) struct SingleUse {
    hosts: Mutex<HashMap<Target, Instant>>,
    /// Whether there was any, so that a request asks for no lock as long as there is none.
    any: AtomicBool,
}

impl SingleUse {
    /// A connection of this server was closed by it, so long after the last byte of the server's.
    pub(super) fn closed(&self, target: &Target, last_read: Instant, now: Instant) {
        if now.saturating_duration_since(last_read) > CLOSED_AT_ONCE {
            return;
        }
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= SINGLE_USE_HOSTS {
            hosts.retain(|_, seen| now.saturating_duration_since(*seen) < SINGLE_USE);
        }
        if hosts.len() < SINGLE_USE_HOSTS || hosts.contains_key(target) {
            hosts.insert(target.clone(), now);
            self.any.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a connection to this server is for one request.
    pub(super) fn applies_to(&self, target: &Target, now: Instant) -> bool {
        if !self.any.load(Ordering::Relaxed) {
            return false;
        }
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.get(target).is_some_and(|seen| now.saturating_duration_since(*seen) < SINGLE_USE)
    }
}

/// The second request of a dialer, which would cross with the end of the first connection: whether a
/// server keeps its connections shows in a moment.
#[derive(Debug, Default)]
pub(super) struct FirstReuse {
    answered: OnceLock<Instant>,
    is_over: AtomicBool,
}

impl FirstReuse {
    /// The head of a response arrived.
    pub(super) fn answered(&self) {
        if !self.is_over.load(Ordering::Relaxed) {
            self.answered.get_or_init(Instant::now);
        }
    }

    /// How long a request has to wait, if it does.
    pub(super) fn wait(&self) -> Option<Duration> {
        if self.is_over.load(Ordering::Relaxed) {
            return None;
        }
        let since = self.answered.get()?.elapsed();
        let left = FIRST_REUSE.checked_sub(since);
        self.is_over.store(left.is_none(), Ordering::Relaxed);
        left
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::time::Duration;

    fn target(port: u16) -> Target {
        Target::try_from(&format!("http://a:{port}/").parse::<http::Uri>().unwrap()).unwrap()
    }

    /// Catches a server that is never given a second chance, one that is blamed for an idle connection
    /// that it closed in time, and a table that grows with the servers.
    #[test]
    fn a_server_that_closes_at_once_is_known_for_a_while() {
        let (seen, now) = (SingleUse::default(), Instant::now());
        assert!(!seen.applies_to(&target(1), now));
        seen.closed(&target(1), now, now + CLOSED_AT_ONCE + Duration::from_millis(1));
        assert!(!seen.applies_to(&target(1), now), "that one was idle");
        seen.closed(&target(1), now, now);
        assert!(seen.applies_to(&target(1), now) && !seen.applies_to(&target(2), now));
        assert!(!seen.applies_to(&target(1), now + SINGLE_USE));
        for port in 2..2000 {
            seen.closed(&target(port), now, now);
        }
        assert_eq!(seen.hosts.lock().unwrap().len(), SINGLE_USE_HOSTS);
        let later = now + SINGLE_USE;
        seen.closed(&target(1), later, later);
        assert_eq!(seen.hosts.lock().unwrap().len(), 1);
        assert!(seen.applies_to(&target(1), later));
    }
}
