//! The commands, one a file.

mod call;
mod components;
#[cfg(feature = "demo")]
mod demo;
mod executor;
mod fetch;
mod info;
mod prompt;
mod prompts;
mod read;
mod resources;
mod tools;

use crate::args::Command;
use crate::failure::Failure;

/// Runs a command, and returns the exit code.
pub(crate) async fn run(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Tools(args) => tools::run(&args).await,
        Command::Call(args) => call::run(&args).await,
        Command::Resources(args) => resources::run(&args).await,
        Command::Read(args) => read::run(&args).await,
        Command::Prompts(args) => prompts::run(&args).await,
        Command::Prompt(args) => prompt::run(&args).await,
        Command::Info(args) => info::run(&args).await,
        Command::Components(args) => components::run(&args),
        Command::Fetch(args) => fetch::run(&args).await,
        Command::Executor(args) => executor::run(&args).await,
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::run(&args).await,
    }
}
