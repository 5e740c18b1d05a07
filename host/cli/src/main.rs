//! The `sandbar` command.
//!
//! | what | where |
//! |---|---|
//! | options, and what `--help` says | `args.rs`, `help.rs`, `parse/` |
//! | what was typed, read and checked | `invocation.rs`, `connection.rs`, `arguments/` |
//! | what a command does | `commands/` |
//! | the person who signs in | `signing_in.rs` |
//! | what is shown | `show/`, `json.rs` |
//! | what goes wrong: kind, exit code, hint, text | `failure/` |
//! | signals, descriptors, traces | `process.rs` |
//!
//! Each uses what is below it. Limits and their reasons are in `limits.rs`.

mod args;
mod arguments;
mod ask;
mod commands;
mod connection;
mod failure;
mod help;
mod invocation;
mod json;
mod limits;
mod parse;
mod process;
mod show;
mod signing_in;

use args::Cli;
use clap::Parser as _;
use failure::{Failure, exit, report};
use invocation::Invocation;
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(run())
}

/// Does what the command line says, and returns the exit code.
fn run() -> u8 {
    let Cli { command } = Cli::parse();
    process::trace();
    let as_json = command.wants_json();
    match Invocation::resolve(command).and_then(|invocation| in_runtime(invocation.run())) {
        Ok(code) => code,
        Err(failure) if failure.is_broken_pipe() => exit::OK,
        Err(failure) => {
            report(&failure, as_json);
            failure.describe().exit
        }
    }
}

fn in_runtime(command: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(limits::THREADS)
        .enable_all()
        .build()
        .map_err(|source| Failure::Process { what: "start threads", source })?;
    let outcome = runtime.block_on(command);
    // What still runs has nobody left to run for; waiting for it could take for ever.
    runtime.shutdown_background();
    outcome
}
