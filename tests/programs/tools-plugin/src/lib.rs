//! A plugin for tools: it hides one, denies one, answers for one, and takes a word out of every result.

/// Generated from `wit/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code, differently linted on each target"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "sandbar:plugin/tools-plugin",
        with: { "sandbar:http/types@0.2.0": sandbar_exchange },
        generate_all,
    });
}

use bindings::exports::sandbar::plugin::tools::{Call, Decision, Guest};
use bindings::sandbar::mcp::types::{Content, ToolPage, ToolResult};

struct Plugin;

impl Guest for Plugin {
    fn listed(mut page: ToolPage) -> ToolPage {
        page.tools.retain(|tool| tool.name != "slow");
        page
    }

    fn calling(call: Call) -> Result<Decision, String> {
        match call.tool.as_str() {
            "fail" => Err("it only fails".to_owned()),
            "answered" => Ok(Decision::Answer(text("secret of the plugin", None))),
            "nonsense" => Ok(Decision::Answer(text("", Some("{".to_owned())))),
            "trap" => std::process::abort(),
            _ => Ok(Decision::Proceed(call)),
        }
    }

    fn called(call: Call, mut result: ToolResult) -> Result<ToolResult, String> {
        for content in &mut result.content {
            if let Content::Text(text) = content {
                *text = text.replace("secret", "[removed]");
            }
        }
        if call.arguments.as_deref().is_some_and(|arguments| arguments.contains("keep it")) {
            return Err("the result was to be kept".to_owned());
        }
        Ok(result)
    }
}

fn text(text: &str, structured: Option<String>) -> ToolResult {
    ToolResult { content: vec![Content::Text(text.to_owned())], structured, is_error: false }
}

bindings::export!(Plugin with_types_in bindings);
