//! Both sides of the proxy.

use sandbar_proxy_core::{Action, CallId, Error, Proxy};
use std::time::Duration;

/// The largest message of most tests.
const MAX_BYTES: u64 = 64 * 1024;

/// What a request of a modern agent has in its parameters.
const MODERN: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

/// How a legacy server refuses what comes before its handshake.
pub(crate) const NO_SESSION: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: Server not initialized"}}"#;

/// A proxy, with what it wants done.
pub(crate) struct Both {
    pub(crate) proxy: Proxy,
    /// What the server is to be sent, in order.
    pub(crate) sent: Vec<(CallId, String)>,
    /// What the agent hears, in order.
    pub(crate) told: Vec<String>,
    pub(crate) cancelled: Vec<CallId>,
    pub(crate) waits: Vec<Duration>,
}

impl Both {
    pub(crate) fn new() -> Self {
        Self::with_messages_of(MAX_BYTES)
    }

    pub(crate) fn with_messages_of(bytes: u64) -> Self {
        let proxy = Proxy::new("http://server.example/mcp".to_owned(), bytes);
        let (sent, told, cancelled, waits) = (vec![], vec![], vec![], vec![]);
        Self { proxy, sent, told, cancelled, waits }
    }

    /// In front of a legacy server, with the session open that the first call of the agent led to. That
    /// call is the last that was sent.
    pub(crate) fn parked(bytes: u64) -> Self {
        let mut both = Self::with_messages_of(bytes);
        both.says(&modern("a", "tools/call", ""));
        let first = both.call(r#""id":"a""#);
        both.answers(first, NO_SESSION);
        both.opens();
        both
    }

    /// In front of a modern server, with a legacy agent that has opened its session.
    pub(crate) fn bridged(capabilities: &str) -> Self {
        let mut both = Self::new();
        both.says(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"agent","version":"9"}}}"#);
        let opening = both.call(r#""initialize""#);
        both.answers(
            opening,
            r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"Method not found"}}"#,
        );
        let probe = both.call("server/discover");
        both.answers(probe, &format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"supportedVersions":["2026-07-28"],"capabilities":{capabilities}}}}}"#));
        both.says(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        both.told.clear();
        both
    }

    /// The server agrees to the handshake that is under way.
    pub(crate) fn opens(&mut self) {
        let opening = self.call(r#""initialize""#);
        self.answers(opening, r#"{"jsonrpc":"2.0","id":"sandbar-initialize","result":{"protocolVersion":"2025-11-25","capabilities":{}}}"#);
        let confirmation = self.call("notifications/initialized");
        self.ends(confirmation, Ok(()));
    }

    /// The agent writes a line.
    pub(crate) fn says(&mut self, line: &str) {
        self.proxy.handle_bytes(format!("{line}\n").as_bytes());
        self.act();
    }

    /// The server says something in return to a message, which goes on.
    pub(crate) fn hears(&mut self, call: CallId, text: &str) {
        let line = self.proxy.handle_text(call, text.to_owned());
        self.told.extend(line);
        self.act();
    }

    pub(crate) fn ends(&mut self, call: CallId, outcome: Result<(), Error>) {
        self.proxy.handle_outcome(call, outcome);
        self.act();
    }

    /// The server says something in return to a message, and that is all.
    pub(crate) fn answers(&mut self, call: CallId, text: &str) {
        self.hears(call, text);
        self.ends(call, Ok(()));
    }

    pub(crate) fn act(&mut self) {
        while let Some(action) = self.proxy.poll_action() {
            match action {
                Action::Carry { call, message } => self.sent.push((call, message)),
                Action::Tell(line) => self.told.push(line),
                Action::Cancel(call) => self.cancelled.push(call),
                Action::Wait(time) => self.waits.push(time),
            }
        }
    }

    /// The last message to the server with this in it.
    pub(crate) fn call(&self, part: &str) -> CallId {
        let found = self.sent.iter().rev().find(|(_, message)| message.contains(part));
        found.unwrap_or_else(|| panic!("{part} was not sent: {:?}", self.sent)).0
    }

    /// How many messages to the server have this in them.
    pub(crate) fn times(&self, part: &str) -> usize {
        self.sent.iter().filter(|(_, message)| message.contains(part)).count()
    }

    /// The last line that the agent heard.
    pub(crate) fn last(&self) -> &str {
        self.told.last().map_or("", String::as_str)
    }
}

/// A request of a modern agent; `more` are members of its parameters, each with a comma behind it.
pub(crate) fn modern(id: &str, method: &str, more: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"{method}","params":{{{more}{MODERN}}}}}"#)
}

/// What gives the request with this id up.
pub(crate) fn cancellation(id: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":"{id}"}}}}"#
    )
}

/// A question of a legacy server.
pub(crate) fn question(id: &str, message: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":"{id}","method":"elicitation/create","params":{{"message":"{message}"}}}}"#
    )
}
