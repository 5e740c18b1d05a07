//! The typed requests and results of tools as JSON, and whether what a plugin gives back as JSON is
//! some.

use crate::bindings::sandbar::mcp::types::{
    BinaryContent, CallOptions, Content, Error, ResourceBody, ResourceContents, ResourceLink, Tool,
    ToolPage, ToolResult,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Why something cannot be read or written.
pub(crate) enum JsonError {
    /// Parameters with which a plugin cannot be asked.
    Params(String),
    /// A plugin gave back JSON that is none.
    Plugin(serde_json::Error),
}

impl From<JsonError> for Error {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Params(reason) => Self::InvalidParams(reason),
            JsonError::Plugin(error) => {
                Self::Internal(format!("a plugin gave back JSON that is none: {error}"))
            }
        }
    }
}

/// Parameters of `tools/list`. With others than these the typed form could not be asked for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParams<'a> {
    cursor: Option<String>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

/// Parameters of `tools/call`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallParams<'a> {
    name: String,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

/// Reads the parameters of `tools/list`, and adds `_meta` to the options.
pub(crate) fn list_params(
    params: Option<&str>,
    options: &mut CallOptions,
) -> Result<Option<String>, JsonError> {
    let Some(params) = params else { return Ok(None) };
    let ListParams { cursor, meta } =
        serde_json::from_str(params).map_err(|error| invalid("tools/list", &error))?;
    add_meta(meta, options)?;
    Ok(cursor)
}

/// The same of `tools/call`.
pub(crate) fn call_params(
    params: Option<&str>,
    options: &mut CallOptions,
) -> Result<(String, Option<String>), JsonError> {
    let CallParams { name, arguments, meta } = serde_json::from_str(params.unwrap_or("{}"))
        .map_err(|error| invalid("tools/call", &error))?;
    add_meta(meta, options)?;
    Ok((name, arguments.map(|json| json.get().to_owned())))
}

fn invalid(method: &str, error: &serde_json::Error) -> JsonError {
    JsonError::Params(format!("a plugin for tools cannot be asked of this `{method}`: {error}"))
}

/// Joins the `_meta` of parameters and that of the options, which takes precedence.
fn add_meta(meta: Option<&RawValue>, options: &mut CallOptions) -> Result<(), JsonError> {
    let Some(meta) = meta else { return Ok(()) };
    let members = |json| {
        serde_json::from_str::<BTreeMap<String, &RawValue>>(json)
            .map_err(|error| JsonError::Params(format!("`_meta` is no object: {error}")))
    };
    let mut joined = members(meta.get())?;
    let given = options.meta.take().unwrap_or_else(|| "{}".to_owned());
    joined.extend(members(&given)?);
    options.meta = Some(written(&joined)?);
    Ok(())
}

/// `ListToolsResult`
pub(crate) fn tool_page(page: ToolPage) -> Result<String, JsonError> {
    let ToolPage { tools, next_cursor } = page;
    let tools = tools.into_iter().map(WireTool::of).collect::<Result<_, _>>()?;
    written(&WirePage { tools, next_cursor })
}

/// `CallToolResult`
pub(crate) fn tool_result(result: ToolResult) -> Result<String, JsonError> {
    let ToolResult { content, structured, is_error } = result;
    written(&WireResult {
        content: content.into_iter().map(WireContent::of).collect::<Result<_, _>>()?,
        structured_content: structured.map(raw).transpose()?,
        is_error,
    })
}

/// Whether every JSON text of a page is one.
pub(crate) fn check_page(page: &ToolPage) -> Result<(), JsonError> {
    page.tools.iter().try_for_each(|tool| {
        let Tool { input_schema, output_schema, annotations, .. } = tool;
        let optional = [output_schema, annotations].into_iter().flatten();
        [input_schema].into_iter().chain(optional).try_for_each(|json| check(json))
    })
}

/// Whether every JSON text of a result is one.
pub(crate) fn check_result(result: &ToolResult) -> Result<(), JsonError> {
    let mut others = result.content.iter().filter_map(|content| match content {
        Content::Other(json) => Some(json),
        _ => None,
    });
    others.try_for_each(|json| check(json))?;
    result.structured.iter().try_for_each(|json| check(json))
}

fn check(json: &str) -> Result<(), JsonError> {
    serde_json::from_str::<serde::de::IgnoredAny>(json).map(drop).map_err(JsonError::Plugin)
}

fn raw(json: String) -> Result<Box<RawValue>, JsonError> {
    RawValue::from_string(json).map_err(JsonError::Plugin)
}

fn written(value: &impl Serialize) -> Result<String, JsonError> {
    serde_json::to_string(value).map_err(JsonError::Plugin)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePage {
    tools: Vec<WireTool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireTool {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    input_schema: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Box<RawValue>>,
}

impl WireTool {
    fn of(tool: Tool) -> Result<Self, JsonError> {
        Ok(Self {
            name: tool.name,
            title: tool.title,
            description: tool.description,
            input_schema: raw(tool.input_schema)?,
            output_schema: tool.output_schema.map(raw).transpose()?,
            annotations: tool.annotations.map(raw).transpose()?,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireResult {
    content: Vec<WireContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_content: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_error: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WireContent {
    Known(WireBlock),
    Other(Box<RawValue>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WireBlock {
    Text { text: String },
    Image(WireBinary),
    Audio(WireBinary),
    ResourceLink(WireLink),
    Resource { resource: WireContents },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireBinary {
    data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireLink {
    uri: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireContents {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob: Option<String>,
}

impl WireContent {
    fn of(content: Content) -> Result<Self, JsonError> {
        Ok(Self::Known(match content {
            Content::Text(text) => WireBlock::Text { text },
            Content::Image(binary) => WireBlock::Image(WireBinary::of(binary)),
            Content::Audio(binary) => WireBlock::Audio(WireBinary::of(binary)),
            Content::ResourceLink(link) => WireBlock::ResourceLink(WireLink::of(link)),
            Content::Embedded(contents) => {
                WireBlock::Resource { resource: WireContents::of(contents) }
            }
            Content::Other(json) => return Ok(Self::Other(raw(json)?)),
        }))
    }
}

impl WireBinary {
    fn of(BinaryContent { data, mime_type }: BinaryContent) -> Self {
        Self { data: STANDARD.encode(data), mime_type }
    }
}

impl WireLink {
    fn of(link: ResourceLink) -> Self {
        let ResourceLink { uri, name, title, description, mime_type, size } = link;
        Self { uri, name, title, description, mime_type, size }
    }
}

impl WireContents {
    fn of(contents: ResourceContents) -> Self {
        let ResourceContents { uri, mime_type, body } = contents;
        let (text, blob) = match body {
            ResourceBody::Text(text) => (Some(text), None),
            ResourceBody::Blob(bytes) => (None, Some(STANDARD.encode(bytes))),
        };
        Self { uri, mime_type, text, blob }
    }
}
