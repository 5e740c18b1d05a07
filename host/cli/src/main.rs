//! The `sandbar` command.
//!
//! | what | where |
//! |---|---|
//! | options, and what `--help` says | `args/`, `help.rs`, `exit.rs` |
//! | a command each | `command/` |
//! | what a server lists | `tool_list.rs`, `prompt_list.rs`, `entry.rs`, `pages.rs` |
//! | the arguments of a call | `arguments/`, `nearest.rs` |
//! | values of options | `parse/` |
//! | where HTTP runs | `target.rs` |
//! | a session, Ctrl-C, deadlines | `connection.rs`, `interrupt.rs`, `cache.rs` |
//! | file descriptors | `descriptors.rs` |
//! | standard output | `output.rs`, `content.rs`, `json/` |
//! | standard error | `console.rs`, `progress_bar.rs`, `download_bar.rs`, `log_message.rs`, `trace.rs` |
//! | failures | `failure.rs`, `hint.rs`, `report.rs` |
//!
//! Limits and their reasons are in `limits.rs`. What a server sent is shown on a terminal through
//! `terminal.rs` alone, what arrives in pieces through `terminal_decoder.rs`.

mod args;
mod arguments;
mod cache;
mod command;
mod connection;
mod console;
mod content;
mod descriptors;
mod download_bar;
mod entry;
mod exit;
mod failure;
mod help;
mod hint;
mod interrupt;
mod json;
mod limits;
mod log_message;
mod nearest;
mod output;
mod pages;
mod parse;
mod progress_bar;
mod prompt_list;
mod report;
mod target;
mod terminal;
mod terminal_decoder;
mod tool_list;
mod trace;

use args::Cli;
use clap::Parser as _;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(run())
}

/// Does what the command line says, and returns the exit code.
fn run() -> u8 {
    let Cli { command } = Cli::parse();
    trace::start();
    let as_json = command.wants_json();
    match in_runtime(command::run(command)) {
        Ok(code) => code,
        Err(failure) if failure.is_broken_pipe() => exit::OK,
        Err(failure) => {
            report::report(&failure, as_json);
            failure.exit()
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
