//! The resources of the demo server: one text, one blob and one template.

use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};

const README_URI: &str = "demo://readme";
const PIXEL_URI: &str = "demo://pixel";
const GREETING_TEMPLATE: &str = "demo://greeting/{name}";
const GREETING_PREFIX: &str = "demo://greeting/";

const README: &str =
    "This is the Sandbar demo server. Call `echo`, watch `count`, cancel `slow`.\n";

/// A PNG of one transparent pixel, in base64 as MCP carries binary contents.
const PIXEL_PNG_BASE64: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub(super) fn list() -> Vec<Resource> {
    vec![
        Resource::new(README_URI, "readme")
            .with_description("What this server is for")
            .with_mime_type("text/plain"),
        Resource::new(PIXEL_URI, "pixel")
            .with_description("A PNG of one transparent pixel")
            .with_mime_type("image/png"),
    ]
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(GREETING_TEMPLATE, "greeting")
            .with_description("A greeting for the name in the address")
            .with_mime_type("text/plain"),
    ]
}

/// The contents behind `uri`, or the error that the specification asks for when there are none.
pub(super) fn read(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let contents = match uri {
        README_URI => ResourceContents::text(README, uri),
        PIXEL_URI => ResourceContents::blob(PIXEL_PNG_BASE64, uri).with_mime_type("image/png"),
        _ => greeting(uri).ok_or_else(|| unknown(uri))?,
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

fn greeting(uri: &str) -> Option<ResourceContents> {
    let name = uri.strip_prefix(GREETING_PREFIX)?;
    let is_one_segment = !name.is_empty() && !name.contains('/');
    is_one_segment.then(|| ResourceContents::text(format!("Hello, {name}!"), uri))
}

fn unknown(uri: &str) -> ErrorData {
    ErrorData::resource_not_found("no such resource", Some(serde_json::json!({ "uri": uri })))
}
