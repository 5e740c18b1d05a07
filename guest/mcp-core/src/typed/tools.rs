//! `tools/list` and `tools/call`.

use core::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Content;
use super::content::{parse_all, spelled_text, text_of};
use crate::error::Error;
use crate::json_text::{Members, cut, from_object, range_within};

/// One page of tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolPage {
    /// The tools.
    pub tools: Vec<Tool>,
    /// What to ask the next page with.
    pub next_cursor: Option<String>,
}

/// A tool. Schemas and annotations are JSON texts as the server wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The name for programs.
    pub name: String,
    /// The name for people.
    pub title: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    pub input_schema: String,
    /// The JSON Schema of its structured result.
    pub output_schema: Option<String>,
    /// Hints, untrusted.
    pub annotations: Option<String>,
}

/// What a tool returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolResult {
    /// The content blocks.
    pub content: Vec<Content>,
    /// The JSON text of the structured result.
    pub structured: Option<String>,
    /// Whether the tool ran and failed.
    pub is_error: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePage<'a> {
    #[serde(borrow)]
    tools: Vec<WireTool<'a>>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTool<'a> {
    name: String,
    title: Option<String>,
    description: Option<String>,
    #[serde(borrow)]
    input_schema: &'a RawValue,
    #[serde(borrow)]
    output_schema: Option<&'a RawValue>,
    #[serde(borrow)]
    annotations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireResult<'a> {
    #[serde(borrow)]
    content: Vec<&'a RawValue>,
    #[serde(borrow)]
    structured_content: Option<&'a RawValue>,
    is_error: Option<bool>,
}

impl ToolPage {
    /// Reads a `ListToolsResult`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidMessage`] where a required member is missing or of another type.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let page: WirePage<'_> = super::parse(json, "tools/list")?;
        let tools = page.tools.into_iter().map(Tool::from).collect();
        Ok(Self { tools, next_cursor: page.next_cursor })
    }
}

impl From<WireTool<'_>> for Tool {
    fn from(tool: WireTool<'_>) -> Self {
        let text = |raw: &RawValue| raw.get().to_owned();
        Self {
            name: tool.name,
            title: tool.title,
            description: tool.description,
            input_schema: text(tool.input_schema),
            output_schema: tool.output_schema.map(text),
            annotations: tool.annotations.map(text),
        }
    }
}

impl ToolResult {
    /// Reads a `CallToolResult`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidMessage`] where a required member is missing or of another type, or where
    /// base64 is not.
    pub fn parse(json: String) -> Result<Self, Error> {
        if let Some(lone) = LoneText::find(&json) {
            return lone.take_from(json);
        }
        let result: WireResult<'_> = super::parse(&json, "tools/call")?;
        Ok(Self {
            content: parse_all(&result.content)?,
            structured: result.structured_content.map(|raw| raw.get().to_owned()),
            is_error: result.is_error.unwrap_or(false),
        })
    }
}

/// What most results are, and large ones above all: one text. It is found in one pass, and read
/// where it lies.
struct LoneText {
    spelled: Range<usize>,
    structured: Option<String>,
    is_error: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLoneText<'a> {
    #[serde(borrow)]
    content: (Members<'a>,),
    #[serde(borrow)]
    structured_content: Option<&'a RawValue>,
    is_error: Option<bool>,
}

impl LoneText {
    /// None for every other result, malformed ones included.
    fn find(json: &str) -> Option<Self> {
        let wire: WireLoneText<'_> = from_object(json).ok()?;
        Some(Self {
            spelled: range_within(json, spelled_text(&wire.content.0)?),
            structured: wire.structured_content.map(|raw| raw.get().to_owned()),
            is_error: wire.is_error.unwrap_or(false),
        })
    }

    fn take_from(self, json: String) -> Result<ToolResult, Error> {
        let Self { spelled, structured, is_error } = self;
        let text = text_of(cut(json, spelled))?;
        Ok(ToolResult { content: vec![Content::Text(text)], structured, is_error })
    }
}
