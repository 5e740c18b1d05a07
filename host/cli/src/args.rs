//! The options.

mod auth;
mod http;
mod policy;

pub(crate) use auth::{AuthCommand, LoginArgs, LogoutArgs};
pub(crate) use http::{ExecutorArgs, FetchArgs, PluginArgs, TargetArgs};
pub(crate) use policy::{ExplainArgs, GrantArgs, OperatorArgs, PolicyCommand};

use crate::arguments::Assignment;
use crate::help;
use crate::parse::{parse_duration, parse_server_url};
use clap::{Args, Parser, Subcommand, ValueEnum};
use sandbar::types::LogLevel;
use std::path::PathBuf;
use std::time::Duration;

/// An MCP client that lives in a WebAssembly sandbox
#[derive(Debug, Parser)]
#[command(name = "sandbar", version, after_help = help::SHORT, after_long_help = help::LONG.as_str())]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the tools of a server, with their arguments
    #[command(after_help = help::TOOLS)]
    Tools(ListArgs),
    /// Call a tool
    #[command(after_help = help::CALL)]
    Call(CallArgs),
    /// List the resources of a server
    #[command(after_help = help::RESOURCES)]
    Resources(ListArgs),
    /// Read a resource
    #[command(after_help = help::READ)]
    Read(ReadArgs),
    /// List the templates of a server's resources
    #[command(after_help = help::TEMPLATES)]
    Templates(ListArgs),
    /// List the prompts of a server, with their arguments
    #[command(after_help = help::PROMPTS)]
    Prompts(ListArgs),
    /// Get a prompt
    #[command(after_help = help::PROMPT)]
    Prompt(PromptArgs),
    /// Ask what an argument of a prompt or of a template may be
    #[command(after_help = help::COMPLETE)]
    Complete(CompleteArgs),
    /// Print what changes at a server, as it happens
    #[command(after_help = help::WATCH)]
    Watch(WatchArgs),
    /// Make any request, and print its result as the server wrote it
    #[command(after_help = help::REQUEST)]
    Request(RequestArgs),
    /// Show what a server says of itself: era, versions, capabilities
    #[command(after_help = help::INFO)]
    Info(ListArgs),
    /// Fetch a URL, through the same sandbox and executors
    #[command(after_help = help::FETCH)]
    Fetch(FetchArgs),
    /// Sign in to a server, once: other commands use the sign-in
    #[command(after_help = help::LOGIN)]
    Login(LoginArgs),
    /// Forget the sign-in to a server, or all of them
    Logout(LogoutArgs),
    /// Show the sign-ins
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Be an MCP server on standard input and output that is a remote one: for the configuration of
    /// agents
    #[command(after_help = help::PROXY)]
    Proxy(ProxyArgs),
    /// Perform HTTP exchanges for clients elsewhere
    #[command(after_help = help::EXECUTOR)]
    Executor(ExecutorArgs),
    /// Check and explain policies: what may be dialled, and why not
    #[command(subcommand, after_help = help::POLICY)]
    Policy(PolicyCommand),
    /// Write the embedded WebAssembly components to files
    #[command(after_help = help::COMPONENTS)]
    Components(ComponentsArgs),
    /// Start an MCP server in this process and talk to it through the sandbox
    #[cfg(feature = "demo")]
    #[command(after_help = help::DEMO)]
    Demo(DemoArgs),
}

/// How to reach a server, and what to print.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// The MCP endpoint, http:// or https://
    #[arg(value_parser = parse_server_url)]
    pub(crate) url: String,
    /// Send this header with every request; may be repeated. Write 'Name=@FILE' to read the
    /// value from a file and keep it out of the list of processes
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// Give up after this long, connecting included (500ms, 30s, 5m, 1h). None by default
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Give up after a silence this long of the server. 5m by default
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) idle_timeout: Option<Duration>,
    /// Give up when a connection takes longer, TLS included; at most 2m. 10s by default
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Accept messages of at most this many bytes. 16777216 by default
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1024..=1 << 30))]
    pub(crate) max_message_bytes: Option<u64>,
    /// Speak this era of the protocol without asking: modern is 2026-07-28 and later, legacy is
    /// what begins with `initialize`
    #[arg(long, value_enum)]
    pub(crate) era: Option<EraArg>,
    /// Have the server send log messages of this importance and above. What it sends is up to the
    /// server by default
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevelArg>,
    /// Decline what the server asks of you, instead of asking on the terminal
    #[arg(long)]
    pub(crate) no_input: bool,
    /// Tell the server that it may work with this directory; may be repeated. The server reads
    /// nothing through sandbar
    #[arg(long = "root", value_name = "DIR")]
    pub(crate) roots: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    #[command(flatten)]
    pub(crate) plugins: PluginArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

