//! Everything that ends a command early.

use crate::arguments::{GivenError, Mismatch, suggestion};
use crate::exit;
use crate::parse::{HeaderError, RequestBodyError, TokenError};
use sandbar::executor::ListenError;
use sandbar::http::UnsupportedOrigin;
use sandbar::{BuildError, Error, ExecutorError, HttpError, HttpFailure, Processed, SandboxError};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// `--header` cannot be sent.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// `--arg` or `--args` make no arguments.
    #[error(transparent)]
    Given(#[from] GivenError),
    /// `--data` gives no content.
    #[error(transparent)]
    RequestBody(#[from] RequestBodyError),
    /// `--token-file` or `--executor-token-file` gives no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A URL cannot be parsed. It may hold a password, and is not shown.
    #[error("the URL is none")]
    Url(#[from] url::ParseError),
    /// A URL names no origin that could be dialled.
    #[error(transparent)]
    Origin(#[from] UnsupportedOrigin),
    /// The executor cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The server has no such tool or prompt.
    #[error("the server has no {entity} `{name}`{}", suggestion(.nearest.as_deref()))]
    Unknown {
        /// What was asked for.
        entity: Entity,
        /// Its name.
        name: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// What there is, for people.
        details: String,
    },
    /// The arguments do not fit the schema.
    #[error("the arguments do not fit the {entity} `{name}`: {mismatch}")]
    Mismatch {
        /// What was to be called.
        entity: Entity,
        /// Its name.
        name: String,
        /// What does not fit.
        mismatch: Box<Mismatch>,
        /// What it takes, for people.
        details: String,
    },
    /// The server refused the arguments.
    #[error("the server refused the arguments for the {entity} `{name}`")]
    Refused {
        /// What was to be called.
        entity: Entity,
        /// Its name.
        name: String,
        /// What the server said.
        source: Box<Error>,
        /// What it takes, for people.
        details: String,
    },
    /// The exchange with the server failed.
    #[error(transparent)]
    Session(#[from] Error),
    /// `--fail`, and a status that means failure.
    #[error("the server answered with HTTP status {status}")]
    HttpStatus {
        /// The status, 400 or above.
        status: u16,
    },
    /// No session could be opened.
    #[error("{}", opening(source, *probing))]
    Opening {
        /// Why.
        source: Box<Error>,
        /// Whether the era of the server was being found out.
        probing: bool,
    },
    /// A request failed that may have an effect, and not be repeated without a thought.
    #[error(transparent)]
    Effect(Error),
    /// A body broke off. What had come is written.
    #[error("the body broke off after {received} bytes")]
    BrokenOff {
        /// Bytes that had come.
        received: u64,
        /// Why.
        source: Box<Error>,
    },
    /// The server sent a list that is none.
    #[error("the server broke the protocol: the result of {method} is no list")]
    NotAList {
        /// The method that asked for it.
        method: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// No sandbox could be set up.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The deadline of the command passed.
    #[error("not done within {after:?}")]
    Timeout {
        /// `--timeout`.
        after: Duration,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// A file cannot be written.
    #[error("cannot write {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is there that holds something else.
    #[error("{} exists and holds something else", .path.display())]
    WouldOverwrite {
        /// The file.
        path: PathBuf,
    },
    /// The process lacks something: threads, a port.
    #[error("cannot {what}")]
    Process {
        /// What it could not do.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The demo found something that is not as it should be.
    #[cfg(feature = "demo")]
    #[error("the demo failed: expected {expected}, found {found}")]
    Demo {
        /// What should have been.
        expected: String,
        /// What was.
        found: String,
    },
}

/// What is called by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entity {
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
        })
    }
}

impl Failure {
    /// The failure of an opening: for an unknown era where `known` is false.
    pub(crate) fn opening(source: Error, known: bool) -> Self {
        Self::Opening { source: Box::new(source), probing: !known }
    }

    /// What failed of a session, if that is it.
    pub(crate) fn of_session(&self) -> Option<&Error> {
        match self {
            Self::Session(error) | Self::Effect(error) => Some(error),
            Self::Opening { source, .. } => Some(source),
            _ => None,
        }
    }

    /// The reader of standard output went away: nobody is left to be told anything.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> u8 {
        self.class().1
    }

    /// The name of the kind of failure, for programs.
    pub(crate) fn kind(&self) -> &'static str {
        self.class().0
    }

    fn class(&self) -> (&'static str, u8) {
        match self {
            Self::Header(_) | Self::Given(_) | Self::RequestBody(_) => ("usage", exit::USAGE),
            Self::Token(_) | Self::Url(_) | Self::Origin(_) => ("usage", exit::USAGE),
            Self::Listen(error) => listen_class(error),
            Self::Unknown { entity: Entity::Tool, .. } => ("unknown-tool", exit::USAGE),
            Self::Unknown { entity: Entity::Prompt, .. } => ("unknown-prompt", exit::USAGE),
            Self::Mismatch { .. } | Self::Refused { .. } => ("invalid-arguments", exit::USAGE),
            Self::Session(error) => session_class(error),
            Self::Opening { source, .. } => session_class(source),
            Self::Effect(error) => effect_class(error),
            Self::BrokenOff { source, .. } => session_class(source),
            Self::HttpStatus { .. } => ("http-status", exit::SERVER_ERROR),
            Self::NotAList { .. } => ("invalid-message", exit::SERVER_ERROR),
            Self::Build(_) => ("sandbox-setup", exit::SANDBOX),
            Self::Timeout { .. } => ("timeout", exit::TIMEOUT),
            Self::Interrupted => ("interrupted", exit::INTERRUPTED),
            Self::WouldOverwrite { .. } => ("would-overwrite", exit::USAGE),
            Self::Output(_) | Self::File { .. } => ("local-io", exit::LOCAL_IO),
            Self::Process { .. } => ("local-io", exit::LOCAL_IO),
            #[cfg(feature = "demo")]
            Self::Demo { .. } => ("demo", exit::SERVER_ERROR),
        }
    }
}

/// Why no session could be opened, and what was being tried, where a server has had its say: one
/// that cannot be reached has no era.
fn opening(source: &Error, probing: bool) -> String {
    let has_spoken = match source {
        Error::Http(failure) => failure.processed == Processed::Possibly,
        Error::Status(_)
        | Error::Rpc(_)
        | Error::InvalidMessage(_)
        | Error::NoAnswer
        | Error::UnsupportedVersion { .. } => true,
        _ => false,
    };
    if probing && has_spoken {
        format!("{source} (while finding out the era of the server, which --era would name)")
    } else {
        source.to_string()
    }
}

/// Scripts repeat what ends with [`exit::UNREACHABLE`], so nothing ends so that may have run.
fn effect_class(error: &Error) -> (&'static str, u8) {
    match session_class(error) {
        (_, exit::UNREACHABLE) if error.processed() == Processed::Possibly => CONNECTION_LOST,
        class => class,
    }
}

/// The server, or the way to it, was there and went away.
const CONNECTION_LOST: (&str, u8) = ("connection-lost", exit::SERVER_ERROR);

fn session_class(error: &Error) -> (&'static str, u8) {
    match error {
        Error::Http(HttpFailure {
            code: HttpError::ConnectionFailed(_),
            processed: Processed::Possibly,
            ..
        }) => CONNECTION_LOST,
        Error::Http(failure) => http_class(&failure.code),
        Error::Status(_) => ("http-status", exit::SERVER_ERROR),
        Error::Rpc(_) => ("rpc", exit::SERVER_ERROR),
        Error::InvalidMessage(_) => ("invalid-message", exit::SERVER_ERROR),
        Error::NoAnswer => ("no-answer", exit::SERVER_ERROR),
        Error::MessageTooLarge { .. } => ("message-too-large", exit::SERVER_ERROR),
        Error::UnsupportedVersion { .. } => ("unsupported-version", exit::SERVER_ERROR),
        Error::SessionLost => ("session-lost", exit::SERVER_ERROR),
        Error::InputRequired(_) => ("input-required", exit::SERVER_ERROR),
        Error::Timeout { .. } => ("timeout", exit::TIMEOUT),
        Error::InvalidParams(_) | Error::InvalidUrl { .. } => ("usage", exit::USAGE),
        Error::Executor(error) => executor_class(error),
        Error::Setup(_) => ("sandbox-setup", exit::SANDBOX),
        Error::Sandbox(error) => (sandbox_kind(error), exit::SANDBOX),
        Error::Cancelled => ("cancelled", exit::SERVER_ERROR),
        Error::Closed => ("closed", exit::SERVER_ERROR),
        Error::Internal(_) => ("internal", exit::SANDBOX),
        _ => ("other", exit::SERVER_ERROR),
    }
}

const fn executor_class(error: &ExecutorError) -> (&'static str, u8) {
    match error {
        ExecutorError::InvalidUrl { .. } => ("usage", exit::USAGE),
        _ => ("executor-unreachable", exit::UNREACHABLE),
    }
}

const fn listen_class(error: &ListenError) -> (&'static str, u8) {
    match error {
        ListenError::TokenNeeded { .. } | ListenError::EmptyToken => ("usage", exit::USAGE),
        _ => ("local-io", exit::LOCAL_IO),
    }
}

const fn http_class(code: &HttpError) -> (&'static str, u8) {
    match code {
        HttpError::Denied(_) => ("denied", exit::DENIED),
        HttpError::InvalidRequest(_) => ("usage", exit::USAGE),
        HttpError::Dns(_) => ("dns", exit::UNREACHABLE),
        HttpError::ConnectionRefused => ("connection-refused", exit::UNREACHABLE),
        HttpError::ConnectionFailed(_) => ("connection-failed", exit::UNREACHABLE),
        HttpError::ConnectTimeout => ("connect-timeout", exit::UNREACHABLE),
        HttpError::Tls(_) => ("tls", exit::UNREACHABLE),
        HttpError::FirstByteTimeout | HttpError::IdleTimeout | HttpError::TotalTimeout => {
            ("timeout", exit::TIMEOUT)
        }
        HttpError::Protocol(_) => ("http-protocol", exit::SERVER_ERROR),
        HttpError::IncompleteBody => ("incomplete-body", exit::SERVER_ERROR),
        HttpError::LimitExceeded(_) => ("limit-exceeded", exit::SERVER_ERROR),
        HttpError::Redirect(_) => ("redirect", exit::SERVER_ERROR),
        HttpError::Disconnected(_) => ("executor-unreachable", exit::UNREACHABLE),
        HttpError::Sequence(_) | HttpError::Peer(_) => ("executor", exit::SERVER_ERROR),
        HttpError::Cancelled | HttpError::Other(_) => ("http", exit::SERVER_ERROR),
    }
}

const fn sandbox_kind(error: &SandboxError) -> &'static str {
    match error {
        SandboxError::Trap { .. } => "sandbox-trap",
        SandboxError::Cpu { .. } => "sandbox-cpu",
        SandboxError::Memory { .. } => "sandbox-memory",
        SandboxError::Unresponsive => "sandbox-unresponsive",
        _ => "sandbox",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

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
            assert_eq!(failure.exit(), code, "{failure}");
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
            assert_eq!(failure.exit(), code, "{failure:?}");
        }
    }

    /// Catches a full disk that is passed over in silence like a closed pager.
    #[test]
    fn only_a_broken_pipe_is_quiet() {
        assert!(Failure::Output(io::ErrorKind::BrokenPipe.into()).is_broken_pipe());
        assert!(!Failure::Output(io::ErrorKind::StorageFull.into()).is_broken_pipe());
    }
}
