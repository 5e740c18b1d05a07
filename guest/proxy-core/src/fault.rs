//! What the agent is told where the server gave no answer.

use sandbar_mcp_core::message::{Id, quoted, write_response};
use sandbar_mcp_core::{Error, RpcError};

/// What is wrong with a line of the agent (JSON-RPC 2.0 section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// It is no JSON.
    NoJson,
    /// It is no message.
    NoMessage,
}

impl Mistake {
    const fn code(self) -> i64 {
        match self {
            Self::NoJson => -32700,
            Self::NoMessage => -32600,
        }
    }
}

/// The code of what is the fault of neither side's message: the first of those that JSON-RPC leaves to
/// servers.
const NOT_ANSWERED: i64 = -32000;

/// The answer to a line that could not be read, under the id that it has, if it has one.
pub(crate) fn mistaken(id: Option<&Id>, mistake: Mistake, what: &str) -> String {
    let error =
        RpcError { code: mistake.code(), message: what.to_owned(), data: Some(SOURCE.to_owned()) };
    written(id, error)
}

/// The answer to a request that this proxy could not take.
pub(crate) fn refused(id: &Id, what: &str) -> String {
    let error =
        RpcError { code: NOT_ANSWERED, message: what.to_owned(), data: Some(SOURCE.to_owned()) };
    written(Some(id), error)
}

/// The answer to a request to which the server at `url` gave none.
pub(crate) fn unanswered(id: &Id, url: &str, error: Error) -> String {
    let error = match error {
        Error::Rpc(error) => error,
        other => {
            let status = match &other {
                Error::Status(status) => Some(status.status),
                _ => None,
            };
            let code = match &other {
                Error::InvalidParams(_) => Mistake::NoMessage.code(),
                _ => NOT_ANSWERED,
            };
            let status = status.map(|status| format!(r#","status":{status}"#)).unwrap_or_default();
            let data = Some(format!(r#"{{"source":"sandbar"{status}}}"#));
            RpcError { code, message: explained(url, &other), data }
        }
    };
    written(Some(id), error)
}

/// So that whoever reads an error knows that it is not the server's.
const SOURCE: &str = r#"{"source":"sandbar"}"#;

fn explained(url: &str, error: &Error) -> String {
    match error {
        Error::Status(status) if status.status == 401 => {
            format!("the server wants a sign-in: run `sandbar login {}`", shown(url))
        }
        Error::Status(status) if !status.preview.is_empty() => {
            let preview: String = status.preview.chars().take(200).collect();
            format!("{status}: {preview}")
        }
        other => other.to_string(),
    }
}

/// A URL without what may be secret in it.
fn shown(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

fn written(id: Option<&Id>, error: RpcError) -> String {
    let message = |id: &Id| String::from_utf8(write_response(id, &Err(error.clone())));
    match id {
        // Written from text, it is text.
        Some(id) => message(id).unwrap_or_default(),
        None => {
            let RpcError { code, message, data } = &error;
            let data = data.as_ref().map(|data| format!(r#","data":{data}"#)).unwrap_or_default();
            let message = quoted(message);
            format!(
                r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":{message}{data}}}}}"#
            )
        }
    }
}
