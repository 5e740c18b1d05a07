//! What a soak measures, and how flat it has to be.

use super::load::{CYCLE, LEFT, Load};
use crate::support::executor_process::ExecutorProcess;
use crate::support::memory::Memory;
use crate::support::patience::wait_for;
use crate::support::{descriptors, heap};
use serde_json::Value;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tokio::runtime::Handle;

/// The buffers of [`KEPT`] connections, which come and go. A leak of 52 bytes for each operation is
/// more, in the ten thousand of a soak that is not made longer.
const HEAP_BYTES: usize = 512 << 10;
/// A guest's memory grows by pages of 64 KiB, and is told as its peak: sixteen calls at a time may
/// need a few more for once.
const GUEST_BYTES: usize = 512 << 10;
/// The allocator of the system keeps what was freed, in pieces and for each thread. For a guest of
/// which nothing else is known, this has to do: it finds 420 bytes for each operation.
const RESIDENT_BYTES: u64 = 4 << 20;
/// Connections that are kept for the next exchange, and the tasks that drive them.
const KEPT: usize = 32;

/// How long what was left may take to be gone: only a soak that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A look at everything, at a moment when no exchange goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Operations so far.
    pub(super) operations: usize,
    guest: Option<usize>,
    heap: usize,
    resident: u64,
    tasks: usize,
    descriptors: usize,
    /// Connections that the server has accepted so far.
    connections: usize,
    executor: Option<(u64, usize)>,
}

/// Where to look.
pub(super) struct Gauge<'a> {
    pub(super) load: &'a Load,
    pub(super) server: SocketAddr,
    pub(super) executor: Option<&'a ExecutorProcess>,
}

impl Gauge<'_> {
    /// Waits until no exchange goes on any more, at the server, and looks.
    pub(super) async fn settled(&self, operations: usize) -> Sample {
        wait_for("exchanges to end that were left", async {
            while self.seen("exchanges") > 0 {
                pause().await;
            }
        })
        .await;
        self.look(operations)
    }

    /// Waits until everything is back where it was, give or take, and returns what was seen then.
    pub(super) async fn flat(&self, operations: usize, before: &Sample) -> Sample {
        let mut sample = self.settled(operations).await;
        let returned = async {
            while !sample.is_flat(before) {
                pause().await;
                sample = self.look(operations);
            }
        };
        let returned = tokio::time::timeout(PATIENCE, returned).await;
        assert!(returned.is_ok(), "not flat:\n{HEADINGS}\n{before}\n{sample}");
        sample
    }

    fn look(&self, operations: usize) -> Sample {
        let connections = self.seen("connections");
        let executor = self.executor.map(|executor| {
            (executor.memory().resident, descriptors::count(executor.process_id()))
        });
        let this = std::process::id();
        Sample {
            operations,
            guest: self.load.guest_memory(),
            heap: heap::live_bytes(),
            resident: Memory::of(this).resident,
            tasks: Handle::current().metrics().num_alive_tasks(),
            descriptors: descriptors::count(this),
            connections,
            executor,
        }
    }

    /// A number that the server has seen.
    fn seen(&self, what: &str) -> usize {
        let mut stream = TcpStream::connect(self.server).unwrap();
        stream.write_all(b"GET /seen HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let numbers: Value = serde_json::from_str(body).unwrap();
        usize::try_from(numbers[what].as_u64().unwrap()).unwrap()
    }
}

/// Between two looks at what must happen.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

impl Sample {
    fn is_flat(&self, before: &Self) -> bool {
        let operations = self.operations - before.operations;
        // Whoever is left before its end may cost a connection, and nobody else.
        let left = operations * LEFT / CYCLE;
        let executors = self.executor.zip(before.executor);
        self.guest.zip(before.guest).is_none_or(|(now, then)| now <= then + GUEST_BYTES)
            && self.heap <= before.heap + HEAP_BYTES
            && self.resident <= before.resident + RESIDENT_BYTES
            && self.tasks <= before.tasks + KEPT
            && self.descriptors <= before.descriptors + KEPT
            && self.connections <= before.connections + left + 2 * KEPT
            && executors.is_none_or(|((resident, descriptors), then)| {
                resident <= then.0 + RESIDENT_BYTES && descriptors <= then.1 + KEPT
            })
    }
}

/// What stands above samples.
pub(super) const HEADINGS: &str = "operations  guest KiB   heap KiB    rss KiB  tasks    fds  \
connections  executor KiB  executor fds";

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib =
            |bytes: Option<u64>| bytes.map_or_else(|| "-".to_owned(), |b| (b / 1024).to_string());
        let (resident, descriptors) = self.executor.unzip();
        write!(
            f,
            "{:>10} {:>10} {:>10} {:>10} {:>6} {:>6} {:>12} {:>13} {:>13}",
            self.operations,
            kib(self.guest.map(|bytes| bytes as u64)),
            kib(Some(self.heap as u64)),
            kib(Some(self.resident)),
            self.tasks,
            self.descriptors,
            self.connections,
            kib(resident),
            descriptors.map_or_else(|| "-".to_owned(), |count| count.to_string()),
        )
    }
}
