//! A server and the way to it, resolved: who dials, what may be dialled, and a session for the time of a
//! command.

use crate::args::{
    EraArg, GrantArgs, OperatorArgs, OutputArgs, PluginArgs, ServerArgs, TargetArgs,
};
use crate::ask::{Answers, Attendant};
use crate::failure::Failure;
use crate::limits::{MEMORY_PER_MESSAGE_BYTE, MOST_MEMORY};
use crate::parse::{Header, Token, read_policy};
use crate::process::interruptible;
use crate::show::Console;
use crate::signing_in::Person;
use sandbar::auth::SignInOptions;
use sandbar::executor::{Target, WebSocketClient};
use sandbar::http::Policy;
use sandbar::types::Era;
use sandbar::{
    ConnectOptions, Error, PluginLimits, Root, Sandbar, SandboxLimits, Session, check_cache_dir,
};
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// A server, with all that was said of it read and checked. Nothing has been dialled.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) output: OutputArgs,
    options: ConnectOptions,
    pub(crate) sandbar: Sandbar,
    timeout: Option<Duration>,
    /// Whether the user named the era.
    era_known: bool,
    answers: Answers,
    roots: Vec<Root>,
}

impl Server {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(args: ServerArgs) -> Result<Self, Failure> {
        let answers = Answers::found(args.no_input, args.output.json);
        let roots = args.roots.iter().map(|path| root(path)).collect::<Result<Vec<_>, _>>()?;
        let capabilities = Attendant::capabilities(answers, &roots);
        Ok(Self {
            options: connect_options(&args)?.capabilities(capabilities),
            answers,
            roots,
            sandbar: sandbar(
                args.max_message_bytes,
                target(&args.target)?,
                granted(&args.grant)?,
                &args.plugins,
            )?,
            timeout: args.timeout,
            era_known: args.era.is_some(),
            url: args.url,
            output: args.output,
        })
    }

    /// The same, told of changes by a legacy server too.
    pub(crate) fn listening(mut self) -> Self {
        self.options = self.options.listens(true);
        self
    }

    /// Opens a session, does `work` with it, and closes it: also after Ctrl-C or a timeout, so that
    /// the server hears that nobody waits any more.
    pub(crate) async fn with_session<T>(
        self,
        work: impl AsyncFnOnce(&Session, &Console) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Self { url, output, options, sandbar, timeout, era_known, answers, roots } = self;
        let console = Console::new(output);
        let options = options.handler(Attendant::new(console.clone(), answers, roots));
        let mut opened = None;
        let outcome = interruptible(timeout, async {
            let connected = match sandbar.connect_with(options.clone()).await {
                Err(error) if answers == Answers::Person && error.challenges().is_some() => {
                    signed_in(&sandbar, &url, &error).await?;
                    sandbar.connect_with(options).await
                }
                connected => connected,
            };
            let failed = |error| Failure::opening(error, era_known);
            let session = opened.insert(connected.map_err(failed)?);
            work(session, &console).await
        })
        .await;
        console.finish();
        if let Some(session) = opened {
            session.close().await;
        }
        outcome
    }
}

