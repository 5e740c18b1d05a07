//! `tools/list` and `tools/call`.

use core::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::content::{Content, parse_all, spelled_text};
use super::{Oddities, Reading, member, page};
use crate::json_string::unescape;
use crate::json_text::{Members, Picked, cut, from_object, range_within};

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

impl ToolPage {
    /// Reads a `ListToolsResult`.
    #[must_use]
    pub fn parse(json: &str) -> Reading<Self> {
        let mut odd = Oddities::of("tools/list");
        let (tools, next_cursor) = page(json, "tools", &mut odd, &mut Tool::read);
        odd.with(Self { tools, next_cursor })
    }
}

impl Tool {
    /// Reads a tool. One without a name could not be called.
    fn read(json: &str, odd: &mut Oddities) -> Option<Self> {
        let names = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];
        let values = Picked::from(json, names).map(|picked| picked.values).unwrap_or_default();
        let [name, title, description, input_schema, output_schema, annotations] = values;
        let Some(name) = member::string(name) else {
            odd.note("a tool without a name is left out", json);
            return None;
        };
        Some(Self {
            name,
            title: member::string(title),
            description: member::string(description),
            // Arguments are an object always, and a server that says no more accepts any.
            input_schema: member::json(input_schema).unwrap_or_else(|| ANY_OBJECT.to_owned()),
            output_schema: member::json(output_schema),
            annotations: member::json(annotations),
        })
    }
}

/// The schema of arguments of which nothing is known.
const ANY_OBJECT: &str = r#"{"type":"object"}"#;

impl ToolResult {
    /// Reads a `CallToolResult`.
    #[must_use]
    pub fn parse(json: String) -> Reading<Self> {
        let mut odd = Oddities::of("tools/call");
        if let Some(lone) = LoneText::find(&json) {
            return odd.with(lone.take_from(json));
        }
        let names = ["content", "structuredContent", "isError"];
        let result = match Picked::from(&json, names) {
            Ok(Picked { values: [content, structured, is_error], .. }) => Self {
                content: parse_all(content, &mut odd),
                structured: member::json(structured),
                is_error: member::flag(is_error),
            },
            // It is what the tool returned, whatever it is.
            Err(_) => Self {
                content: parse_all(Some(&json), &mut odd),
                structured: None,
                is_error: false,
            },
        };
        odd.with(result)
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

    fn take_from(self, json: String) -> ToolResult {
        let Self { spelled, structured, is_error } = self;
        // The text is from a message that was checked, so its escapes are some.
        let text = unescape(cut(json, spelled)).unwrap_or_default();
        ToolResult { content: vec![Content::Text(text)], structured, is_error }
    }
}
