//! Contents for people. Programs use `--json`.

use sandbar::types::{
    BinaryContent, Content, PromptResult, ResourceBody, ResourceContents, ResourceLink, ToolResult,
};

/// A content block: text as it is, anything else as a line about it.
pub(crate) fn content(content: &Content) -> String {
    match content {
        Content::Text(text) => text.clone(),
        Content::Image(image) => binary("image", image),
        Content::Audio(audio) => binary("audio", audio),
        Content::ResourceLink(link) => resource_link(link),
        Content::Embedded(contents) => resource_contents(contents),
        Content::Other(json) => json.clone(),
    }
}

/// The result of a tool: its contents, or its structured content where those have no text.
pub(crate) fn tool_result(result: &ToolResult) -> String {
    let mut blocks: Vec<_> = result.content.iter().map(content).collect();
    let has_text = result.content.iter().any(|content| matches!(content, Content::Text(_)));
    if !has_text {
        blocks.extend(result.structured.clone());
    }
    blocks.join("\n")
}

/// The contents of a resource.
pub(crate) fn resource_contents(contents: &ResourceContents) -> String {
    match &contents.body {
        ResourceBody::Text(text) => text.clone(),
        ResourceBody::Blob(bytes) => {
            placeholder("resource", contents.mime_type.as_deref(), bytes.len())
        }
    }
}

/// The messages of a prompt, each after its role.
pub(crate) fn prompt_result(result: &PromptResult) -> String {
    let messages: Vec<_> = result
        .messages
        .iter()
        .map(|message| format!("{}: {}", message.role, content(&message.content)))
        .collect();
    messages.join("\n")
}

/// A resource in a list or a result.
pub(crate) fn resource_link(link: &ResourceLink) -> String {
    let name = link.title.as_deref().unwrap_or(&link.name);
    let size = link.size.map(|size| format!("{size} bytes"));
    let facts: Vec<_> = link.mime_type.clone().into_iter().chain(size).collect();
    match facts.as_slice() {
        [] => format!("{}  {name}", link.uri),
        facts => format!("{}  {name} ({})", link.uri, facts.join(", ")),
    }
}

fn binary(kind: &str, content: &BinaryContent) -> String {
    placeholder(kind, content.mime_type.as_deref(), content.data.len())
}

fn placeholder(kind: &str, mime_type: Option<&str>, bytes: usize) -> String {
    let mime_type = mime_type.unwrap_or("of unknown type");
    format!("[{kind} {mime_type}, {bytes} bytes; use --json to get it]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(content: Vec<Content>) -> ToolResult {
        ToolResult { content, structured: Some(r#"{"a":1}"#.to_owned()), is_error: false }
    }

    /// Catches bytes on a terminal.
    #[test]
    fn binary_content_is_a_line_about_it() {
        let mime_type = Some("image/png".to_owned());
        let image = Content::Image(BinaryContent { data: vec![0; 68], mime_type });
        assert_eq!(content(&image), "[image image/png, 68 bytes; use --json to get it]");
    }

    /// Catches a result that is shown twice, once as text and once as structured content, and one
    /// that is not shown at all.
    #[test]
    fn structured_content_stands_in_for_missing_text() {
        assert_eq!(tool_result(&result(vec![])), r#"{"a":1}"#);
        assert_eq!(tool_result(&result(vec![Content::Text("one".to_owned())])), "one");
    }
}
