//! Immediate acknowledgement of what was read, on Linux, where somebody waits for it.
//!
//! A server that leaves Nagle's algorithm on and writes head and body separately holds the body
//! back until the head is acknowledged, and Linux delays that by 40 ms or more once it considers a
//! connection interactive. `TCP_QUICKACK` asks for the acknowledgement at once. It is a packet of
//! its own, which costs more than the read that it follows, so only a connection on which that
//! delay has been seen asks for it; and the kernel drops the option by itself, so that one asks
//! after each read.

use std::time::{Duration, Instant};

use tokio::net::TcpStream;

/// A pause between two pieces of a response that looks like a delayed acknowledgement: the least
/// delay of Linux is 40 ms (`TCP_DELACK_MIN`), on the grid of its timer. One that has another
/// reason costs this connection a packet for each read.
const PAUSE: Duration = Duration::from_millis(35);

/// Whether somebody waits for acknowledgements, as far as that can be told.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    /// When something was read that nothing written since has acknowledged.
    unacknowledged: Option<Instant>,
    pub(super) seen: bool,
}

impl Pauses {
    /// Takes note of a read.
    pub(super) fn read(&mut self, now: Instant) {
        let before = self.unacknowledged.replace(now);
        self.seen |= before.is_some_and(|before| now.saturating_duration_since(before) >= PAUSE);
    }

    /// Takes note of a write, which carries the acknowledgement of all that was read, and tells when
    /// that was.
    pub(super) fn write(&mut self) -> Option<Instant> {
        self.unacknowledged.take()
    }

    /// When something was read, if nothing was written since.
    pub(super) fn last_read(&self) -> Option<Instant> {
        self.unacknowledged
    }
}

/// Asks for the acknowledgement of what was read. A failure costs time and nothing else, and the read
/// that it follows has succeeded, so it is not reported.
#[cfg(target_os = "linux")]
pub(super) fn acknowledge(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_tcp_quickack(true);
}

#[cfg(not(target_os = "linux"))]
pub(super) fn acknowledge(_: &TcpStream) {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches the time that a server takes for its answer being taken for a delay of ours (what
    /// was read before the request went with it), and a pause that is forgotten.
    #[test]
    fn a_pause_counts_between_two_pieces_of_a_response_and_for_good() {
        let start = Instant::now();
        let mut pauses = Pauses::default();
        pauses.read(start);
        pauses.write();
        pauses.read(start + PAUSE * 10);
        assert!(!pauses.seen, "the server took its time");
        pauses.read(start + PAUSE * 11 - Duration::from_millis(1));
        assert!(!pauses.seen, "no acknowledgement comes that late");
        pauses.read(start + PAUSE * 12);
        pauses.write();
        assert!(pauses.seen);
    }
}
