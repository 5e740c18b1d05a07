//! What a session tells its embedder, and asks of it.

use crate::sandbox::bindings::mcp::{self, Change, Elicitation, Progress};
use futures::future::BoxFuture;

/// A notification of a server, or what this client has to say of one: a log message (MCP's
/// `notifications/message`) whose logger is `sandbar`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Notification {
    /// The JSON-RPC method, `notifications/progress` for example.
    pub method: String,
    /// Its parameters, as JSON text.
    pub params: Option<String>,
    /// The typed form, where the method is `notifications/progress`.
    pub progress: Option<Progress>,
    /// What has changed, where it says that something has.
    pub change: Option<Change>,
}

impl Notification {
    /// A word of this client, in the form of a server's log message: that of the client in the
    /// sandbox has the same.
    pub(crate) fn of_client(text: &str) -> Self {
        let params = serde_json::json!({ "level": "warning", "logger": "sandbar", "data": text });
        Self {
            method: "notifications/message".to_owned(),
            params: Some(params.to_string()),
            progress: None,
            change: None,
        }
    }
}

impl From<mcp::Notification> for Notification {
    fn from(notification: mcp::Notification) -> Self {
        let mcp::Notification { call: _, method, params, progress, change } = notification;
        Self { method, params, progress, change }
    }
}

/// A request of a server: sampling, elicitation, roots.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServerRequest {
    /// The JSON-RPC method.
    pub method: String,
    /// Its parameters, as JSON text.
    pub params: Option<String>,
    /// The typed form, where the method is `elicitation/create`.
    pub elicitation: Option<Elicitation>,
    /// Why the answer that was given before does not do, where it was given and does not.
    pub problem: Option<String>,
}

/// What a user says to an elicitation (2025-11-25 and 2026-07-28, "Elicitation").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElicitationAnswer {
    /// What is filled in, as the text of a JSON object: the sandbox adds the defaults of fields that
    /// it leaves out. None where a URL is to be visited.
    Accept(Option<String>),
    /// The user says no.
    Decline,
    /// The user says nothing.
    Cancel,
}

impl ElicitationAnswer {
    /// The text of an `ElicitResult`.
    pub(crate) fn into_json(self) -> String {
        match self {
            Self::Accept(Some(content)) => format!(r#"{{"action":"accept","content":{content}}}"#),
            Self::Accept(None) => r#"{"action":"accept"}"#.to_owned(),
            Self::Decline => r#"{"action":"decline"}"#.to_owned(),
            Self::Cancel => r#"{"action":"cancel"}"#.to_owned(),
        }
    }
}

/// A directory or file that a server may work with (2025-11-25 and 2026-07-28, "Roots").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its URI, which begins with `file://`.
    pub uri: String,
    /// What it is called.
    pub name: Option<String>,
}

/// The text of a `ListRootsResult`.
fn roots_json(roots: Vec<Root>) -> String {
    let root = |Root { uri, name }| match name {
        Some(name) => serde_json::json!({ "uri": uri, "name": name }),
        None => serde_json::json!({ "uri": uri }),
    };
    let roots: Vec<_> = roots.into_iter().map(root).collect();
    serde_json::json!({ "roots": roots }).to_string()
}

/// A JSON-RPC error (JSON-RPC 2.0 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// The code.
    pub code: i64,
    /// The text.
    pub message: String,
    /// More, as JSON text.
    pub data: Option<String>,
}

impl RpcError {
    /// What a request is answered with that nobody handles.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        Self { code: -32601, message: format!("method not found: {method}"), data: None }
    }
}

impl From<RpcError> for mcp::RpcError {
    fn from(RpcError { code, message, data }: RpcError) -> Self {
        Self { code, message, data }
    }
}