/// Sets up the sandbox, with memory for messages of this size. HTTP runs at `target`, within what is
/// granted, and passes the plugins.
pub(crate) fn sandbar(
    max_message_bytes: Option<u64>,
    target: Target,
    granted: Option<Policy>,
    plugins: &PluginArgs,
) -> Result<Sandbar, Failure> {
    let mut limits = SandboxLimits::default();
    let wanted = max_message_bytes.unwrap_or(0).saturating_mul(MEMORY_PER_MESSAGE_BYTE);
    let wanted = usize::try_from(wanted.min(MOST_MEMORY)).unwrap_or(usize::MAX);
    limits.memory = limits.memory.max(wanted);
    let mut plugin_limits = PluginLimits::default();
    if let Some(bytes) = plugins.plugin_memory {
        plugin_limits.memory = usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    let mut builder =
        Sandbar::builder().limits(limits).executor(target).plugin_limits(plugin_limits);
    for plugin in &plugins.files {
        builder = builder.plugin(plugin.read().map_err(Failure::PluginFile)?);
    }
    if let Some(granted) = granted {
        builder = builder.policy(granted);
    }
    let builder = match cache_dir() {
        Some(directory) => match check_cache_dir(&directory) {
            Ok(()) => builder.cache_dir(directory),
            Err(foreign) => {
                let _ = writeln!(io::stderr(), "warning: {foreign}");
                builder
            }
        },
        None => builder,
    };
    Ok(builder.build()?)
}

/// Has the person at the terminal sign in, if it wants to. Whether that was what an opening failed for, the
/// next try tells.
async fn signed_in(sandbar: &Sandbar, url: &str, error: &Error) -> Result<(), Failure> {
    let person = Person::new(false);
    if let Some(challenges) = error.challenges()
        && person.wants_to(url).await
    {
        person.sign_in(sandbar, url, challenges, None, SignInOptions::new("")).await?;
    }
    Ok(())
}

/// What was typed of a server, by whichever command it is used.
pub(crate) struct Endpoint<'a> {
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [String],
    pub(crate) max_message_bytes: Option<u64>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
}

impl Endpoint<'_> {
    /// How a session with it is opened.
    pub(crate) fn options(&self) -> Result<ConnectOptions, Failure> {
        let mut options = ConnectOptions::new(self.url);
        for header in self.headers {
            let Header { name, value } = Header::parse(header)?;
            options = options.field(name, value);
        }
        if let Some(bytes) = self.max_message_bytes {
            options = options.max_message_bytes(bytes);
        }
        if let Some(timeout) = self.connect_timeout {
            options = options.connect_timeout(timeout);
        }
        if let Some(timeout) = self.idle_timeout {
            options = options.idle_timeout(timeout);
        }
        Ok(options)
    }
}

fn connect_options(server: &ServerArgs) -> Result<ConnectOptions, Failure> {
    let endpoint = Endpoint {
        url: &server.url,
        headers: &server.headers,
        max_message_bytes: server.max_message_bytes,
        connect_timeout: server.connect_timeout,
        idle_timeout: server.idle_timeout,
    };
    let mut options = endpoint.options()?;
    if let Some(level) = server.log_level {
        options = options.log_level(level.into());
    }
    Ok(match server.era {
        Some(EraArg::Modern) => options.era(Era::Modern),
        Some(EraArg::Legacy) => options.era(Era::Legacy),
        None => options,
    })
}

/// A directory as a root of MCP: its URI, without links and dots in it.
fn root(path: &Path) -> Result<Root, Failure> {
    let unusable = |source| Failure::Root { path: path.to_owned(), source };
    let absolute = path.canonicalize().map_err(unusable)?;
    let uri = Url::from_file_path(&absolute)
        .map_err(|()| unusable(io::Error::other("it has no file URI")))?;
    let name = absolute.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Root { uri: uri.to_string(), name })
}

/// Who dials, by the options. Nothing is dialled or started yet.
pub(crate) fn target(args: &TargetArgs) -> Result<Target, Failure> {
    if let Some(command) = &args.executor_command {
        return Ok(Target::command(&command.program, &command.arguments));
    }
    let Some(url) = &args.executor else { return Ok(Target::Local) };
    let client = WebSocketClient::new(url).map_err(Error::from)?;
    let Some(path) = &args.executor_token_file else { return Ok(Target::connector(client)) };
    let token = Token::read("--executor-token-file", path)?;
    Ok(Target::connector(client.bearer(token.as_str()).map_err(Error::from)?))
}

/// What may be dialled for a URL that the user typed: its origin, within what a file grants.
pub(crate) fn policy_for(url: &str, granted: Option<&Policy>) -> Result<Policy, Failure> {
    let url = Url::parse(url)?;
    Ok(match granted {
        Some(granted) => Policy::origin_within(&url, granted)?,
        None => Policy::origin(&url)?,
    })
}

