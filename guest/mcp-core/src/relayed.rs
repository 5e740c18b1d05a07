//! What is known of a client whose messages are carried as they are.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::call::INITIALIZED;
use crate::error::Error;
use crate::json_string;
use crate::json_text::Picked;
use crate::jsonrpc::{Id, Malformed, Message};
use crate::limits::SERVER_REQUESTS;
use crate::params::Params;
use crate::tool_headers::ToolHeaders;

/// The client's side of a session, as far as carrying its messages takes it.
#[derive(Debug, Default)]
pub(crate) struct Relayed {
    /// How the client opened its session, to open another one where the server forgets it.
    initialize: Option<Initialize>,
    /// How it confirmed that.
    initialized: Option<String>,
    /// Whether it has confirmed it just now.
    pub(crate) confirmed: bool,
    /// The requests of a legacy server, each with the opening of the session that it was made in: an
    /// answer never reaches another.
    asked: BTreeMap<String, u64>,
    /// The modern version that the client spoke last.
    version: Option<String>,
    /// Which arguments of which tools are mirrored into fields.
    pub(crate) tool_headers: ToolHeaders,
}

/// The client's `initialize`.
#[derive(Clone, Debug)]
pub(crate) struct Initialize {
    pub(crate) id: Id,
    pub(crate) text: String,
}

/// A client's opening of a session, to be made again.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) initialize: Initialize,
    /// None where the client did not get so far.
    pub(crate) initialized: Option<String>,
}

/// A message of the client.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    pub(crate) text: String,
    pub(crate) kind: OutboundKind,
    /// The version that it names, where it is of the modern era.
    pub(crate) modern: Option<String>,
}

/// What a message of the client is.
#[derive(Clone, Debug)]
pub(crate) enum OutboundKind {
    Request {
        id: Id,
        method: String,
    },
    Notification {
        method: String,
    },
    /// The answer to a request of the server, and the opening of the session that it was made in.
    Response {
        asked_in: Option<u64>,
    },
}

impl Relayed {
    /// Reads a message of the client, and remembers what it says of its session.
    pub(crate) fn outbound(&mut self, text: String) -> Result<Outbound, Error> {
        let invalid = |what: &str| Error::InvalidParams(format!("the message: {what}"));
        let message = Message::parse(&text).map_err(|Malformed(what)| invalid(&what))?;
        let (kind, modern) = match message {
            Message::Request { id, method, params } => {
                let version = params.and_then(modern_version);
                if version.is_some() {
                    self.version.clone_from(&version);
                }
                (OutboundKind::Request { id, method }, version)
            }
            Message::Notification { method, params } => {
                let named = params.and_then(modern_version);
                // What a stateless client tells belongs to no session.
                let version =
                    named.or_else(|| self.version.clone().filter(|_| self.initialize.is_none()));
                (OutboundKind::Notification { method }, version)
            }
            Message::Success { id, .. } | Message::Failure { id, .. } => {
                let id = id.ok_or_else(|| invalid("the answer has no id"))?;
                // Answered is answered: a second answer is for nothing.
                (OutboundKind::Response { asked_in: self.asked.remove(id.as_json()) }, None)
            }
        };
        match &kind {
            OutboundKind::Request { id, method } if method == "initialize" => {
                self.initialize = Some(Initialize { id: id.clone(), text: text.clone() });
                self.initialized = None;
            }
            OutboundKind::Notification { method } if method == INITIALIZED => {
                self.initialized = Some(text.clone());
            }
            _ => {}
        }
        Ok(Outbound { text, kind, modern })
    }

    /// The client's opening, once there is one.
    pub(crate) fn replay(&self) -> Option<Replayed> {
        let initialize = self.initialize.clone()?;
        Some(Replayed { initialize, initialized: self.initialized.clone() })
    }

    /// Remembers a request of the server. Of too many the oldest by name are forgotten: their answers
    /// go nowhere.
    pub(crate) fn was_asked(&mut self, id: Id, generation: u64) {
        self.asked.insert(id.into_json(), generation);
        while self.asked.len() > SERVER_REQUESTS {
            self.asked.pop_first();
        }
    }
}

impl Outbound {
    /// What it is, for errors and for what may be repeated.
    pub(crate) fn method(&self) -> &str {
        match &self.kind {
            OutboundKind::Request { method, .. } | OutboundKind::Notification { method } => method,
            OutboundKind::Response { .. } => "the answer to a request of the server",
        }
    }

    /// The id that the answer to it has.
    pub(crate) const fn id(&self) -> Option<&Id> {
        match &self.kind {
            OutboundKind::Request { id, .. } => Some(id),
            OutboundKind::Notification { .. } | OutboundKind::Response { .. } => None,
        }
    }

    /// Its parameters.
    pub(crate) fn params(&self) -> Result<Params, Error> {
        let [params] = Picked::from(&self.text, ["params"])
            .map_err(|error| Error::InvalidParams(error.to_string()))?
            .values;
        Params::parse(params)
    }
}

/// The version that the parameters of a modern request name (2026-07-28, "Request Metadata").
fn modern_version(params: &str) -> Option<String> {
    let [meta] = Picked::from(params, ["_meta"]).ok()?.values;
    let [version] = Picked::from(meta?, ["io.modelcontextprotocol/protocolVersion"]).ok()?.values;
    json_string::read(version?).map(Cow::into_owned)
}
