//! Why a step of signing in failed, apart from what befell its exchange.

/// The answer of a stranger, judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A failing status without a reason.
    #[error("{} answered with HTTP status {}", .0.url, .0.status)]
    Status(Status),
    /// The server wrote what is not allowed there.
    #[error("{0}")]
    Invalid(String),
    /// An authorization server said no.
    #[error("the authorization server refused: {}", .0.code)]
    Refused(Refusal),
    /// Metadata or a redirect of another issuer.
    #[error("the issuer is `{}`, not `{}`", .0.found, .0.expected)]
    WrongIssuer(Mismatch),
    /// The metadata are those of another resource.
    #[error("the protected resource is `{}`, not `{}`", .0.found, .0.expected)]
    WrongResource(Mismatch),
    /// The server cannot do what signing in safely takes.
    #[error("{0}")]
    Unsupported(String),
}

/// A failing status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Who answered.
    pub url: String,
    /// What.
    pub status: u16,
}

/// What an authorization server said no with (RFC 6749 sections 4.1.2.1 and 5.2), without characters
/// that a terminal obeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `invalid_grant` and the like.
    pub code: String,
    /// For people.
    pub description: Option<String>,
}

/// Two identifiers that had to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What it had to be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl Mismatch {
    pub(crate) fn new(expected: &str, found: &str) -> Self {
        Self { expected: expected.to_owned(), found: crate::text::shown(found) }
    }
}