/// What `--policy` grants, if it is there.
pub(crate) fn granted(args: &GrantArgs) -> Result<Option<Policy>, Failure> {
    let read = |path: &PathBuf| read_policy("--policy", path);
    Ok(args.policy.as_ref().map(read).transpose()?)
}

/// What an executor may dial: nothing, unless its operator says so.
pub(crate) fn policy_of_operator(args: &OperatorArgs) -> Result<Policy, Failure> {
    if args.allow_any {
        return Ok(Policy::anywhere());
    }
    if let Some(path) = &args.policy {
        return Ok(read_policy("--policy", path)?);
    }
    let urls = args.allow.iter().map(|url| Url::parse(url)).collect::<Result<Vec<_>, _>>()?;
    Ok(if urls.is_empty() { Policy::nothing() } else { Policy::origins(&urls)? })
}

/// The directory that the environment names: `SANDBAR_CACHE_DIR`, or `sandbar` in the cache of
/// the user (XDG Base Directory Specification). None where there is no such thing: the component
/// is compiled each time then.
fn cache_dir() -> Option<PathBuf> {
    choose(|name| std::env::var_os(name))
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name| variable(name).map(PathBuf::from);
    // The specification says to ignore what is relative or empty.
    let absolute = |name| path(name).filter(|path| path.is_absolute());
    path("SANDBAR_CACHE_DIR")
        .filter(|path| !path.as_os_str().is_empty())
        .and_then(|path| std::path::absolute(path).ok())
        .or_else(|| absolute("XDG_CACHE_HOME").map(|path| path.join("sandbar")))
        .or_else(|| absolute("HOME").map(|path| path.join(".cache").join("sandbar")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Catches an executor that is named and not used.
    #[test]
    fn the_options_decide_who_dials() {
        let with = |url: &str| TargetArgs { executor: Some(url.to_owned()), ..Default::default() };
        assert!(matches!(target(&TargetArgs::default()), Ok(Target::Local)));
        assert!(matches!(target(&with("ws://127.0.0.1:1")), Ok(Target::Remote(_))));
        assert_eq!(
            target(&with("http://127.0.0.1:1")).unwrap_err().describe().exit,
            crate::failure::exit::USAGE
        );
    }

    /// Catches an executor that dials without being told to, and a list that is parsed and not used.
    #[test]
    fn an_executor_dials_what_its_operator_says_and_else_nothing() {
        let operator = |allow: &[&str]| OperatorArgs {
            allow: allow.iter().map(|url| (*url).to_owned()).collect(),
            ..Default::default()
        };
        assert_eq!(policy_of_operator(&operator(&[])).unwrap(), Policy::nothing());
        let any = OperatorArgs { allow_any: true, ..Default::default() };
        assert_eq!(policy_of_operator(&any).unwrap(), Policy::anywhere());
        let url = Url::parse("http://a.example").unwrap();
        let listed = policy_of_operator(&operator(&["http://a.example/"])).unwrap();
        assert_eq!(listed, Policy::origins([&url]).unwrap());
        let failure = policy_of_operator(&operator(&["http://u:secret@a.example/"])).unwrap_err();
        assert!(!format!("{failure} {failure:?}").contains("secret"), "{failure:?}");
    }

    fn chosen(variables: &[(&str, &str)]) -> Option<PathBuf> {
        choose(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    /// Catches a precedence that ignores what the user set on purpose.
    #[test]
    fn the_most_specific_variable_wins() {
        let all = [("SANDBAR_CACHE_DIR", "/s"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        let [_, xdg, home] = all;
        assert_eq!(chosen(&all), Some("/s".into()));
        assert_eq!(chosen(&[xdg, home]), Some("/x/sandbar".into()));
        assert_eq!(chosen(&[home]), Some("/h/.cache/sandbar".into()));
        assert_eq!(chosen(&[]), None);
    }

    /// Catches a cache in the current directory, where anybody may have written.
    #[test]
    fn relative_and_empty_directories_are_ignored() {
        let variables = [("SANDBAR_CACHE_DIR", ""), ("XDG_CACHE_HOME", "cache"), ("HOME", "")];
        assert_eq!(chosen(&variables), None);
    }
}
