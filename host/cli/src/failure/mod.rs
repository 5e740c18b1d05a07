//! Everything that ends a command early: what it is is in `describe.rs`, how it is told in `report.rs`.

mod describe;
pub(crate) mod exit;
mod report;

pub(crate) use describe::Description;
pub(crate) use report::report;

use crate::arguments::{GivenError, Mismatch, suggestion};
use crate::parse::{HeaderError, PolicyError, SourceError, TokenError};
use crate::show::visible_line;
use sandbar::auth::{AuthError, StoreError};
use sandbar::executor::ListenError;
use sandbar::http::UnsupportedOrigin;
use sandbar::{BuildError, Error, Processed, ValidationError, Violation};
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
    RequestBody(#[from] SourceError),
    /// `--token-file` or `--executor-token-file` gives no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// `--policy` gives no policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// `--root` names what cannot be one.
    #[error("{} cannot be a root", .path.display())]
    Root {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of a plugin cannot be read.
    #[error(transparent)]
    PluginFile(SourceError),
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
    /// A structured result is not what its tool promises. It has been printed.
    #[error("the result of the tool `{name}` is not what its schema promises: {}", listed(.violations))]
    Promise {
        /// The tool.
        name: String,
        /// What the schema does not allow; not empty.
        violations: Vec<Violation>,
    },
    /// Nobody can say whether a structured result is what its tool promises. It has been printed.
    #[error("the result of the tool `{name}` could not be judged by its schema")]
    Schema {
        /// The tool.
        name: String,
        /// Why.
        source: ValidationError,
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
    /// A resource could not be read, or not be watched.
    #[error(transparent)]
    Resource(Error),
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
    /// Nobody could be signed in.
    #[error(transparent)]
    Auth(Box<AuthError>),
    /// There is no sign-in.
    #[error("there is no sign-in to this server")]
    NotSignedIn,
    /// A token was asked for, and not meant to be shown.
    #[error("a token is not shown: whoever reads it can act as you")]
    TokenNotShown,
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

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Server(error) => Self::opening((*error).clone(), true),
            other => Self::Auth(Box::new(other)),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Auth(Box::new(error.into()))
    }
}

impl Failure {
    /// The failure of an opening: for an unknown era where `known` is false.
    pub(crate) fn opening(source: Error, known: bool) -> Self {
        Self::Opening { source: Box::new(source), probing: !known }
    }

    /// The error of the library behind it, if there is one: of a session, or of an exchange without.
    pub(crate) fn library_error(&self) -> Option<&Error> {
        match self {
            Self::Session(error) | Self::Resource(error) | Self::Effect(error) => Some(error),
            Self::Opening { source, .. }
            | Self::Refused { source, .. }
            | Self::BrokenOff { source, .. } => Some(source),
            _ => None,
        }
    }

    /// The reader of standard output went away: nobody is left to be told anything.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Violations in a line. They quote what a server sent.
fn listed(violations: &[Violation]) -> String {
    let texts =
        violations.iter().map(|violation| visible_line(&violation.to_string()).into_owned());
    texts.collect::<Vec<_>>().join("; ")
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a full disk that is passed over in silence like a closed pager.
    #[test]
    fn only_a_broken_pipe_is_quiet() {
        assert!(Failure::Output(io::ErrorKind::BrokenPipe.into()).is_broken_pipe());
        assert!(!Failure::Output(io::ErrorKind::StorageFull.into()).is_broken_pipe());
    }
}
