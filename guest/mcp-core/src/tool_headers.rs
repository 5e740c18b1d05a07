//! Tool arguments mirrored into `Mcp-Param-*` fields (2026-07-28, "Custom Headers from Tool
//! Parameters").
//!
//! `tools/list` teaches which arguments of which tools those are. A tool whose annotations are
//! invalid is taken out of the list: it could not be called as the server expects.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::header_value;
use crate::json_text::ObjectText;
use crate::limits::{ANNOTATED_TOOLS, ANNOTATION_BYTES};
use sandbar_exchange::Field;

mod annotation;

use annotation::Annotation;

/// The annotations of the tools seen so far.
#[derive(Debug, Default)]
pub(crate) struct ToolHeaders {
    tools: BTreeMap<String, Vec<Annotation>>,
    bytes: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolOutline<'a> {
    name: String,
    #[serde(borrow)]
    input_schema: Option<&'a RawValue>,
}

/// The integers that a double holds exactly; the specification allows no others in a field.
const SAFE_INTEGER: i64 = (1 << 53) - 1;

impl ToolHeaders {
    /// Learns from a `ListToolsResult`. Returns the result without the tools to hide, or `None`
    /// where it can stay as it is.
    pub(crate) fn learn(&mut self, result: &str) -> Option<String> {
        let object = ObjectText::parse(result).ok()?;
        let tools: Vec<&RawValue> = serde_json::from_str(object.get("tools")?).ok()?;
        let valid: Vec<&str> =
            tools.iter().map(|tool| tool.get()).filter(|tool| self.learn_tool(tool)).collect();
        if valid.len() == tools.len() {
            return None;
        }
        let mut out = String::new();
        object.write_with(&mut out, &[("tools", &format!("[{}]", valid.join(",")))]);
        Some(out)
    }

    /// Learns from one tool; says whether it may be shown.
    fn learn_tool(&mut self, tool: &str) -> bool {
        // A tool that cannot be read is for the typed layer to complain about.
        let Ok(outline) = serde_json::from_str::<ToolOutline<'_>>(tool) else {
            return true;
        };
        self.forget(&outline.name);
        let schema = outline.input_schema.map_or("{}", RawValue::get);
        match annotation::find(schema) {
            Ok(annotations) if annotations.is_empty() => true,
            Ok(annotations) => self.remember(outline.name, annotations),
            Err(annotation::Invalid) => false,
        }
    }

    fn forget(&mut self, name: &str) {
        if let Some(annotations) = self.tools.remove(name) {
            self.bytes = self.bytes.saturating_sub(size(name, &annotations));
        }
    }

    fn remember(&mut self, name: String, annotations: Vec<Annotation>) -> bool {
        let bytes = self.bytes.saturating_add(size(&name, &annotations));
        if self.tools.len() >= ANNOTATED_TOOLS || bytes > ANNOTATION_BYTES {
            return false;
        }
        self.bytes = bytes;
        self.tools.insert(name, annotations);
        true
    }

    /// The fields for a call of `tool` with the JSON object `arguments`.
    pub(crate) fn fields(&self, tool: &str, arguments: Option<&str>) -> Result<Vec<Field>, Error> {
        let (Some(annotations), Some(arguments)) = (self.tools.get(tool), arguments) else {
            return Ok(Vec::new());
        };
        let arguments: Value = serde_json::from_str(arguments)
            .map_err(|error| Error::InvalidParams(format!("`arguments`: {error}")))?;
        let mut fields = Vec::new();
        for annotation in annotations {
            let value = annotation.path.iter().try_fold(&arguments, |value, key| value.get(key));
            if let Some(text) = value.map(mirrored).transpose()?.flatten() {
                let name = format!("mcp-param-{}", annotation.header.to_ascii_lowercase());
                fields.push(Field::new(&name, header_value::encode(&text)));
            }
        }
        Ok(fields)
    }
}

fn size(name: &str, annotations: &[Annotation]) -> usize {
    annotations.iter().map(Annotation::size).sum::<usize>() + name.len()
}

/// The text of a value; none for null and for what is not primitive.
fn mirrored(value: &Value) -> Result<Option<String>, Error> {
    Ok(match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(integer(number)?.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    })
}

/// An integer argument, also one that is spelled with a fraction of zero.
fn integer(number: &serde_json::Number) -> Result<i64, Error> {
    let safe = number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        // In range, the cast is exact.
        (float.abs() <= SAFE_INTEGER as f64).then_some(float as i64)
    });
    safe.filter(|integer| integer.abs() <= SAFE_INTEGER).ok_or_else(|| {
        Error::InvalidParams(format!("`{number}` is no integer that a header field may carry"))
    })
}

#[cfg(test)]
mod tests;
