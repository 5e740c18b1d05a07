//! What a failure is, in one place: its kind for programs, its exit code, and the next step.

use crate::failure::{Entity, Failure, exit};
use crate::parse::TokenError;
use sandbar::auth::AuthError;
use sandbar::executor::ListenError;
use sandbar::{
    BuildError, Error, ExecutorError, HttpError, HttpFailure, PluginFault, PluginProblem,
    Processed, SandboxError, StatusError, ValidationError,
};
use url::Url;

/// JSON-RPC 2.0 section 5.1.
const METHOD_NOT_FOUND: i64 = -32601;

/// MCP, "Resources", error handling: up to 2025-11-25, and since 2026-07-28.
const RESOURCE_NOT_FOUND: [i64; 2] = [-32002, -32602];

/// What a failure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) kind: &'static str,
    pub(crate) exit: u8,
    /// What to try next, where there is something to try.
    pub(crate) hint: Option<String>,
}

/// A failure without a next step.
const fn of(kind: &'static str, exit: u8) -> Description {
    Description { kind, exit, hint: None }
}

impl Description {
    fn hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }
}

impl Failure {
    /// What it is.
    pub(crate) fn describe(&self) -> Description {
        match self {
            Self::Header(_) | Self::Given(_) | Self::RequestBody(_) => of("usage", exit::USAGE),
            Self::Token(TokenError::Exposed { .. }) => {
                of("usage", exit::USAGE).hint("make it yours alone: `chmod 600 FILE`")
            }
            Self::PluginFile(_) => of("plugin", exit::USAGE),
            Self::Token(_) | Self::Url(_) | Self::Origin(_) | Self::Root { .. } => {
                of("usage", exit::USAGE)
            }
            Self::Policy(_) => of("policy", exit::USAGE)
                .hint("`sandbar policy schema` prints what a policy may say"),
            Self::Listen(error) => listening(error),
            Self::Unknown { entity: Entity::Tool, .. } => of("unknown-tool", exit::USAGE),
            Self::Unknown { entity: Entity::Prompt, .. } => of("unknown-prompt", exit::USAGE),
            Self::Mismatch { .. } | Self::Refused { .. } => of("invalid-arguments", exit::USAGE),
            Self::Promise { .. } => of("broken-promise", exit::SERVER_ERROR)
                .hint("the call has run, and its result is printed: tell whoever made the tool"),
            Self::Schema { source: ValidationError::Unusable(_), .. } => {
                of("unusable-schema", exit::SERVER_ERROR)
                    .hint("the call has run, and its result is printed")
            }
            Self::Schema { source: ValidationError::Sandbox(error), .. } => sandbox(error),
            Self::Schema { .. } => of("sandbox-setup", exit::SANDBOX),
            Self::Session(error) => session(error),
            Self::Opening { source, .. } => opening(source),
            Self::Resource(error) => resource(error),
            Self::Effect(error) => effect(error),
            Self::BrokenOff { source, .. } => broken_off(source),
            Self::HttpStatus { .. } => of("http-status", exit::SERVER_ERROR),
            Self::NotAList { .. } => of("invalid-message", exit::SERVER_ERROR),
            Self::Build(BuildError::Plugin(error)) => plugin(&error.problem),
            Self::Auth(error) => signing_in(error),
            Self::NotSignedIn => of("not-signed-in", exit::USAGE)
                .hint("`sandbar auth status` lists the sign-ins; `sandbar login URL` makes one"),
            Self::TokenNotShown => of("usage", exit::USAGE).hint("--reveal shows it all the same"),
            Self::Build(_) => of("sandbox-setup", exit::SANDBOX).hint(
                "memory and address space of this machine may be limited (ulimit -v), or the \
                 cache directory unusable: set SANDBAR_CACHE_DIR to one of your own",
            ),
            Self::Timeout { .. } => {
                of("timeout", exit::TIMEOUT).hint("give it longer with --timeout")
            }
            Self::Interrupted => of("interrupted", exit::INTERRUPTED),
            Self::WouldOverwrite { .. } => {
                of("would-overwrite", exit::USAGE).hint("overwrite it with --force")
            }
            Self::Output(_) | Self::File { .. } | Self::Process { .. } => {
                of("local-io", exit::LOCAL_IO)
            }
            #[cfg(feature = "demo")]
            Self::Demo { .. } => of("demo", exit::SERVER_ERROR),
        }
    }
}

