//! Which era and version to speak, judged by the answer to `server/discover`
//! (2026-07-28, "Versioning" and "Streamable HTTP: Backward Compatibility").

use crate::description::{self, ServerDescription, strings};
use crate::error::{Error, RpcError};
use crate::json_text::Picked;
use crate::lost_session;
use crate::preview::quote;
use crate::reply::Refusal;
use crate::version;
use sandbar_exchange::{ErrorCode, Failure, Processed};

/// `HeaderMismatch`.
pub(crate) const HEADER_MISMATCH: i64 = -32020;
/// `MissingRequiredClientCapability`.
const MISSING_CAPABILITY: i64 = -32021;
/// `UnsupportedProtocolVersion`.
const UNSUPPORTED_VERSION: i64 = -32022;
/// `Method not found`, which a modern server pairs with status 404.
const METHOD_NOT_FOUND: i64 = -32601;

/// What to do after the probe.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The server is modern, and this is what it said of itself.
    Modern(ServerDescription),
    /// The server is modern, but speaks another version that this client speaks too.
    Retry(&'static str),
    /// The server is legacy.
    Initialize,
    /// Neither era will do.
    Fail(Error),
}

/// Whether an error can only come from a modern server.
pub(crate) fn is_modern(error: &RpcError) -> bool {
    matches!(error.code, HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION)
}

/// Whether `initialize` was refused by a server of the modern era, which does not have it.
pub(crate) fn is_modern_refusal(error: &RpcError) -> bool {
    is_modern(error) || error.code == METHOD_NOT_FOUND
}

/// What is said of a version that a server does not know.
const OF_A_VERSION: &[&str] = &["unsupported", "notsupported", "invalid", "unknown"];

/// Whether a request of the modern era was refused by a server of the legacy era, which wants a session
/// first, or a version that it knows: it says so before it looks at the request, which did not run.
///
/// Other words are those of a tool, and so are these under other codes than those that JSON-RPC leaves
/// to servers (5.1) and "invalid request". The words about a version are those of TLS libraries, too,
/// so that one of MCP has to be named.
#[must_use]
pub fn is_legacy_refusal(error: &RpcError) -> bool {
    if is_modern(error) {
        return false;
    }
    let of_a_version = || {
        let letters = lost_session::letters(&error.message);
        lost_session::is_about_the_session(error.code)
            && letters.contains("protocolversion")
            && OF_A_VERSION.iter().any(|word| letters.contains(word))
            && version::is_named_in(&error.message)
    };
    lost_session::is_meant_by_error(error) || of_a_version()
}

/// The probe whose answer is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    /// The version it was sent with.
    pub(crate) version: &'static str,
    /// Whether the caller insists on the modern era, so that falling back is out of the question.
    pub(crate) modern_only: bool,
}

impl Probe {
    /// Judges a `DiscoverResult`.
    pub(crate) fn on_result(self, result: &str) -> Verdict {
        let Some(description) = description::from_discover(result, self.version) else {
            let what = format!("the result of `server/discover` is {}", quote(result.as_bytes()));
            return self.on_no_answer(Error::InvalidMessage(what));
        };
        let offered = &description.supported_versions;
        if offered.is_empty() || offered.iter().any(|version| version == self.version) {
            return Verdict::Modern(description);
        }
        self.choose(offered.clone())
    }

    /// Judges a JSON-RPC error that came with a successful status.
    pub(crate) fn on_error(self, error: RpcError) -> Verdict {
        if is_modern(&error) {
            self.on_modern_error(error)
        } else {
            self.on_no_answer(Error::Rpc(error))
        }
    }

    /// Judges what is no answer of a modern server. Whatever it is, `initialize` may fare better.
    pub(crate) fn on_no_answer(self, error: Error) -> Verdict {
        if self.modern_only { Verdict::Fail(error) } else { Verdict::Initialize }
    }

    /// Judges a failed exchange: one that had begun says as little of the era as silence does.
    pub(crate) fn on_failure(self, failure: Failure) -> Verdict {
        let says_nothing = failure.processed == Processed::Possibly
            && matches!(
                failure.code,
                ErrorCode::ConnectionFailed(_)
                    | ErrorCode::FirstByteTimeout
                    | ErrorCode::IdleTimeout
                    | ErrorCode::TotalTimeout
                    | ErrorCode::Protocol(_)
                    | ErrorCode::IncompleteBody
                    | ErrorCode::Other(_)
            );
        let error = Error::Http(failure);
        if says_nothing { self.on_no_answer(error) } else { Verdict::Fail(error) }
    }

    /// Judges a failing status.
    pub(crate) fn on_refusal(self, refusal: Refusal, endpoint: &str) -> Verdict {
        let status = refusal.status();
        match refusal.rpc_error() {
            Some(error) if is_modern(error) => self.on_modern_error(error.clone()),
            Some(error) if status == 404 && error.code == METHOD_NOT_FOUND => {
                Verdict::Modern(ServerDescription::undiscovered(self.version))
            }
            // It says who may ask, or when, and would say so again.
            _ if refusal.is_challenge() || status == 429 => {
                Verdict::Fail(refusal.into_error("server/discover", endpoint))
            }
            _ => self.on_no_answer(refusal.into_error("server/discover", endpoint)),
        }
    }

    fn on_modern_error(self, error: RpcError) -> Verdict {
        if error.code != UNSUPPORTED_VERSION {
            return Verdict::Fail(Error::Rpc(error));
        }
        match supported(&error) {
            Some(offered) => self.choose(offered),
            None => Verdict::Fail(Error::Rpc(error)),
        }
    }

    /// Chooses among the versions of the server. The one just refused may be among them: the same
    /// request again is all that is left to try then.
    fn choose(self, offered: Vec<String>) -> Verdict {
        if let Some(version) = version::common_modern(&offered) {
            return Verdict::Retry(version);
        }
        let knows_legacy = offered.iter().any(|offer| version::known_legacy(offer).is_some());
        if knows_legacy && !self.modern_only {
            Verdict::Initialize
        } else {
            Verdict::Fail(Error::UnsupportedVersion(offered))
        }
    }
}

/// The modern version to repeat a request with that was refused with [`UNSUPPORTED_VERSION`].
pub(crate) fn version_for_retry(error: &RpcError) -> Option<&'static str> {
    if error.code != UNSUPPORTED_VERSION {
        return None;
    }
    version::common_modern(&supported(error)?)
}

/// The versions in the `data` of an `UnsupportedProtocolVersionError`.
fn supported(error: &RpcError) -> Option<Vec<String>> {
    let [supported] = Picked::from(error.data.as_deref()?, ["supported"]).ok()?.values;
    Some(strings(supported?))
}
