//! How servers say that they do not know a session: with status 404, as the specification wants it
//! (2025-11-25, "Session Management"), and in many other ways (codex 12869, keryx 503, goose 11985).

use crate::error::RpcError;
use crate::limits::SEARCHED_BYTES;
use crate::negotiation;
use crate::reply::Refusal;

/// What is said of a session that is no more. Letters alone, so that `session_not_found`, "Session
/// not found" and `SessionNotFound` are one.
const OF_A_SESSION: &[&str] = &[
    "cannotfind",
    "closed",
    "couldnotfind",
    "deleted",
    "doesnotexist",
    "doesntexist",
    "ended",
    "evicted",
    "expired",
    "gone",
    "inactive",
    "invalid",
    "isnotvalid",
    "lost",
    "missing",
    "nolonger",
    "nosession",
    "nosuch",
    "notactive",
    "notexist",
    "notfound",
    "notinitialized",
    "notrecognized",
    "novalid",
    "notvalid",
    "required",
    "stale",
    "terminated",
    "timedout",
    "uninitialized",
    "unknown",
    "unrecognized",
];

/// What is said of a server that waits for `initialize`.
const OF_A_SERVER: &[&str] = &[
    "servernotinitialized",
    "serverisnotinitialized",
    "notbeeninitialized",
    "initializefirst",
    "beforeinitializ",
    "expectedinitialize",
    "initializationrequired",
    "initializerequest",
    "clientnotinitialized",
    "connectionnotinitialized",
];

/// Codes of errors that come with status 200 and are about the session: those that JSON-RPC leaves to
/// servers (5.1), and "invalid request". Under any other the words are those of a tool.
pub(crate) fn is_about_the_session(code: i64) -> bool {
    matches!(code, -32099..=-32000 | -32600)
}

/// The beginning of a text without what servers spell it with.
pub(crate) fn letters(text: &str) -> String {
    let text = crate::preview::cut_at_char(text, SEARCHED_BYTES);
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether the words are those of a server that does not know the session, or wants one.
pub(crate) fn is_said_in(text: &str) -> bool {
    let letters = letters(text);
    let says = |words: &[&str]| words.iter().any(|word| letters.contains(word));
    letters.contains("session") && says(OF_A_SESSION) || says(OF_A_SERVER)
}

/// Whether a refused request was refused because the server does not know the session.
/// `has_id` tells whether it named one.
pub(crate) fn is_meant_by_refusal(refusal: &Refusal, has_id: bool) -> bool {
    if refusal.rpc_error().is_some_and(negotiation::is_modern) {
        return false;
    }
    match refusal.status() {
        404 | 410 if has_id => true,
        // A demand for credentials is one, whatever it calls them.
        401 | 403 | 407 if refusal.has_challenge() => false,
        429 => false,
        _ => is_said_in(refusal.preview()),
    }
}

/// Whether an error that came with a successful status means that the server does not know the
/// session.
pub(crate) fn is_meant_by_error(error: &RpcError) -> bool {
    is_about_the_session(error.code) && is_said_in(&error.message)
}

#[cfg(test)]
mod tests {
    use super::is_said_in;

    /// Catches a list of phrases where there is a way of speaking: these are from servers and
    /// reports, and from nobody.
    #[test]
    fn a_lost_session_is_known_by_its_words() {
        for text in [
            "Bad Request: No valid session ID provided",
            "Bad Request: Server not initialized",
            "Session not found",
            r#"{"error":"session_not_found"}"#,
            r#"{"type":"SessionNotFoundError"}"#,
            "Invalid session ID",
            "session expired, please re-initialize",
            "Session 7b2c does not exist",
            "Unknown session",
            "Missing Mcp-Session-Id header",
            "Mcp-Session-Id header is required",
            "Session has been terminated",
            "the session is no longer valid",
            "Received request before initialization was complete",
            "Expected initialize request",
        ] {
            assert!(is_said_in(text), "{text}");
        }
    }

    /// Catches a reader that sees a lost session in every refusal.
    #[test]
    fn other_words_are_not_about_the_session() {
        for text in [
            "",
            "bad json",
            "Not Found",
            "invalid token",
            "unknown tool",
            "rate limit exceeded",
            "the session is busy",
            "Method not found: server/discover",
            "resource not found",
        ] {
            assert!(!is_said_in(text), "{text}");
        }
    }
}
