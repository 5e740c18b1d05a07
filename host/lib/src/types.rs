//! The records of MCP, as they come out of the sandbox.
//!
//! Every `json` in them is a JSON text that the sandbox has checked; nothing in
//! the host parses it.

pub use crate::sandbox::bindings::mcp::{
    BinaryContent, Content, Era, Implementation, Progress, Prompt, PromptArgument, PromptMessage,
    PromptResult, ResourceBody, ResourceContents, ResourceLink, ServerDescription, Tool,
    ToolResult,
};
