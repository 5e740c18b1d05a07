//! Every limit of a sandbox, with its reason. All can be set where a
//! [`Sandbar`](crate::Sandbar) is built.

use std::time::Duration;

/// What one sandboxed session may use, and how many there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxLimits {
    /// Bytes of linear memory of a session, all its components together.
    /// 256 MiB: a result of the largest default size (16 MiB) is held a few
    /// times over while it is parsed, by several calls at once.
    pub memory: usize,
    /// Linear memories of a session: one for each guest that its component is composed of. 4: the
    /// client, the way to an executor, and an adapter for each kind of plugin. A component with
    /// others in between ([`Builder::component`](crate::Builder::component)) may want more. Each
    /// takes address space for every session that there may be.
    pub memories: u32,
    /// CPU time that a guest may use without once waiting for something. 10 s:
    /// parsing the largest message takes a tenth of a second; what takes longer
    /// spins.
    pub cpu_burst: Duration,
    /// Over how long a guest's use of a CPU is looked at. 60 s.
    pub cpu_window: Duration,
    /// CPU time that a guest may use in such a window, however often it waits; with more it is slowed
    /// down to that pace. 45 s: no session that serves somebody computes for so long, and three of four
    /// that try leave a CPU for others.
    pub cpu_per_window: Duration,
    /// Sessions at a time in one process. 1000: each reserves address space,
    /// of which 10 000 still fit a 47-bit one.
    pub sessions: u32,
    /// Calls in flight on one session; more wait for their turn. 256: what one
    /// host and port may have in connections.
    pub calls_in_flight: usize,
    /// Notifications of one call that wait for a reader, before the server is
    /// slowed down. 64: a burst fits.
    pub queued_notifications: usize,
    /// Bytes of them. 1 MiB: 64 notifications of the usual size are a hundredth of that. One that is
    /// larger waits alone.
    pub queued_notification_bytes: usize,
    /// Bytes that are held for one session outside of its sandbox: notifications that wait for readers,
    /// lists that are put together. 96 MiB: the largest list, and the largest notification twice. A
    /// notification beyond that is dropped, with a word about it; a list is cut off.
    pub held_bytes_per_session: usize,
    /// The same for all sessions together. 512 MiB.
    pub held_bytes: usize,
    /// How long a guest may take to honour a cancellation or to say goodbye,
    /// before its sandbox is ended. 2 s: it needs microseconds, the exchange
    /// with the server is what takes time.
    pub grace: Duration,
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self {
            memory: 256 * 1024 * 1024,
            memories: 4,
            cpu_burst: Duration::from_secs(10),
            cpu_window: Duration::from_secs(60),
            cpu_per_window: Duration::from_secs(45),
            sessions: 1000,
            calls_in_flight: 256,
            queued_notifications: 64,
            queued_notification_bytes: 1024 * 1024,
            held_bytes_per_session: 96 * 1024 * 1024,
            held_bytes: 512 * 1024 * 1024,
            grace: Duration::from_secs(2),
        }
    }
}

/// How often a running guest is looked at: the unit of `cpu_burst`, and how long
/// one guest can keep a thread from others.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Entries of the handle table of a store. wasmtime would allow a guest to fill
/// the host's memory with handles; a session needs a handful per call in flight.
pub(crate) const HANDLES: usize = 16 * 1024;

/// Bytes of a chunk that leaves a sandbox. 256 KiB: larger writes of a guest are taken piece by
/// piece, and with so many bytes a piece costs next to nothing.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// Elements of a table. Guests have tables of functions that never grow; those
/// of the largest have a few hundred entries.
pub(crate) const TABLE_ELEMENTS: usize = 64 * 1024;

/// Requests of a server that a handler answers at a time; more wait. 64: a person answers one after
/// another, and what needs no person answers at once.
pub(crate) const SERVER_REQUESTS: usize = 64;

/// Answers that a handler may give to one request of a server until one fits. 3: a person mends a
/// mistake at once, and a program makes the same one for ever.
pub(crate) const ANSWERS: u32 = 3;

/// Core instances of a composition. 128: each guest has a few, with the adapters that the component
/// encoding puts between them, and one in Python 49. They cost no address space.
pub(crate) const CORE_INSTANCES_PER_SESSION: u32 = 128;

/// Stacks of all sessions together. A session runs on one and keeps it for its next call; it wants
/// others for calls that are started while others block, which is rare and soon over: four each, as
/// long as there are few sessions.
///
/// A stack takes two of the mappings that a process may have, in use or not, and a session four:
/// Linux gives a process 65 530 by default, and 10 000 sessions are to fit.
pub(crate) fn stacks(sessions: u32) -> u32 {
    const PER_SESSION: u32 = 4;
    const PLENTY: u32 = 8_000;
    const RESERVE: u32 = 512;
    let least = sessions.saturating_add(RESERVE).max(PLENTY);
    sessions.saturating_mul(PER_SESSION).min(least)
}

/// Tables of a composition. 32: each guest has one, and so has each import shim.
pub(crate) const TABLES_PER_SESSION: u32 = 32;

#[cfg(test)]
mod tests {
    use super::stacks;

    /// Catches stacks that take the mappings of so many sessions away, and a single session that
    /// has none for a call that starts while another blocks.
    #[test]
    fn ten_thousand_sessions_fit_the_mappings_of_a_process() {
        assert_eq!(stacks(1), 4);
        assert_eq!(stacks(1000), 4000);
        for sessions in [1, 1000, 5000, 10_000] {
            assert!(stacks(sessions) > sessions);
            assert!(2 * stacks(sessions) + 4 * sessions < 65_000, "{sessions}");
        }
    }
}