/// How an issuer is confirmed. Its origin is enough, and is nothing that a shell reads otherwise.
fn confirm(issuer: &str) -> String {
    let origin = Url::parse(issuer).map(|url| url.origin().ascii_serialization());
    match origin {
        Ok(origin) => {
            format!("if that is where you want to sign in, say so with --issuer {origin}")
        }
        Err(_) => "name the one that you want to sign in at with --issuer ORIGIN".to_owned(),
    }
}

fn signing_in(error: &AuthError) -> Description {
    match error {
        AuthError::InvalidUrl { .. } => of("usage", exit::USAGE),
        AuthError::NotAsked(_) => of("not-asked", exit::SERVER_ERROR)
            .hint("a server that wants no sign-in is used without one"),
        AuthError::UnconfirmedIssuer { issuer } => {
            of("unconfirmed-issuer", exit::DENIED).hint(&confirm(issuer))
        }
        AuthError::Http(failure) => http(failure),
        AuthError::Refused { .. } => of("sign-in-refused", exit::SERVER_ERROR),
        AuthError::Unsupported(_) => of("sign-in-unsupported", exit::SERVER_ERROR)
            .hint("a client that is registered there can be named with --client-id"),
        AuthError::TimedOut => of("timeout", exit::TIMEOUT),
        AuthError::Listen { .. } => of("local-io", exit::LOCAL_IO)
            .hint("is the port taken? without --callback-port any free one is used"),
        AuthError::Store(_) => of("local-io", exit::LOCAL_IO)
            .hint("SANDBAR_AUTH_DIR names another directory for sign-ins"),
        AuthError::Sandbox(error) => sandbox(error),
        AuthError::Setup(_) => of("sandbox-setup", exit::SANDBOX),
        _ => of("sign-in", exit::SERVER_ERROR),
    }
}

fn listening(error: &ListenError) -> Description {
    match error {
        ListenError::TokenNeeded { .. } => of("usage", exit::USAGE)
            .hint("give a file with a token of your choice: --token-file FILE"),
        ListenError::ShortToken => of("usage", exit::USAGE)
            .hint("make one that nobody guesses: `openssl rand -hex 32 > FILE`"),
        ListenError::Plugin(error) => setup(error),
        ListenError::Bind { .. } => {
            of("local-io", exit::LOCAL_IO).hint("is the port taken? port 0 means any free one")
        }
        _ => of("local-io", exit::LOCAL_IO),
    }
}

/// A request that may have had its effect. Scripts repeat what ends with [`exit::UNREACHABLE`], so
/// nothing ends so that may have run; and the next step is first of all not to repeat it.
fn effect(error: &Error) -> Description {
    let told = session(error);
    let is_refused = matches!(error, Error::Rpc(_) | Error::InputRequired(_));
    if error.processed() == Processed::Never || is_refused {
        return told;
    }
    let told = if told.exit == exit::UNREACHABLE { connection_lost() } else { told };
    let careful = "it may have run: look before you repeat it";
    // To try again is the one step that must not come first.
    match told.hint.as_deref().filter(|hint| !hint.starts_with(TRY_AGAIN)) {
        Some(hint) => {
            let hint = format!("{hint}; {careful}");
            told.hint(&hint)
        }
        None => told.hint(careful),
    }
}

/// What the hints of all failures that may pass begin with.
const TRY_AGAIN: &str = "try again;";

/// An opening has no effect, and fails where there is no server of MCP at all.
fn opening(error: &Error) -> Description {
    let told = session(error);
    match error {
        Error::Status(StatusError { status: 404 | 405, redirected_to: None, .. }) => {
            told.hint("check the path of the URL; many servers use /mcp")
        }
        Error::InvalidMessage(_) | Error::NoAnswer => told.hint(ENDPOINT),
        Error::Http(HttpFailure {
            code: HttpError::FirstByteTimeout | HttpError::IdleTimeout,
            ..
        }) => told.hint(
            "does the server speak MCP at this URL? many servers use the path /mcp; --idle-timeout \
             gives it longer",
        ),
        _ => told,
    }
}

