//! What a line of the agent is.

use crate::fault::Mistake;
use crate::limits::QUOTED_BYTES;
use sandbar_mcp_core::message::{Id, Malformed, Message, Picked};

/// A message of the agent, with its text as it came.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Request {
        id: Id,
        method: String,
        is_modern: bool,
    },
    /// The agent gives a request of its own up.
    Cancellation {
        request: Id,
    },
    Notification {
        method: String,
    },
    /// The answer to a request of the server.
    Response {
        id: Id,
    },
}

/// A line that is no message.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) id: Option<Id>,
    pub(crate) mistake: Mistake,
    pub(crate) what: String,
}

impl Inbox {
    /// Reads a line; none where it is blank.
    pub(crate) fn read(line: Vec<u8>) -> Result<Option<Self>, Unreadable> {
        let text = String::from_utf8(line).map_err(|_| unreadable(None, "it is not utf-8", b""))?;
        let bare = text.trim_ascii();
        if bare.is_empty() {
            return Ok(None);
        }
        let text = if bare.len() == text.len() { text } else { bare.to_owned() };
        if text.starts_with('[') {
            let what = "a batch, which MCP does not have any more";
            return Err(Unreadable {
                id: None,
                mistake: Mistake::NoMessage,
                what: what.to_owned(),
            });
        }
        let kind = match Message::parse(&text) {
            Ok(message) => kind_of(message),
            Err(Malformed(what)) => return Err(no_message(&text, &what)),
        };
        match kind {
            Some(kind) => Ok(Some(Self { text, kind })),
            None => Err(no_message(&text, "it answers nothing")),
        }
    }
}

fn kind_of(message: Message<'_>) -> Option<Kind> {
    Some(match message {
        Message::Request { id, method, params } => {
            Kind::Request { id, method, is_modern: params.is_some_and(names_a_version) }
        }
        Message::Notification { method, params } if method == "notifications/cancelled" => {
            match params.and_then(cancelled) {
                Some(request) => Kind::Cancellation { request },
                None => Kind::Notification { method },
            }
        }
        Message::Notification { method, .. } => Kind::Notification { method },
        Message::Success { id, .. } | Message::Failure { id, .. } => Kind::Response { id: id? },
    })
}

/// Whether the parameters of a request say which version of the modern era it is of.
fn names_a_version(params: &str) -> bool {
    let Ok(Picked { values: [Some(meta)], .. }) = Picked::from(params, ["_meta"]) else {
        return false;
    };
    let version = Picked::from(meta, ["io.modelcontextprotocol/protocolVersion"]);
    version.is_ok_and(|version| version.values.iter().all(Option::is_some))
}

/// The request that a `notifications/cancelled` is about.
pub(crate) fn cancelled(params: &str) -> Option<Id> {
    let [id] = Picked::from(params, ["requestId"]).ok()?.values;
    Id::of(id?)
}

fn no_message(text: &str, what: &str) -> Unreadable {
    let id = Picked::from(text, ["id"]).ok().and_then(|Picked { values: [id], .. }| Id::of(id?));
    unreadable(id, what, text.as_bytes())
}

fn unreadable(id: Option<Id>, what: &str, line: &[u8]) -> Unreadable {
    let is_json = Picked::from(core::str::from_utf8(line).unwrap_or_default(), [""]).is_ok();
    let mistake = if is_json { Mistake::NoMessage } else { Mistake::NoJson };
    let begin = line.get(..QUOTED_BYTES).unwrap_or(line);
    let begin = String::from_utf8_lossy(begin);
    Unreadable { id, mistake, what: format!("a line is no JSON-RPC message: {what}: {begin}") }
}

#[cfg(test)]
mod tests {
    use super::{Inbox, Kind, Mistake};

    fn kind(line: &str) -> Option<Kind> {
        Inbox::read(line.as_bytes().to_vec()).ok().flatten().map(|inbox| inbox.kind)
    }

    /// Catches an era that is read from anything but the version in `_meta`, and a cancellation that
    /// is taken for any other notification.
    #[test]
    fn messages_are_told_apart() {
        let modern = r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        assert!(matches!(kind(modern), Some(Kind::Request { is_modern: true, .. })));
        let legacy = r#"{"id":1,"method":"m","params":{"_meta":{"progressToken":1}}}"#;
        assert!(matches!(kind(legacy), Some(Kind::Request { is_modern: false, .. })));
        let cancel = r#"{"method":"notifications/cancelled","params":{"requestId":"a"}}"#;
        assert!(matches!(kind(cancel), Some(Kind::Cancellation { .. })));
        assert!(matches!(kind(r#"{"method":"m"}"#), Some(Kind::Notification { .. })));
        assert!(matches!(kind(r#"{"id":1,"result":null}"#), Some(Kind::Response { .. })));
        assert!(kind(" \r").is_none());
    }

    /// Catches one code for every mistake, and an answer under another id than the one that can be
    /// read.
    #[test]
    fn a_line_that_is_no_message_is_told_from_one_that_is_no_json() {
        for (line, mistake, has_id) in [
            ("{", Mistake::NoJson, false),
            ("nonsense", Mistake::NoJson, false),
            ("{\"id\":7}", Mistake::NoMessage, true),
            ("[{\"id\":7,\"method\":\"m\"}]", Mistake::NoMessage, false),
        ] {
            let unreadable = Inbox::read(line.as_bytes().to_vec()).unwrap_err();
            assert_eq!((unreadable.mistake, unreadable.id.is_some()), (mistake, has_id), "{line}");
        }
    }
}
