//! The next step after a failure.

use crate::failure::Failure;
use sandbar::executor::ListenError;
use sandbar::{Error, ExecutorError, HttpError, SandboxError, StatusError};

/// JSON-RPC 2.0 section 5.1.
const METHOD_NOT_FOUND: i64 = -32601;

/// MCP up to 2025-11-25, "Resources", error handling.
const RESOURCE_NOT_FOUND: i64 = -32002;

/// What to try next, where there is something to try.
pub(crate) fn hint(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Session(error) => session_hint(error),
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

fn session_hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Http(failure) => http_hint(&failure.code),
        Error::Status(error) => status_hint(error),
        Error::Rpc(error) if error.code == METHOD_NOT_FOUND => {
            Some("the server does not offer this; `sandbar info URL` shows what it offers")
        }
        Error::Rpc(error) if error.code == RESOURCE_NOT_FOUND => {
            Some("`sandbar resources URL` lists what there is")
        }
        Error::InvalidMessage(_) => {
            Some("is this the MCP endpoint? many servers use the path /mcp")
        }
        Error::MessageTooLarge { .. } => Some("accept larger messages with --max-message-bytes"),
        Error::UnsupportedVersion { .. } => Some("`sandbar --version` says how old this client is"),
        Error::SessionLost => Some("the call may have run: look before you repeat it"),
        Error::NoAnswer => Some("the call may have run: look before you repeat it"),
        Error::Timeout { .. } => Some("give it longer with --timeout"),
        Error::Executor(error) => executor_hint(error),
        Error::Sandbox(SandboxError::Memory { .. }) => {
            Some("a larger --max-message-bytes gives the sandbox more memory too")
        }
        _ => None,
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
        HttpError::IncompleteBody => "the call may have run: look before you repeat it",
        _ => return None,
    })
}

const fn status_hint(error: &StatusError) -> Option<&'static str> {
    match error.status {
        401 => Some("give a token with --header 'Authorization: Bearer ...'"),
        403 => Some("the server knows who asks and refuses: check the rights of the token"),
        404 | 405 => Some("check the path of the URL; many servers use /mcp"),
        429 => Some("the server asks for fewer requests: try later"),
        500..=599 => Some("the server failed: its own log says why"),
        _ => None,
    }
}