const ENDPOINT: &str = "is this the MCP endpoint? many servers use the path /mcp";

/// A body that broke off has nothing to do with calls that may have run.
fn broken_off(source: &Error) -> Description {
    let told = session(source);
    match source {
        Error::Http(failure) if failure.code == HttpError::IncompleteBody => {
            told.hint("what had come is written; try again")
        }
        _ => told,
    }
}

fn resource(error: &Error) -> Description {
    let told = session(error);
    match error {
        Error::Rpc(error) if RESOURCE_NOT_FOUND.contains(&error.code) => {
            told.hint("`sandbar resources URL` lists what there is")
        }
        _ => told,
    }
}

fn session(error: &Error) -> Description {
    match error {
        Error::Http(failure) => http(failure),
        Error::Status(error) => status(error),
        Error::Rpc(error) => match error.code {
            METHOD_NOT_FOUND => of("rpc", exit::SERVER_ERROR).hint(NOT_OFFERED),
            _ => of("rpc", exit::SERVER_ERROR),
        },
        // A page where there was MCP before comes from something in between.
        Error::InvalidMessage(text) if text.contains("text/html") => {
            of("invalid-message", exit::SERVER_ERROR).hint(ENDPOINT)
        }
        Error::InvalidMessage(_) => of("invalid-message", exit::SERVER_ERROR)
            .hint("the server is at fault: whoever runs it will want to see this message"),
        Error::NoAnswer => of("no-answer", exit::SERVER_ERROR).hint(LOG_SAYS_WHY),
        Error::NotTold => of("not-told", exit::SERVER_ERROR)
            .hint("read it again now and then instead, with `sandbar read` or a list"),
        Error::MessageTooLarge { .. } => of("message-too-large", exit::SERVER_ERROR)
            .hint("accept larger messages with --max-message-bytes"),
        Error::UnsupportedVersion { .. } => of("unsupported-version", exit::SERVER_ERROR)
            .hint("`sandbar --version` says how old this client is"),
        Error::SessionLost => {
            of("session-lost", exit::SERVER_ERROR).hint("try again; that opens a new session")
        }
        Error::InputRequired(_) => of("input-required", exit::SERVER_ERROR)
            .hint("run it on a terminal, without --json, to be asked; --no-input declines instead"),
        Error::Timeout { .. } => of("timeout", exit::TIMEOUT).hint("give it longer with --timeout"),
        Error::InvalidParams(_) | Error::InvalidUrl { .. } => of("usage", exit::USAGE),
        Error::Credentials(_) => of("local-io", exit::LOCAL_IO)
            .hint("SANDBAR_AUTH_DIR names another directory for sign-ins"),
        Error::Executor(error) => executor(error),
        Error::Setup(error) => setup(error),
        Error::Sandbox(error) => sandbox(error),
        Error::Cancelled => of("cancelled", exit::SERVER_ERROR),
        Error::Closed => of("closed", exit::SERVER_ERROR),
        Error::Internal(_) => of("internal", exit::SANDBOX),
        _ => of("other", exit::SERVER_ERROR),
    }
}

const NOT_OFFERED: &str = "the server does not offer this; `sandbar info URL` shows what it offers";

const LOG_SAYS_WHY: &str = "try again; if it stays so, the log of the server says why";

/// The server, or the way to it, was there and went away.
const fn connection_lost() -> Description {
    of("connection-lost", exit::SERVER_ERROR)
}

