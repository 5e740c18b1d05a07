//! Just enough MCP around a scripted answer.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use super::{request::RecordedRequest, response::Response, script::Script, sse::SseEvent};

/// Which generation of MCP the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2026-07-28: no handshake, no sessions.
    Modern,
    /// 2025-11-25: `initialize` first, and 400 for whoever comes without.
    Legacy,
}

impl Era {
    fn protocol_version(self) -> &'static str {
        match self {
            Self::Modern => "2026-07-28",
            Self::Legacy => "2025-11-25",
        }
    }
}

/// An MCP server whose answers a test scripts, method by method.
///
/// What is not scripted is answered as a plain server would: discovery or the handshake, an empty
/// list of tools, 202 for notifications, 405 for `GET`, and "method not found". `{id}` in a
/// script stands for the id of the request.
#[derive(Debug)]
pub(crate) struct McpScript {
    era: Era,
    session_id: Option<String>,
    scripts: HashMap<Selector, Script>,
    counts: Mutex<Counts>,
}

/// Which requests a script is for. All indices count from 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Selector {
    Post(usize),
    Call { method: String, index: usize },
    Method(String),
}

#[derive(Debug, Default)]
struct Counts {
    posts: usize,
    calls: HashMap<String, usize>,
}

impl McpScript {
    /// A server of 2026-07-28.
    pub(crate) fn modern() -> Self {
        Self::new(Era::Modern)
    }

    /// A server of 2025-11-25 with a session.
    pub(crate) fn legacy() -> Self {
        Self { session_id: Some("session-1".to_owned()), ..Self::new(Era::Legacy) }
    }

    fn new(era: Era) -> Self {
        Self { era, session_id: None, scripts: HashMap::new(), counts: Mutex::default() }
    }

    /// Leaves out the `Mcp-Session-Id` of a legacy server, which is optional.
    pub(crate) fn without_session(mut self) -> Self {
        self.session_id = None;
        self
    }

    /// Answers every request with this JSON-RPC method. An HTTP method that carries no message
    /// can be scripted too: `GET`, `DELETE`.
    pub(crate) fn on(self, method: &str, script: Script) -> Self {
        self.select(Selector::Method(method.to_owned()), script)
    }

    /// Answers the request with this JSON-RPC method and index, counted from 0.
    pub(crate) fn on_call(self, method: &str, index: usize, script: Script) -> Self {
        let method = method.to_owned();
        self.select(Selector::Call { method, index }, script)
    }

    /// Answers the `POST` with this index, counted from 0, whatever it carries.
    pub(crate) fn on_post(self, index: usize, script: Script) -> Self {
        self.select(Selector::Post(index), script)
    }

    fn select(mut self, selector: Selector, script: Script) -> Self {
        self.scripts.insert(selector, script);
        self
    }

    pub(crate) fn script_for(&self, request: &RecordedRequest) -> Script {
        let id = request.rpc_id();
        let script = self
            .selectors(request)
            .into_iter()
            .find_map(|selector| self.scripts.get(&selector).cloned())
            .unwrap_or_else(|| Script::respond(self.plain_answer(request)));
        script.with_id(&id.unwrap_or(Value::Null))
    }

    /// Every selector that matches the request, the most specific first.
    fn selectors(&self, request: &RecordedRequest) -> Vec<Selector> {
        let method = request.operation();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut selectors = Vec::new();
        if request.method == "POST" {
            selectors.push(Selector::Post(counts.posts));
            counts.posts += 1;
        }
        let calls = counts.calls.entry(method.clone()).or_default();
        selectors.push(Selector::Call { method: method.clone(), index: *calls });
        *calls += 1;
        selectors.push(Selector::Method(method));
        selectors
    }

    fn plain_answer(&self, request: &RecordedRequest) -> Response {
        match (request.method.as_str(), self.era) {
            ("POST", _) => self.plain_rpc_answer(request),
            ("DELETE", Era::Legacy) => Response::new(200),
            _ => Response::new(405).field("allow", "POST"),
        }
    }

    fn plain_rpc_answer(&self, request: &RecordedRequest) -> Response {
        let method = request.rpc_method().unwrap_or_default();
        match (self.era, method.as_str()) {
            (Era::Legacy, "initialize") => self.initialize_response(),
            (Era::Legacy, _) if self.is_foreign(request) => not_initialized(),
            (_, _) if request.rpc_id().is_none() => Response::new(202),
            (Era::Modern, "server/discover") => json_rpc_response(self.discovery()),
            (Era::Legacy, "ping") => json_rpc_response(json!({})),
            (era, "tools/list") => json_rpc_response(empty_tool_list(era)),
            (era, _) => method_not_found(era),
        }
    }

    /// A legacy server does not know the requests of 2026-07-28, nor those of other sessions.
    fn is_foreign(&self, request: &RecordedRequest) -> bool {
        request.field("mcp-protocol-version") == Some(Era::Modern.protocol_version())
            || request.field("mcp-session-id") != self.session_id.as_deref()
    }

    fn initialize_response(&self) -> Response {
        let response = json_rpc_response(json!({
            "protocolVersion": self.era.protocol_version(),
            "capabilities": { "tools": {}, "logging": {} },
            "serverInfo": server_info(),
        }));
        match &self.session_id {
            Some(id) => response.field("mcp-session-id", id),
            None => response,
        }
    }

    fn discovery(&self) -> Value {
        json!({
            "resultType": "complete",
            "supportedVersions": [self.era.protocol_version()],
            "capabilities": { "tools": {}, "logging": {} },
            "ttlMs": 0,
            "cacheScope": "public",
            "_meta": { "io.modelcontextprotocol/serverInfo": server_info() },
        })
    }
}

/// A JSON response with this result, for the id of the request.
pub(crate) fn json_rpc_response(result: Value) -> Response {
    let body = json!({ "jsonrpc": "2.0", "id": "{id}", "result": result });
    Response::json(200, unquote_id(&body))
}

/// An event stream with these JSON-RPC messages, one event each, in a body of known length.
pub(crate) fn sse_response<'a>(messages: impl IntoIterator<Item = &'a str>) -> Response {
    let body = messages
        .into_iter()
        .flat_map(|message| SseEvent::data(message).encode(super::LineEnding::Lf));
    Response::new(200).field("content-type", "text/event-stream").body(body.collect::<Vec<_>>())
}

fn server_info() -> Value {
    json!({ "name": "fault-server", "version": "1" })
}

fn empty_tool_list(era: Era) -> Value {
    match era {
        Era::Modern => json!({
            "resultType": "complete", "tools": [], "ttlMs": 0, "cacheScope": "public",
        }),
        Era::Legacy => json!({ "tools": [] }),
    }
}

fn not_initialized() -> Response {
    let error = json!({ "code": -32000, "message": "Bad Request: Server not initialized" });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
    Response::json(400, body.to_string())
}

/// The modern era pairs this error with 404; before, errors came with 200.
fn method_not_found(era: Era) -> Response {
    let error = json!({ "code": -32601, "message": "Method not found" });
    let body = json!({ "jsonrpc": "2.0", "id": "{id}", "error": error });
    let status = match era {
        Era::Modern => 404,
        Era::Legacy => 200,
    };
    Response::json(status, unquote_id(&body))
}

/// The placeholder becomes a JSON value of its own, so it must not stand in quotes.
fn unquote_id(message: &Value) -> String {
    message.to_string().replace("\"{id}\"", "{id}")
}
