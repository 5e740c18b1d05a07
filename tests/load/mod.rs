//! Load and losses, across real processes: an executor that is the binary, and a client that is
//! the binary or the library. Each test prints what the executor held in memory at its peak.
//!
//! - `bodies`: few and large
//! - `streams`: many at a time
//! - `cuts`: connections that are cut at any byte
//! - `losses`: processes that are killed

mod bodies;
mod cuts;
mod losses;
mod streams;

use crate::support::executor_process::ExecutorProcess;
use crate::support::sandbox;
use sandbar::executor::{Executor, Target};
use sandbar::http::Policy;

/// What an executor may hold at its peak, whatever goes through it: 64 MiB of code, compiler and
/// pools in a dev build, and on top of it what `docs/executor-protocol.md` allows a connection.
const EXECUTOR_BYTES: u64 = 160 << 20;

/// Prints the memory of an executor, and asserts its bound.
fn assert_memory(what: &str, executor: &ExecutorProcess) {
    let memory = executor.memory();
    println!("{what}: the executor held {memory}");
    assert!(memory.peak <= EXECUTOR_BYTES, "{what}: {memory}");
}

/// A client in this process.
async fn client(executor: &ExecutorProcess) -> Executor {
    let target = Target::websocket(&executor.url).unwrap();
    let sandbar = sandbox::builder().executor(target).build().unwrap();
    sandbar.executor(Policy::anywhere()).await.unwrap()
}
