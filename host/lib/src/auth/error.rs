//! Why a sign-in failed.

use crate::error::{BuildError, Error, HttpFailure, SandboxError};
use crate::sandbox::bindings::login;
use crate::sandbox::error::StartError;
use std::path::PathBuf;
use std::sync::Arc;

/// Why signing in, or using a sign-in, failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The URL is none that one could sign in to.
    #[error("cannot sign in to `{url}`: {reason}")]
    InvalidUrl {
        /// The URL as it was given, without user information.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server lets everybody in: there is nothing to sign in to.
    #[error("the server at {0} does not ask for a sign-in")]
    NotAsked(String),
    /// The server could not be asked.
    #[error("the server could not be asked what it wants")]
    Server(#[source] Arc<Error>),
    /// The tokens of the server come from another host, which nobody has confirmed.
    #[error("the server leaves signing in to {issuer}, which has not been confirmed")]
    UnconfirmedIssuer {
        /// The authorization server, as the server names it.
        issuer: String,
    },
    /// An exchange with one of the servers failed.
    #[error(transparent)]
    Http(#[from] HttpFailure),
    /// A server answered with a failing status, and nothing that says why.
    #[error("{url} answered with HTTP status {status}")]
    Status {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
    },
    /// A server wrote what is not allowed there.
    #[error("{0}")]
    Invalid(String),
    /// The authorization server, or the user there, said no.
    #[error("the authorization server refused: {code}{}", described(.description))]
    Refused {
        /// The error of OAuth: `access_denied`, `invalid_grant`.
        code: String,
        /// What the server says of it.
        description: Option<String>,
    },
    /// The metadata or the redirect come from another issuer: whoever answers is not whom was asked.
    #[error("the issuer is `{found}`, and had to be `{expected}`")]
    WrongIssuer {
        /// Who had to answer.
        expected: String,
        /// Who did; empty where it does not say.
        found: String,
    },
    /// The server publishes the metadata of another.
    #[error("the server publishes the metadata of `{found}`, and is `{expected}`")]
    WrongResource {
        /// The server.
        expected: String,
        /// Whose metadata they are.
        found: String,
    },
    /// A redirect came that does not belong to this sign-in.
    #[error("the redirect does not belong to this sign-in")]
    WrongState,
    /// The authorization server cannot do what signing in safely takes.
    #[error("{0}")]
    Unsupported(String),
    /// An answer was too large.
    #[error("an answer was larger than {0} bytes")]
    TooLarge(u64),
    /// The server asked for one sign-in after another.
    #[error("the server is not satisfied after {0} sign-ins")]
    TooMany(u32),
    /// The user did not sign in in time.
    #[error("nobody signed in in time")]
    TimedOut,
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness")]
    Randomness,
    /// A key cannot be signed with.
    #[error("the key cannot be used: {0}")]
    Key(String),
    /// The listener for the redirect could not be set up.
    #[error("cannot listen for the redirect at {address}")]
    Listen {
        /// Where.
        address: String,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// The stored sign-ins cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The component could not be loaded.
    #[error(transparent)]
    Setup(#[from] Arc<BuildError>),
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

/// Why stored sign-ins cannot be read or written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no directory for them: the environment names none.
    #[error("there is no directory for sign-ins: set SANDBAR_AUTH_DIR, or HOME")]
    NoDirectory,
    /// A file or directory cannot be used.
    #[error("cannot use {}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// Another process has held the lock of a sign-in for too long.
    #[error("another process holds {}", .0.display())]
    Locked(PathBuf),
    /// What an embedder's own store says.
    #[error("{0}")]
    Other(String),
}

fn described(description: &Option<String>) -> String {
    description.as_ref().map(|text| format!(": {text}")).unwrap_or_default()
}

impl StoreError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source: Arc::new(source) }
    }
}

impl AuthError {
    /// Whether it is this error of OAuth.
    pub(crate) fn is_refusal(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }
}

impl From<login::Error> for AuthError {
    fn from(error: login::Error) -> Self {
        match error {
            login::Error::Http(failure) => Self::Http(failure),
            login::Error::Status(login::Status { url, status }) => Self::Status { url, status },
            login::Error::Invalid(what) => Self::Invalid(what),
            login::Error::Refused(login::Refusal { code, description }) => {
                Self::Refused { code, description }
            }
            login::Error::WrongIssuer(login::Mismatch { expected, found }) => {
                Self::WrongIssuer { expected, found }
            }
            login::Error::WrongResource(login::Mismatch { expected, found }) => {
                Self::WrongResource { expected, found }
            }
            login::Error::Unsupported(what) => Self::Unsupported(what),
            login::Error::TooLarge(bytes) => Self::TooLarge(bytes),
        }
    }
}

impl From<StartError> for AuthError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Setup(error) => Self::Setup(error),
            StartError::Sandbox(error) => Self::Sandbox(error),
        }
    }
}
