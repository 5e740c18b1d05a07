//! How a session is opened.

use crate::http::Policy;
use crate::limits::{AGENT_SILENCE, MAX_MESSAGE_BYTES};
use crate::sandbox::bindings::mcp::{self, Era, Implementation, LogLevel};
use crate::sandbox::handler::{Handler, NoHandler};
use crate::sandbox::plugins::plugin::Plugin;
use sandbar_exchange::{Deadline, Field, Phase, nanoseconds};
use std::sync::Arc;
use std::time::Duration;

/// The `ClientCapabilities` of a client that has none.
const NO_CAPABILITIES: &str = "{}";

/// How to open a session.
#[derive(Clone)]
pub struct ConnectOptions {
    pub(crate) url: String,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) client_info: Implementation,
    pub(crate) capabilities: String,
    pub(crate) era: Option<Era>,
    pub(crate) max_message_bytes: u64,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) listens: Option<bool>,
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) plugins: Vec<Plugin>,
    pub(crate) policy: Option<Policy>,
}

impl ConnectOptions {
    /// The defaults, for the server at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            fields: Vec::new(),
            client_info: Implementation {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                title: None,
            },
            capabilities: NO_CAPABILITIES.to_owned(),
            era: None,
            max_message_bytes: MAX_MESSAGE_BYTES,
            connect_timeout: None,
            idle_timeout: None,
            handler: Arc::new(NoHandler),
            listens: None,
            log_level: None,
            plugins: Vec::new(),
            policy: None,
        }
    }

    /// Adds a field to every request: a credential, say. Fields that MCP or HTTP
    /// write themselves are refused when the session is opened.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Who this client says it is.
    #[must_use]
    pub fn client_info(mut self, client: Implementation) -> Self {
        self.client_info = client;
        self
    }

    /// The `ClientCapabilities` to declare, as JSON text: `{}` if not set. What is declared, the
    /// [`Handler`] must be able to answer: `{"elicitation":{"form":{},"url":{}},"roots":{},"sampling":{}}`
    /// is everything that it has methods for.
    #[must_use]
    pub fn capabilities(mut self, json: impl Into<String>) -> Self {
        self.capabilities = json.into();
        self
    }

    /// Speaks this era without asking, which saves an exchange.
    #[must_use]
    pub const fn era(mut self, era: Era) -> Self {
        self.era = Some(era);
        self
    }

    /// The largest message to accept, in bytes. 16 MiB if not set.
    #[must_use]
    pub const fn max_message_bytes(mut self, bytes: u64) -> Self {
        self.max_message_bytes = bytes;
        self
    }

    /// For connections, TLS included. That of the dialer if not set.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The longest silence to accept on an answer: before its first byte, and
    /// between two. That of the dialer if not set.
    #[must_use]
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Who hears of what no call asked for, and answers what the server asks.
    #[must_use]
    pub fn handler(mut self, handler: impl Handler) -> Self {
        self.handler = Arc::new(handler);
        self
    }

    /// Whether to keep the stream open on which a legacy server tells and asks what belongs to no
    /// call: list changes, updates of resources. It takes a connection of its own. If not set, it is
    /// kept where [`capabilities`](Self::capabilities) are declared, since servers ask on it too.
    #[must_use]
    pub const fn listens(mut self, listens: bool) -> Self {
        self.listens = Some(listens);
        self
    }

    /// The least important log messages that the server should send. What it sends is up to the server
    /// if not set: a modern one sends none.
    #[must_use]
    pub const fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = Some(level);
        self
    }

    /// Puts these plugins between this session and its server, behind those of
    /// [`Builder::plugin`](crate::Builder::plugin), in their order. A plugin that another session has
    /// is not compiled again; its instance is this session's own.
    #[must_use]
    pub fn plugins(mut self, plugins: impl IntoIterator<Item = Plugin>) -> Self {
        self.plugins.extend(plugins);
        self
    }

    /// What this session may have dialled, instead of the origin of its URL alone: that of a token
    /// endpoint besides, say. It holds within [`Builder::policy`](crate::Builder::policy), and for what
    /// this host dials: with an executor elsewhere it is refused, since that one judges. Sessions with
    /// the same policy share connections.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    pub(crate) fn into_wit(self) -> mcp::SessionOptions {
        let deadlines = deadlines(self.connect_timeout, self.idle_timeout);
        mcp::SessionOptions {
            listens: self.listens.unwrap_or(self.capabilities != NO_CAPABILITIES),
            url: self.url,
            log_level: self.log_level,
            fields: fields(self.fields),
            client_info: implementation_json(&self.client_info),
            capabilities: self.capabilities,
            era: self.era,
            max_message_bytes: self.max_message_bytes,
            deadlines,
        }
    }

    /// What of it counts where the messages are another client's. Calls take as long as they take: who
    /// made them gives them up.
    pub(crate) fn into_upstream(self) -> mcp::UpstreamOptions {
        let silence = self.idle_timeout.unwrap_or(AGENT_SILENCE);
        mcp::UpstreamOptions {
            url: self.url,
            fields: fields(self.fields),
            max_message_bytes: self.max_message_bytes,
            deadlines: deadlines(self.connect_timeout, Some(silence)),
        }
    }
}

fn fields(fields: Vec<(String, Vec<u8>)>) -> Vec<Field> {
    fields.into_iter().map(|(name, value)| Field { name, value }).collect()
}

fn deadlines(connect: Option<Duration>, idle: Option<Duration>) -> Vec<Deadline> {
    [(Phase::Connect, connect), (Phase::Idle, idle)]
        .into_iter()
        .filter_map(|(phase, after)| Some(Deadline { phase, after: nanoseconds(after?) }))
        .collect()
}

/// MCP's `Implementation` object.
fn implementation_json(client: &Implementation) -> String {
    let mut object = serde_json::Map::new();
    object.insert("name".to_owned(), client.name.as_str().into());
    object.insert("version".to_owned(), client.version.as_str().into());
    if let Some(title) = &client.title {
        object.insert("title".to_owned(), title.as_str().into());
    }
    serde_json::Value::Object(object).to_string()
}

impl std::fmt::Debug for ConnectOptions {
    /// Without the values of fields, which may be credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("ConnectOptions")
            .field("url", &self.url)
            .field("fields", &fields)
            .field("era", &self.era)
            .finish_non_exhaustive()
    }
}
