//! Sandbar against a native peer, on the same servers, in the same run.
//!
//! ```sh
//! cargo bench -p sandbar-benches                    # the table
//! cargo bench -p sandbar-benches -- --json          # one JSON object a line
//! cargo bench -p sandbar-benches -- --quick         # few repetitions: does it still run
//! cargo bench -p sandbar-benches -- --full          # and 10 000 sessions
//! cargo bench -p sandbar-benches -- --only memory   # one group
//! ```
//!
//! The peer is `rmcp`, the official Rust SDK, with a pooled `reqwest` client and `TCP_NODELAY`
//! (its own default is a new connection for every request). Absolute times depend on the machine
//! and on what else it does, so candidate and peer take turns and what counts is the ratio of
//! their medians. Memory is measured in processes of their own: this program runs itself with
//! [`child::ARGUMENT`].
//!
//! - [`calls`]: small tool calls, one after another and many at a time
//! - [`progress`]: a call that reports progress a thousand times
//! - [`payloads`]: large results
//! - [`startup`]: how long it takes until something can be asked
//! - [`executor`]: exchanges through an executor, against the same from here
//! - [`memory`]: large results and idle sessions

#![allow(missing_docs, reason = "a bench has no API")]

mod calls;
mod candidate;
mod canned_server;
mod child;
mod duel;
mod executor;
mod executor_process;
mod memory;
mod options;
mod payloads;
mod peer;
mod poster;
mod process_memory;
mod program;
mod progress;
mod report;
mod server_thread;
mod startup;
mod stream_server;

use anyhow::Result;
use options::{Group, Options};
use report::Report;

fn main() -> Result<()> {
    if let Some(task) = child::Task::from_args()? {
        return runtime()?.block_on(task.run());
    }
    runtime()?.block_on(run(Options::from_args()?))
}

async fn run(options: Options) -> Result<()> {
    let mut report = Report::new(options.output);
    for group in Group::ALL.into_iter().filter(|group| options.wants(*group)) {
        match group {
            Group::Calls => calls::run(&options, &mut report).await?,
            Group::Progress => progress::run(&options, &mut report).await?,
            Group::Payloads => payloads::run(&options, &mut report).await?,
            Group::Startup => startup::run(&options, &mut report).await?,
            Group::Executor => executor::run(&options, &mut report).await?,
            Group::Memory => memory::run(&options, &mut report).await?,
        }
    }
    Ok(())
}

/// One thread for the clients, as the servers have one: either side's tasks wake each other without
/// a thread switch, which is the least noise that two cores can give.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