fn http(failure: &HttpFailure) -> Description {
    let has_been_sent = failure.processed == Processed::Possibly;
    match &failure.code {
        // The reason of a denial says what would allow it, and who can.
        HttpError::Denied(_) => of("denied", exit::DENIED),
        HttpError::InvalidRequest(_) => {
            of("usage", exit::USAGE).hint("is one of the headers written by HTTP or MCP itself?")
        }
        HttpError::Dns(_) => {
            of("dns", exit::UNREACHABLE).hint("check the spelling of the host, and the network")
        }
        HttpError::ConnectionRefused => {
            of("connection-refused", exit::UNREACHABLE).hint("start the server, or check the port")
        }
        // A connection that was there needs no other host or port.
        HttpError::ConnectionFailed(_) if has_been_sent => connection_lost().hint(LOG_SAYS_WHY),
        HttpError::ConnectionFailed(_) => {
            of("connection-failed", exit::UNREACHABLE).hint("check host, port and network")
        }
        HttpError::ConnectTimeout => of("connect-timeout", exit::UNREACHABLE)
            .hint("check host and port, or give it longer with --connect-timeout"),
        HttpError::Tls(_) => of("tls", exit::UNREACHABLE).hint(
            "to trust a private certificate authority, name its certificates in SSL_CERT_FILE; for \
             a server without TLS write http://",
        ),
        HttpError::FirstByteTimeout | HttpError::IdleTimeout => {
            of("timeout", exit::TIMEOUT).hint("give it longer with --idle-timeout")
        }
        HttpError::TotalTimeout => of("timeout", exit::TIMEOUT),
        HttpError::Protocol(_) => of("http-protocol", exit::SERVER_ERROR)
            .hint("does the port speak TLS? then write https://"),
        HttpError::IncompleteBody => of("incomplete-body", exit::SERVER_ERROR).hint(LOG_SAYS_WHY),
        HttpError::LimitExceeded(_) => of("limit-exceeded", exit::SERVER_ERROR),
        HttpError::Redirect(_) => of("redirect", exit::SERVER_ERROR),
        HttpError::Disconnected(_) => {
            of("executor-unreachable", exit::UNREACHABLE).hint(EXECUTOR_GONE)
        }
        HttpError::Sequence(_) | HttpError::Peer(_) => of("executor", exit::SERVER_ERROR),
        HttpError::Cancelled | HttpError::Other(_) => of("http", exit::SERVER_ERROR),
    }
}

fn status(error: &StatusError) -> Description {
    let told = of("http-status", exit::SERVER_ERROR);
    if error.redirected_to.is_some() {
        return told.hint("the server has moved: give the URL that the redirect leads to");
    }
    match error.status {
        401 => told.hint(
            "sign in with `sandbar login URL`, or give a token with --header 'Authorization: Bearer ...'",
        ),
        403 if !error.www_authenticate.is_empty() => told.hint(
            "the server wants more rights: `sandbar login URL --scope SCOPE` asks for what it names",
        ),
        403 => told.hint("the server knows who asks and refuses: check the rights of the token"),
        404 | 405 => told.hint(NOT_OFFERED),
        429 | 503 if error.retry_after.is_some() => told.hint("try again after that time"),
        429 => told.hint("the server asks for fewer requests: try later"),
        500..=599 => told.hint("the server failed: its own log says why"),
        _ => told,
    }
}

fn executor(error: &ExecutorError) -> Description {
    match error {
        ExecutorError::InvalidUrl { .. } => of("usage", exit::USAGE).hint(
            "an executor has the URL that `sandbar executor` prints, like ws://127.0.0.1:4000",
        ),
        _ => of("executor-unreachable", exit::UNREACHABLE).hint(EXECUTOR_GONE),
    }
}

const EXECUTOR_GONE: &str = "is the executor running, and is this its URL or its command? one that asks for a token gets \
     it with --executor-token-file";

fn setup(error: &BuildError) -> Description {
    match error {
        BuildError::Plugin(error) => plugin(&error.problem),
        _ => of("sandbox-setup", exit::SANDBOX),
    }
}

fn plugin(problem: &PluginProblem) -> Description {
    let told = of("plugin", exit::USAGE);
    match problem {
        PluginProblem::Module => {
            told.hint("make a component of it: `wasm-tools component new FILE -o PLUGIN`")
        }
        PluginProblem::NotAComponent => told.hint("is it the right file?"),
        PluginProblem::OtherWorld { .. } | PluginProblem::OtherTypes { .. } => {
            told.hint("build it for a world of sandbar:plugin: docs/plugins.md has examples")
        }
        PluginProblem::OtherVersion { .. } => told.hint("build it again for this version"),
        PluginProblem::NotGranted { grant: Some(grant), .. } => {
            told.hint(&format!("if you trust it with that: --plugin FILE:{grant}"))
        }
        PluginProblem::NotGranted { grant: None, .. } => told.hint(
            "build it without: toolchains have an option for that, like --stub-wasi of \
             componentize-py",
        ),
        PluginProblem::Invalid { .. } => {
            told.hint("if it wants more memory: --plugin-memory BYTES")
        }
        _ => told,
    }
}