/// What to print.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputArgs {
    /// Print results as JSON, as the server wrote them; everything on standard error becomes one
    /// JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Show every log message and notification of the server, not only warnings and worse
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// The eras of MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EraArg {
    /// 2026-07-28 and later
    Modern,
    /// 2025-11-25 and earlier
    Legacy,
}

/// How important a log message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevelArg {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl From<LogLevelArg> for LogLevel {
    fn from(level: LogLevelArg) -> Self {
        match level {
            LogLevelArg::Debug => Self::Debug,
            LogLevelArg::Info => Self::Info,
            LogLevelArg::Notice => Self::Notice,
            LogLevelArg::Warning => Self::Warning,
            LogLevelArg::Error => Self::Error,
            LogLevelArg::Critical => Self::Critical,
            LogLevelArg::Alert => Self::Alert,
            LogLevelArg::Emergency => Self::Emergency,
        }
    }
}

/// For commands that need nothing but a server.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Arguments of a tool or a prompt.
#[derive(Debug, Args)]
pub(crate) struct ValueArgs {
    /// One argument, typed by the schema of the tool; NAME:=JSON gives the type itself. May be
    /// repeated, and goes over --args
    #[arg(long = "arg", short = 'a', value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) assignments: Vec<Assignment>,
    /// All arguments as a JSON object, from @FILE, or from standard input with -
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) args: Option<String>,
}

/// `sandbar call`
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// The name of the tool
    pub(crate) tool: String,
    /// All arguments as a JSON object: the same as --args
    #[arg(value_name = "JSON", conflicts_with = "args")]
    pub(crate) object: Option<String>,
    /// Write the image, the sound or the file in the result to this file, whatever that holds; of
    /// several, each to one with a number in its name
    #[arg(long, short = 'o', value_name = "FILE", conflicts_with = "json")]
    pub(crate) output: Option<PathBuf>,
    /// Fail where the structured result is not what the tool's schema promises. The result is printed
    /// all the same; without this, a difference that is noticed is a warning
    #[arg(long)]
    pub(crate) validate: bool,
    #[command(flatten)]
    pub(crate) values: ValueArgs,
}

/// `sandbar read`
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// The URI of the resource
    pub(crate) uri: String,
    /// Write the contents to this file, whatever it holds, instead of standard output; of several,
    /// each to one with a number in its name
    #[arg(long, short = 'o', value_name = "FILE", conflicts_with = "json")]
    pub(crate) output: Option<PathBuf>,
}

/// `sandbar prompt`
#[derive(Debug, Args)]
pub(crate) struct PromptArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// The name of the prompt
    pub(crate) prompt: String,
    #[command(flatten)]
    pub(crate) values: ValueArgs,
}

/// `sandbar complete`
#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// The argument, and what of it is there already
    #[arg(value_name = "NAME=BEGINNING", value_parser = Assignment::parse)]
    pub(crate) argument: Assignment,
    /// The prompt that takes it
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "template",
        conflicts_with = "template"
    )]
    pub(crate) prompt: Option<String>,
    /// The template that takes it, by its URI
    #[arg(long, value_name = "URI")]
    pub(crate) template: Option<String>,
    /// Another argument that has a value already; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) with: Vec<Assignment>,
}

/// `sandbar watch`
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Watch the contents of this resource instead of the lists; may be repeated
    #[arg(long = "resource", value_name = "URI")]
    pub(crate) resources: Vec<String>,
    /// Watch the lists of tools, prompts and resources as well
    #[arg(long, requires = "resources")]
    pub(crate) lists: bool,
    /// Exit after this many changes. Goes on until Ctrl-C by default
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
}

/// `sandbar request`
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// The method, `tools/list` for example
    pub(crate) method: String,
    /// The parameters as a JSON object, from @FILE, or from standard input with -
    #[arg(value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) params: Option<String>,
}

/// `sandbar proxy`
#[derive(Debug, Args)]
pub(crate) struct ProxyArgs {
    /// The MCP endpoint, http:// or https://
    #[arg(value_parser = parse_server_url)]
    pub(crate) url: String,
    /// Send this header with every request; may be repeated. Write 'Name=@FILE' to read the
    /// value from a file and keep it out of the list of processes
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// Give a request up after a silence this long of the server. None by default: the agent does
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) idle_timeout: Option<Duration>,
    /// Give up when a connection takes longer, TLS included; at most 2m. 10s by default
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Pass messages of at most this many bytes, in either direction. 16777216 by default
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1024..=1 << 30))]
    pub(crate) max_message_bytes: Option<u64>,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    #[command(flatten)]
    pub(crate) plugins: PluginArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

