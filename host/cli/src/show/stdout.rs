//! Standard output: results for people, and JSON as the server wrote it.

use crate::failure::Failure;
use crate::json::JsonText;
use crate::show::{visible_json, visible_text};
use sandbar::types::{
    BinaryContent, Content, PromptResult, ResourceBody, ResourceContents, ResourceLink, ToolResult,
};
use std::io::{self, IsTerminal as _, Write as _};

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
    format!("[{kind} {mime_type}, {bytes} bytes; -o FILE writes it]")
}

/// Writes a text of the server, with a line break at its end. A file or a pipe gets every
/// character, a terminal none that it would obey.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    if io::stdout().is_terminal() { write(&visible_text(text)) } else { write(text) }
}

/// Writes JSON on one line, on a terminal without characters that it would obey.
pub(crate) fn json(json: &str) -> Result<(), Failure> {
    let line = JsonText::one_line(json);
    if io::stdout().is_terminal() { write(&visible_json(&line)) } else { write(&line) }
}

fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let line_break: &[u8] = if text.ends_with('\n') { b"" } else { b"\n" };
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.write_all(line_break))
        .and_then(|()| stdout.flush())
        .map_err(Failure::Output)
}

/// `name  Title: description`, of the description the first line.
pub(crate) fn heading(name: &str, title: Option<&str>, description: Option<&str>) -> String {
    let description = description.and_then(|text| text.trim_start().lines().next());
    match (title.filter(|title| *title != name), description) {
        (Some(title), Some(description)) => format!("{name}  {title}: {description}"),
        (Some(text), None) | (None, Some(text)) => format!("{name}  {text}"),
        (None, None) => name.to_owned(),
    }
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
        assert_eq!(content(&image), "[image image/png, 68 bytes; -o FILE writes it]");
    }

    /// Catches a result that is shown twice, once as text and once as structured content, and one
    /// that is not shown at all.
    #[test]
    fn structured_content_stands_in_for_missing_text() {
        assert_eq!(tool_result(&result(vec![])), r#"{"a":1}"#);
        assert_eq!(tool_result(&result(vec![Content::Text("one".to_owned())])), "one");
    }

    /// Catches separators around what is not there, and a title that repeats the name.
    #[test]
    fn what_is_missing_leaves_no_trace() {
        assert_eq!(heading("a", Some("A"), Some("\n does\nmore")), "a  A: does");
        assert_eq!(heading("a", Some("a"), Some("does")), "a  does");
        assert_eq!(heading("a", Some("A"), None), "a  A");
        assert_eq!(heading("a", None, None), "a");
    }
}
