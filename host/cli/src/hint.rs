//! The next step after a failure.

use crate::failure::Failure;
use sandbar::executor::ListenError;
use sandbar::{Error, ExecutorError, HttpError, Processed, SandboxError, StatusError};

/// JSON-RPC 2.0 section 5.1.
const METHOD_NOT_FOUND: i64 = -32601;

/// MCP up to 2025-11-25, "Resources", error handling.
const RESOURCE_NOT_FOUND: i64 = -32002;

/// What to try next, where there is something to try.
pub(crate) fn hint(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Session(error) => session_hint(error).map(str::to_owned),
        Failure::Opening { source, .. } => opening_hint(source).map(str::to_owned),
        Failure::Effect(error) => effect_hint(error),
        other => other_hint(other).map(str::to_owned),
    }
}

fn other_hint(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::BrokenOff { source, .. } => broken_off_hint(source),
        Failure::Listen(ListenError::TokenNeeded { .. }) => {
            Some("give a file with a token of your choice: --token-file FILE")
        }
        Failure::Listen(ListenError::Bind { .. }) => {
            Some("is the port taken? port 0 means any free one")
        }
        Failure::Timeout { .. } => Some("give it longer with --timeout"),
        Failure::WouldOverwrite { .. } => Some("overwrite it with --force"),
        Failure::Build(_) => Some(
            "memory and address space of this machine may be limited (ulimit -v), or the cache \
             directory unusable: set SANDBAR_CACHE_DIR to one of your own",
        ),
        _ => None,
    }
}

/// What to do about a request that may have had its effect: first of all, not to repeat it.
fn effect_hint(error: &Error) -> Option<String> {
    let hint = session_hint(error);
    let is_refused = matches!(error, Error::Rpc(_) | Error::InputRequired(_));
    if error.processed() == Processed::Never || is_refused {
        return hint.map(str::to_owned);
    }
    let careful = "it may have run: look before you repeat it";
    // To try again is the one step that must not come first.
    Some(match hint.filter(|hint| !hint.starts_with("try again;")) {
        Some(hint) => format!("{hint}; {careful}"),
        None => careful.to_owned(),
    })
}

/// An opening has no effect, and fails where there is no server of MCP at all.
fn opening_hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Status(StatusError { status: 404 | 405, redirected_to: None, .. }) => {
            Some("check the path of the URL; many servers use /mcp")
        }
        Error::InvalidMessage(_) | Error::NoAnswer => ENDPOINT,
        Error::Http(failure) if is_silence(&failure.code) => Some(
            "does the server speak MCP at this URL? many servers use the path /mcp; --idle-timeout \
             gives it longer",
        ),
        error => session_hint(error),
    }
}

const ENDPOINT: Option<&str> = Some("is this the MCP endpoint? many servers use the path /mcp");

const fn is_silence(code: &HttpError) -> bool {
    matches!(code, HttpError::FirstByteTimeout | HttpError::IdleTimeout)
}

fn session_hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Http(failure) if failure.processed == Processed::Possibly => {
            sent_hint(&failure.code)
        }
        Error::Http(failure) => http_hint(&failure.code),
        Error::Status(error) => status_hint(error),
        Error::Rpc(error) if error.code == METHOD_NOT_FOUND => {
            Some("the server does not offer this; `sandbar info URL` shows what it offers")
        }
        Error::Rpc(error) if error.code == RESOURCE_NOT_FOUND => {
            Some("`sandbar resources URL` lists what there is")
        }
        // A page where there was MCP before comes from something in between.
        Error::InvalidMessage(text) if text.contains("text/html") => ENDPOINT,
        Error::InvalidMessage(_) => {
            Some("the server is at fault: whoever runs it will want to see this message")
        }
        Error::MessageTooLarge { .. } => Some("accept larger messages with --max-message-bytes"),
        Error::UnsupportedVersion { .. } => Some("`sandbar --version` says how old this client is"),
        Error::SessionLost => Some("try again; that opens a new session"),
        Error::NoAnswer => Some("try again; if it stays so, the log of the server says why"),
        Error::Timeout { .. } => Some("give it longer with --timeout"),
        Error::Executor(error) => executor_hint(error),
        Error::Sandbox(SandboxError::Memory { .. }) => {
            Some("a larger --max-message-bytes gives the sandbox more memory too")
        }
        _ => None,
    }
}

/// A connection that was there needs no other host or port.
const fn sent_hint(code: &HttpError) -> Option<&'static str> {
    match code {
        HttpError::ConnectionFailed(_) | HttpError::IncompleteBody => {
            Some("try again; if it stays so, the log of the server says why")
        }
        code => http_hint(code),
    }
}

/// A body that broke off has nothing to do with calls that may have run.
fn broken_off_hint(source: &Error) -> Option<&'static str> {
    match source {
        Error::Http(failure) if failure.code == HttpError::IncompleteBody => {
            Some("what had come is written; try again")
        }
        source => session_hint(source),
    }
}

const fn executor_hint(error: &ExecutorError) -> Option<&'static str> {
    Some(match error {
        ExecutorError::InvalidUrl { .. } => {
            "an executor has the URL that `sandbar executor` prints, like ws://127.0.0.1:4000"
        }
        _ => EXECUTOR_GONE,
    })
}

const EXECUTOR_GONE: &str = "is the executor running, and is this its URL or its command? one that asks for a token gets \
     it with --executor-token-file";

const fn http_hint(code: &HttpError) -> Option<&'static str> {
    Some(match code {
        // The reason of a denial says what would allow it, and who can.
        HttpError::Denied(_) => return None,
        HttpError::InvalidRequest(_) => "is one of the headers written by HTTP or MCP itself?",
        HttpError::Dns(_) => "check the spelling of the host, and the network",
        HttpError::ConnectionRefused => "start the server, or check the port",
        HttpError::ConnectionFailed(_) => "check host, port and network",
        HttpError::ConnectTimeout => {
            "check host and port, or give it longer with --connect-timeout"
        }
        HttpError::Tls(_) => {
            "to trust a private certificate authority, name its certificates in SSL_CERT_FILE; for \
             a server without TLS write http://"
        }
        HttpError::FirstByteTimeout | HttpError::IdleTimeout => {
            "give it longer with --idle-timeout"
        }
        HttpError::Protocol(_) => "does the port speak TLS? then write https://",
        HttpError::Disconnected(_) => EXECUTOR_GONE,
        _ => return None,
    })
}

const fn status_hint(error: &StatusError) -> Option<&'static str> {
    if error.redirected_to.is_some() {
        return Some("the server has moved: give the URL that the redirect leads to");
    }
    match error.status {
        401 => Some("give a token with --header 'Authorization: Bearer ...'"),
        403 => Some("the server knows who asks and refuses: check the rights of the token"),
        404 | 405 => {
            Some("the server does not offer this; `sandbar info URL` shows what it offers")
        }
        429 | 503 if error.retry_after.is_some() => Some("try again after that time"),
        429 => Some("the server asks for fewer requests: try later"),
        500..=599 => Some("the server failed: its own log says why"),
        _ => None,
    }
}