/// What an embedder does for its sessions. The default implementation ignores
/// notifications and supports no request.
///
/// What it supports, [`ConnectOptions::capabilities`](crate::ConnectOptions::capabilities)
/// declares: servers ask for nothing else. Servers of both eras ask in the same way here; in the
/// modern one a call of theirs goes on when its questions are answered, and ends with
/// [`Error::InputRequired`](crate::Error::InputRequired) where one is answered with an error.
pub trait Handler: Send + Sync + 'static {
    /// A notification that no [`Call`](crate::Call) asked for. The stream that
    /// it came on is read further when this is done.
    fn notified(&self, notification: Notification) -> BoxFuture<'_, ()> {
        drop(notification);
        Box::pin(std::future::ready(()))
    }

    /// A server asks the user for something. An answer that does not fit the form is asked for again,
    /// with what does not fit in `problem`: three times, then the request is cancelled.
    ///
    /// # Errors
    ///
    /// What the server is answered with instead of a result.
    fn elicited(
        &self,
        elicitation: Elicitation,
        problem: Option<String>,
    ) -> BoxFuture<'_, Result<ElicitationAnswer, RpcError>> {
        drop((elicitation, problem));
        unsupported("elicitation/create")
    }

    /// A server asks for a message of the model: `params` and the answer are JSON text, of a
    /// `CreateMessageRequest` and its result.
    ///
    /// # Errors
    ///
    /// What the server is answered with instead of a result.
    fn sampled(&self, params: String) -> BoxFuture<'_, Result<String, RpcError>> {
        drop(params);
        unsupported("sampling/createMessage")
    }

    /// A server asks what it may work with.
    ///
    /// # Errors
    ///
    /// What the server is answered with instead of a result.
    fn roots(&self) -> BoxFuture<'_, Result<Vec<Root>, RpcError>> {
        unsupported("roots/list")
    }

    /// A request of the server; the answer is JSON text. The future is dropped when the answer is wanted no
    /// more: the server took the request back, its call was given up, or the session ended. The default implementation hands it to
    /// [`elicited`](Self::elicited), [`sampled`](Self::sampled) or [`roots`](Self::roots).
    ///
    /// # Errors
    ///
    /// What the server is answered with instead of a result.
    fn asked(&self, request: ServerRequest) -> BoxFuture<'_, Result<String, RpcError>> {
        match (request.method.as_str(), request.elicitation) {
            ("elicitation/create", Some(elicitation)) => {
                let answer = self.elicited(elicitation, request.problem);
                Box::pin(async move { answer.await.map(ElicitationAnswer::into_json) })
            }
            ("sampling/createMessage", _) => {
                self.sampled(request.params.unwrap_or_else(|| "{}".to_owned()))
            }
            ("roots/list", _) => {
                let roots = self.roots();
                Box::pin(async move { roots.await.map(roots_json) })
            }
            (method, _) => unsupported(method),
        }
    }
}

fn unsupported<T: Send + 'static>(method: &str) -> BoxFuture<'static, Result<T, RpcError>> {
    Box::pin(std::future::ready(Err(RpcError::method_not_found(method))))
}

/// The handler of embedders that want none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHandler;

impl Handler for NoHandler {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches an answer that is another than the user's, and roots that are not MCP's.
    #[test]
    fn answers_are_written_as_mcp_has_them() {
        let accepted = ElicitationAnswer::Accept(Some(r#"{"a": 1.0}"#.to_owned()));
        assert_eq!(accepted.into_json(), r#"{"action":"accept","content":{"a": 1.0}}"#);
        assert_eq!(ElicitationAnswer::Accept(None).into_json(), r#"{"action":"accept"}"#);
        assert_eq!(ElicitationAnswer::Decline.into_json(), r#"{"action":"decline"}"#);
        assert_eq!(ElicitationAnswer::Cancel.into_json(), r#"{"action":"cancel"}"#);
        let root = |name| Root { uri: "file:///a\"b".to_owned(), name };
        let roots = roots_json(vec![root(None), root(Some("n".to_owned()))]);
        let uri = r#""uri":"file:///a\"b""#;
        assert_eq!(roots, format!(r#"{{"roots":[{{{uri}}},{{"name":"n",{uri}}}]}}"#));
    }
}
