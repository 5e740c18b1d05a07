//! Results in types, where that helps: one for each typed operation of `sandbar:mcp/client`.
//!
//! Members that nobody knows are ignored here; they survive in the JSON text, which is always to
//! be had. A missing member is [`Error::InvalidMessage`] that names it.

use serde::Deserialize;

use crate::error::Error;
use crate::json_text::from_object;

mod content;
mod prompts;
mod resources;
mod tools;

pub use content::{BinaryContent, Content};
pub use prompts::{Prompt, PromptArgument, PromptMessage, PromptPage, PromptResult};
pub use resources::{
    ResourceBody, ResourceContents, ResourceLink, ResourcePage, parse_resource_contents,
};
pub use tools::{Tool, ToolPage, ToolResult};

/// Reads a JSON text that answers `method`.
fn parse<'a, T: Deserialize<'a>>(json: &'a str, method: &str) -> Result<T, Error> {
    from_object(json)
        .map_err(|error| Error::InvalidMessage(format!("the result of `{method}`: {error}")))
}

#[cfg(test)]
mod tests;
