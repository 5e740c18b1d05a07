//! Requests of the modern era (2026-07-28, "Streamable HTTP: Request Metadata"): stateless, with
//! everything the server needs to know in each of them.

use crate::error::Error;
use crate::header_value;
use crate::json_text::quoted;
use crate::jsonrpc;
use crate::params::Params;
use crate::session::Session;
use crate::tool_headers::ToolHeaders;
use sandbar_exchange::Field;

/// What a modern session knows between requests.
#[derive(Debug)]
pub(crate) struct Modern {
    /// The version in use.
    pub(crate) version: &'static str,
    /// Which arguments of which tools are mirrored into fields.
    pub(crate) tool_headers: ToolHeaders,
}

impl Modern {
    /// Speaks `version`, with no tool known yet.
    pub(crate) fn new(version: &'static str) -> Self {
        Self { version, tool_headers: ToolHeaders::default() }
    }

    /// The fields of a request beyond those of every POST.
    pub(crate) fn fields(&self, method: &str, params: &Params) -> Result<Vec<Field>, Error> {
        fields(self.version, &self.tool_headers, method, params)
    }

    /// The message of a request, or of a notification where there is no id. A progress token is
    /// the id of the request.
    pub(crate) fn message(&self, session: &Session, call: &Outline<'_>) -> Vec<u8> {
        let config = session.config();
        let version = quoted(self.version);
        let token = call.progress_token();
        let mut members = vec![
            ("io.modelcontextprotocol/protocolVersion", version.as_str()),
            ("io.modelcontextprotocol/clientInfo", config.client_info.trim_ascii()),
            ("io.modelcontextprotocol/clientCapabilities", session.declared()),
        ];
        if let Some(token) = &token {
            members.push(("progressToken", token));
        }
        let level = config.log_level.map(|level| quoted(level.name()));
        if let Some(level) = &level {
            members.push(("io.modelcontextprotocol/logLevel", level));
        }
        let write_params = |out: &mut String| call.params.write_with_meta(out, &members);
        jsonrpc::write_call(call.id, call.method, Some(&write_params))
    }
}

/// The fields of a request beyond those of every POST.
pub(crate) fn fields(
    version: &str,
    tool_headers: &ToolHeaders,
    method: &str,
    params: &Params,
) -> Result<Vec<Field>, Error> {
    let mut fields = vec![
        Field::new("mcp-protocol-version", version),
        Field::new("mcp-method", header_value::encode(method)),
    ];
    let name = name_parameter(method).and_then(|parameter| params.string(parameter));
    if let Some(name) = name {
        fields.push(Field::new("mcp-name", header_value::encode(&name)));
        if method == "tools/call" {
            fields.extend(tool_headers.fields(&name, params.get("arguments"))?);
        }
    }
    Ok(fields)
}

/// A request or notification to write, in either era.
pub(crate) struct Outline<'a> {
    /// The id of a request.
    pub(crate) id: Option<i64>,
    pub(crate) method: &'a str,
    pub(crate) params: &'a Params,
    /// Whether a request asks for progress.
    pub(crate) progress: bool,
}

impl Outline<'_> {
    /// The id doubles as progress token: it is unique among the requests of the session already.
    pub(crate) fn progress_token(&self) -> Option<String> {
        self.id.filter(|_| self.progress).map(|id| id.to_string())
    }
}

/// The parameter that `Mcp-Name` mirrors.
fn name_parameter(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        _ => None,
    }
}
