//! Whatever is JSON can be read in types, item by item: nothing that a tool returned is lost. The same
//! for what a server asks a user for, and what the user answers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbar_mcp_core::Elicitation;
use sandbar_mcp_core::typed::{
    PromptPage, PromptResult, ResourcePage, ToolPage, ToolResult, parse_resource_contents,
};
use serde_json::value::RawValue;

fuzz_target!(|text: &str| {
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return;
    }
    let _ = ToolPage::parse(text);
    let _ = ResourcePage::parse(text);
    let _ = PromptPage::parse(text);
    let _ = PromptResult::parse(text);
    let _ = parse_resource_contents(text, "u");
    let _ = ToolResult::parse(text.to_owned());
    if let Ok(blocks) = serde_json::from_str::<Vec<&RawValue>>(text) {
        let result = ToolResult::parse(format!(r#"{{"content":{text}}}"#)).value;
        assert_eq!(result.content.len(), blocks.len());
    }
    let params = format!(r#"{{"message":"m","requestedSchema":{text}}}"#);
    if let Ok(elicitation) = Elicitation::parse(Some(&params)) {
        for answer in [r#"{"action":"accept","content":{}}"#, text] {
            if let Ok(sent) = elicitation.complete(answer) {
                assert!(serde_json::from_str::<&RawValue>(&sent).is_ok(), "{sent}");
            }
        }
    }
});
