//! What was typed, resolved: every value is read and checked, every file opened and every address
//! parsed, before anything runs. What is wrong with a command line ends it here, with no effect.

#[cfg(feature = "demo")]
use crate::args::DemoArgs;
use crate::args::{AuthCommand, Command, ComponentsArgs, LogoutArgs, ValueArgs};
use crate::arguments::{GivenArguments, read_object};
use crate::commands::complete::Completion;
#[cfg(feature = "demo")]
use crate::commands::demo;
use crate::commands::executor::Serving;
use crate::commands::fetch::Fetch;
use crate::commands::lists::{self, List};
use crate::commands::login::Login;
use crate::commands::policy::Telling;
use crate::commands::proxy::Proxy;
use crate::commands::{auth, calls, components, info, watch};
use crate::connection::Server;
use crate::failure::Failure;
use crate::json::JsonObject;
use sandbar::Interest;
use std::io;
use std::path::PathBuf;

/// A command that can be run.
pub(crate) enum Invocation {
    List(Server, List),
    Call {
        server: Server,
        tool: String,
        given: GivenArguments,
        output: Option<PathBuf>,
        validate: bool,
    },
    Read {
        server: Server,
        uri: String,
        output: Option<PathBuf>,
    },
    Prompt {
        server: Server,
        prompt: String,
        arguments: JsonObject,
    },
    Complete(Server, Completion),
    Watch {
        server: Server,
        interest: Interest,
        count: Option<u64>,
    },
    Request {
        server: Server,
        method: String,
        params: Option<JsonObject>,
    },
    Info(Server),
    Login(Login),
    Logout(LogoutArgs),
    Auth(AuthCommand),
    Fetch(Fetch),
    Proxy(Proxy),
    Executor(Serving),
    Policy(Telling),
    Components(ComponentsArgs),
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
}

impl Invocation {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(command: Command) -> Result<Self, Failure> {
        if let Some(telling) = Telling::dry_run(&command)? {
            return Ok(Self::Policy(telling));
        }
        Ok(match command {
            Command::Policy(command) => Self::Policy(Telling::resolve(command)?),
            Command::Tools(args) => Self::List(Server::resolve(args.server)?, List::Tools),
            Command::Resources(args) => Self::List(Server::resolve(args.server)?, List::Resources),
            Command::Prompts(args) => Self::List(Server::resolve(args.server)?, List::Prompts),
            Command::Call(args) => {
                let given = given(args.object.as_deref(), &args.values)?;
                let server = Server::resolve(args.server)?;
                let (tool, output, validate) = (args.tool, args.output, args.validate);
                Self::Call { server, tool, given, output, validate }
            }
            Command::Read(args) => {
                let (server, output) = (Server::resolve(args.server)?, args.output);
                Self::Read { server, uri: args.uri, output }
            }
            Command::Prompt(args) => {
                let arguments = given(None, &args.values)?.strings()?;
                let server = Server::resolve(args.server)?;
                Self::Prompt { server, prompt: args.prompt, arguments }
            }
            Command::Templates(args) => Self::List(Server::resolve(args.server)?, List::Templates),
            Command::Complete(args) => {
                let completion = Completion::resolve(&args)?;
                Self::Complete(Server::resolve(args.server)?, completion)
            }
            Command::Watch(args) => {
                let lists = args.lists || args.resources.is_empty();
                let interest = Interest { lists, resources: args.resources };
                let server = Server::resolve(args.server)?.listening();
                Self::Watch { server, interest, count: args.count }
            }
            Command::Request(args) => {
                let params = args.params.as_deref();
                let params = params.map(|params| read_object("JSON", params, io::stdin()));
                let params = params.transpose()?;
                Self::Request { server: Server::resolve(args.server)?, method: args.method, params }
            }
            Command::Login(args) => Self::Login(Login::resolve(args)?),
            Command::Logout(args) => Self::Logout(args),
            Command::Auth(command) => Self::Auth(command),
            Command::Info(args) => Self::Info(Server::resolve(args.server)?),
            Command::Fetch(args) => Self::Fetch(Fetch::resolve(args)?),
            Command::Proxy(args) => Self::Proxy(Proxy::resolve(&args)?),
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
            Self::Call { server, tool, given, output, validate } => {
                calls::call(server, &tool, &given, output, validate).await
            }
            Self::Read { server, uri, output } => calls::read(server, &uri, output).await,
            Self::Complete(server, completion) => completion.ask(server).await,
            Self::Watch { server, interest, count } => watch::run(server, interest, count).await,
            Self::Request { server, method, params } => {
                calls::request(server, method, params).await
            }
            Self::Prompt { server, prompt, arguments } => {
                calls::prompt(server, &prompt, arguments).await
            }
            Self::Login(login) => login.run().await,
            Self::Logout(args) => auth::logout(&args).await,
            Self::Auth(command) => auth::run(command).await,
            Self::Info(server) => info::run(server).await,
            Self::Fetch(fetch) => fetch.run().await,
            Self::Proxy(proxy) => proxy.run().await,
            Self::Executor(serving) => serving.run().await,
            Self::Policy(telling) => telling.tell(),
            Self::Components(args) => components::run(&args),
            #[cfg(feature = "demo")]
            Self::Demo(args) => demo::run(&args).await,
        }
    }
}

fn given(json: Option<&str>, values: &ValueArgs) -> Result<GivenArguments, Failure> {
    let all = json.or(values.args.as_deref());
    Ok(GivenArguments::new(all, &values.assignments, io::stdin())?)
}
