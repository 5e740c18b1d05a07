//! What was typed, resolved: every value is read and checked, every file opened and every address
//! parsed, before anything runs. What is wrong with a command line ends it here, with no effect.

#[cfg(feature = "demo")]
use crate::args::DemoArgs;
use crate::args::{Command, ComponentsArgs, ValueArgs};
use crate::arguments::GivenArguments;
#[cfg(feature = "demo")]
use crate::commands::demo;
use crate::commands::executor::Serving;
use crate::commands::fetch::Fetch;
use crate::commands::lists::{self, List};
use crate::commands::{calls, components, info};
use crate::connection::Server;
use crate::failure::Failure;
use crate::json::JsonObject;
use std::io;

/// A command that can be run.
pub(crate) enum Invocation {
    List(Server, List),
    Call {
        server: Server,
        tool: String,
        given: GivenArguments,
    },
    Read {
        server: Server,
        uri: String,
    },
    Prompt {
        server: Server,
        prompt: String,
        arguments: JsonObject,
    },
    Info(Server),
    Fetch(Fetch),
    Executor(Serving),
    Components(ComponentsArgs),
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
}

impl Invocation {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(command: Command) -> Result<Self, Failure> {
        Ok(match command {
            Command::Tools(args) => Self::List(Server::resolve(args.server)?, List::Tools),
            Command::Resources(args) => Self::List(Server::resolve(args.server)?, List::Resources),
            Command::Prompts(args) => Self::List(Server::resolve(args.server)?, List::Prompts),
            Command::Call(args) => {
                let given = given(&args.values)?;
                Self::Call { server: Server::resolve(args.server)?, tool: args.tool, given }
            }
            Command::Read(args) => {
                Self::Read { server: Server::resolve(args.server)?, uri: args.uri }
            }
            Command::Prompt(args) => {
                let arguments = given(&args.values)?.strings()?;
                let server = Server::resolve(args.server)?;
                Self::Prompt { server, prompt: args.prompt, arguments }
            }
            Command::Info(args) => Self::Info(Server::resolve(args.server)?),
            Command::Fetch(args) => Self::Fetch(Fetch::resolve(args)?),
            Command::Executor(args) => Self::Executor(Serving::resolve(&args)?),
            Command::Components(args) => Self::Components(args),
            #[cfg(feature = "demo")]
            Command::Demo(args) => Self::Demo(args),
        })
    }

    /// Does it, and returns the exit code.
    pub(crate) async fn run(self) -> Result<u8, Failure> {
        match self {
            Self::List(server, list) => lists::run(server, list).await,
            Self::Call { server, tool, given } => calls::call(server, &tool, &given).await,
            Self::Read { server, uri } => calls::read(server, &uri).await,
            Self::Prompt { server, prompt, arguments } => {
                calls::prompt(server, &prompt, arguments).await
            }
            Self::Info(server) => info::run(server).await,
            Self::Fetch(fetch) => fetch.run().await,
            Self::Executor(serving) => serving.run().await,
            Self::Components(args) => components::run(&args),
            #[cfg(feature = "demo")]
            Self::Demo(args) => demo::run(&args).await,
        }
    }
}

fn given(values: &ValueArgs) -> Result<GivenArguments, Failure> {
    Ok(GivenArguments::new(values.args.as_deref(), &values.assignments, io::stdin())?)
}