fn sandbox(error: &SandboxError) -> Description {
    match error {
        SandboxError::Plugin { fault: PluginFault::Memory { .. }, .. } => {
            of("plugin-failed", exit::SANDBOX).hint("give it more with --plugin-memory")
        }
        SandboxError::Plugin { .. } => of("plugin-failed", exit::SANDBOX)
            .hint("the plugin is at fault: whoever wrote it will want to see this message"),
        SandboxError::Trap { .. } => of("sandbox-trap", exit::SANDBOX),
        SandboxError::Cpu { .. } => of("sandbox-cpu", exit::SANDBOX),
        SandboxError::Memory { .. } => of("sandbox-memory", exit::SANDBOX)
            .hint("a larger --max-message-bytes gives the sandbox more memory too"),
        SandboxError::Unresponsive => of("sandbox-unresponsive", exit::SANDBOX),
        _ => of("sandbox", exit::SANDBOX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    /// Catches failures that end in the exit code of another kind.
    #[test]
    fn exit_codes_follow_the_fault() {
        let failed = |code| Error::Http(HttpFailure::sent(code));
        let http = |code| Failure::Session(failed(code));
        let denied = HttpError::Denied("elsewhere".to_owned());
        let broken_off = |code| Failure::BrokenOff { received: 1, source: Box::new(failed(code)) };
        let (reason, setup) = ("refused".to_owned(), BuildError::Engine(String::new()));
        let spinning = SandboxError::Cpu { limit: Duration::from_secs(10) };
        for (failure, code) in [
            (http(HttpError::ConnectionRefused), exit::UNREACHABLE),
            (http(HttpError::ConnectTimeout), exit::UNREACHABLE),
            (http(HttpError::IdleTimeout), exit::TIMEOUT),
            (http(HttpError::IncompleteBody), exit::SERVER_ERROR),
            (http(denied), exit::DENIED),
            (http(HttpError::Disconnected("gone".to_owned())), exit::UNREACHABLE),
            (Failure::Session(ExecutorError::Connect { reason }.into()), exit::UNREACHABLE),
            (Failure::Session(Error::Setup(Arc::new(setup))), exit::SANDBOX),
            (broken_off(HttpError::IncompleteBody), exit::SERVER_ERROR),
            (broken_off(HttpError::IdleTimeout), exit::TIMEOUT),
            (Failure::HttpStatus { status: 404 }, exit::SERVER_ERROR),
            (ListenError::TokenNeeded { address: ([0, 0, 0, 0], 0).into() }.into(), exit::USAGE),
            (Failure::Session(Error::Sandbox(spinning)), exit::SANDBOX),
            (Failure::Timeout { after: Duration::from_secs(1) }, exit::TIMEOUT),
            (Failure::Interrupted, exit::INTERRUPTED),
        ] {
            assert_eq!(failure.describe().exit, code, "{failure}");
        }
    }

    /// Catches a call that ran before its connection died, and that a script repeats (copilot-cli
    /// 3257, opencode 25287).
    #[test]
    fn what_may_have_run_never_looks_unreachable() {
        let lost = || HttpError::ConnectionFailed("closed".to_owned());
        let gone = || HttpError::Disconnected("gone".to_owned());
        for (failure, code) in [
            (Failure::Effect(Error::Http(HttpFailure::sent(lost()))), exit::SERVER_ERROR),
            (Failure::Effect(Error::Http(HttpFailure::sent(gone()))), exit::SERVER_ERROR),
            (Failure::Effect(Error::Http(HttpFailure::unsent(lost()))), exit::UNREACHABLE),
            (Failure::Effect(Error::Http(HttpFailure::unsent(gone()))), exit::UNREACHABLE),
            (Failure::Session(Error::Http(HttpFailure::sent(lost()))), exit::SERVER_ERROR),
        ] {
            assert_eq!(failure.describe().exit, code, "{failure:?}");
        }
    }
}