/// `sandbar components`
#[derive(Debug, Args)]
pub(crate) struct ComponentsArgs {
    /// The directory to write to; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Overwrite files that hold something else
    #[arg(long)]
    pub(crate) force: bool,
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

/// `sandbar demo`
#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Have an executor dial, in a process of its own
    #[arg(long)]
    pub(crate) remote: bool,
}

impl Command {
    /// How to reach the server of a command that has one.
    pub(crate) const fn server(&self) -> Option<&ServerArgs> {
        match self {
            Self::Tools(args)
            | Self::Resources(args)
            | Self::Templates(args)
            | Self::Prompts(args)
            | Self::Info(args) => Some(&args.server),
            Self::Complete(args) => Some(&args.server),
            Self::Watch(args) => Some(&args.server),
            Self::Request(args) => Some(&args.server),
            Self::Call(args) => Some(&args.server),
            Self::Read(args) => Some(&args.server),
            Self::Prompt(args) => Some(&args.server),
            Self::Components(_)
            | Self::Policy(_)
            | Self::Login(_)
            | Self::Logout(_)
            | Self::Auth(_)
            | Self::Fetch(_)
            | Self::Proxy(_)
            | Self::Executor(_) => None,
            #[cfg(feature = "demo")]
            Self::Demo(_) => None,
        }
    }

    /// Whether failures are reported as JSON.
    pub(crate) const fn wants_json(&self) -> bool {
        match self {
            Self::Components(args) => args.json,
            Self::Policy(PolicyCommand::Explain(args)) => args.json,
            Self::Auth(AuthCommand::Status { json }) => *json,
            other => match other.server() {
                Some(server) => server.output.json,
                None => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    /// Catches options that contradict each other, which clap only notices when it runs.
    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Catches the default of an option that a server could exploit, or that parses no more.
    #[test]
    fn limits_of_options_hold() {
        let parse = |option: &str| {
            Cli::try_parse_from(["sandbar", "tools", "http://a/mcp", option]).is_ok()
        };
        assert!(parse("--max-message-bytes=67108864"));
        assert!(!parse("--max-message-bytes=0"));
        assert!(!parse("--max-message-bytes=99999999999"));
        assert!(!parse("--timeout=0s"));
    }

    /// Catches two executors for one command, and options without what they are about.
    #[test]
    fn options_that_exclude_each_other_are_refused() {
        let parse = |arguments: &[&str]| {
            let arguments = ["sandbar"].iter().chain(arguments);
            Cli::try_parse_from(arguments).is_ok()
        };
        let fetch = ["fetch", "http://a/"];
        let with = |options: &[&'static str]| parse(&[&fetch, options].concat());
        assert!(with(&["--executor", "ws://b/", "--executor-token-file", "t"]));
        assert!(with(&["--executor-command", "ssh b"]));
        assert!(!with(&["--executor", "ws://b/", "--executor-command", "ssh b"]));
        assert!(!with(&["--executor-token-file", "t"]));
        assert!(!with(&["--executor-command", ""]));
        assert!(parse(&["executor", "--executor", "ws://b/"]));
        assert!(!parse(&["executor", "--stdio", "--listen", "ws://127.0.0.1:0"]));
        assert!(!parse(&["executor", "--stdio", "--token-file", "t"]));
        assert!(parse(&["executor", "--allow", "http://a/", "--allow", "http://b/"]));
        let keys = [&["--allow", "http://a/"][..], &["--policy", "p"], &["--allow-any"]];
        for key in keys {
            assert!(parse(&[&["executor"], key].concat()));
            assert!(!parse(&[&["executor", "--executor", "ws://b/"], key].concat()));
            for other in keys.iter().filter(|other| **other != key) {
                assert!(!parse(&[&["executor"], key, other].concat()), "{key:?} {other:?}");
            }
        }
        assert!(with(&["--policy", "p", "--dry-run"]));
        assert!(!with(&["--policy", "p", "--executor", "ws://b/"]));
    }

    /// Catches `-` that is taken for an option.
    #[test]
    fn arguments_can_come_from_standard_input() {
        let given = ["sandbar", "call", "http://a/mcp", "tool", "--args", "-"];
        let cli = Cli::try_parse_from(given);
        assert!(matches!(
            cli.map(|cli| cli.command),
            Ok(Command::Call(CallArgs { values: ValueArgs { args: Some(args), .. }, .. })) if args == "-"
        ));
    }
}
