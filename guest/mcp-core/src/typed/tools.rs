//! `tools/list` and `tools/call`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Content;
use super::content::{lone_text, parse_all, text};
use crate::error::Error;
use crate::json_text::{cut, range_within};

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
        let result: WireResult<'_> = super::parse(&json, "tools/call")?;
        let structured = result.structured_content.map(|raw| raw.get().to_owned());
        let is_error = result.is_error.unwrap_or(false);
        let content = match lone_text(&result.content)? {
            // What most results are, and large ones above all: it stays where it is.
            Some(spelled) => {
                let range = range_within(&json, spelled);
                vec![Content::Text(text(cut(json, range))?)]
            }
            None => parse_all(&result.content)?,
        };
        Ok(Self { content, structured, is_error })
    }
}
