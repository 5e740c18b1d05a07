//! The typed results of the core as records of `wit/`.

use crate::bindings::sandbar::mcp::types as wit;
use sandbar_mcp_core::{self as core, typed};

pub(crate) fn tool_page(page: typed::ToolPage) -> wit::ToolPage {
    wit::ToolPage {
        tools: page.tools.into_iter().map(tool).collect(),
        next_cursor: page.next_cursor,
    }
}

fn tool(tool: typed::Tool) -> wit::Tool {
    wit::Tool {
        name: tool.name,
        title: tool.title,
        description: tool.description,
        input_schema: tool.input_schema,
        output_schema: tool.output_schema,
        annotations: tool.annotations,
    }
}

pub(crate) fn tool_result(result: typed::ToolResult) -> wit::ToolResult {
    wit::ToolResult {
        content: result.content.into_iter().map(content).collect(),
        structured: result.structured,
        is_error: result.is_error,
    }
}

fn content(content: typed::Content) -> wit::Content {
    match content {
        typed::Content::Text(text) => wit::Content::Text(text),
        typed::Content::Image(binary) => wit::Content::Image(binary_content(binary)),
        typed::Content::Audio(binary) => wit::Content::Audio(binary_content(binary)),
        typed::Content::ResourceLink(link) => wit::Content::ResourceLink(resource_link(link)),
        typed::Content::Embedded(contents) => wit::Content::Embedded(resource_contents(contents)),
        typed::Content::Other(json) => wit::Content::Other(json),
    }
}

fn binary_content(binary: typed::BinaryContent) -> wit::BinaryContent {
    wit::BinaryContent { data: binary.data, mime_type: binary.mime_type }
}

pub(crate) fn resource_page(page: typed::ResourcePage) -> wit::ResourcePage {
    wit::ResourcePage {
        resources: page.resources.into_iter().map(resource_link).collect(),
        next_cursor: page.next_cursor,
    }
}

fn resource_link(link: typed::ResourceLink) -> wit::ResourceLink {
    wit::ResourceLink {
        uri: link.uri,
        name: link.name,
        title: link.title,
        description: link.description,
        mime_type: link.mime_type,
        size: link.size,
    }
}

pub(crate) fn all_resource_contents(
    contents: Vec<typed::ResourceContents>,
) -> Vec<wit::ResourceContents> {
    contents.into_iter().map(resource_contents).collect()
}

fn resource_contents(contents: typed::ResourceContents) -> wit::ResourceContents {
    wit::ResourceContents {
        uri: contents.uri,
        mime_type: contents.mime_type,
        body: match contents.body {
            typed::ResourceBody::Text(text) => wit::ResourceBody::Text(text),
            typed::ResourceBody::Blob(bytes) => wit::ResourceBody::Blob(bytes),
        },
    }
}

pub(crate) fn prompt_page(page: typed::PromptPage) -> wit::PromptPage {
    wit::PromptPage {
        prompts: page.prompts.into_iter().map(prompt).collect(),
        next_cursor: page.next_cursor,
    }
}

fn prompt(prompt: typed::Prompt) -> wit::Prompt {
    wit::Prompt {
        name: prompt.name,
        title: prompt.title,
        description: prompt.description,
        arguments: prompt
            .arguments
            .into_iter()
            .map(|argument| wit::PromptArgument {
                name: argument.name,
                description: argument.description,
                required: argument.required,
            })
            .collect(),
    }
}

pub(crate) fn prompt_result(result: typed::PromptResult) -> wit::PromptResult {
    wit::PromptResult {
        description: result.description,
        messages: result
            .messages
            .into_iter()
            .map(|message| wit::PromptMessage {
                role: message.role,
                content: content(message.content),
            })
            .collect(),
    }
}

pub(crate) fn elicitation(elicitation: core::Elicitation) -> wit::Elicitation {
    match elicitation {
        core::Elicitation::Form(form) => wit::Elicitation::Form(wit::Form {
            message: form.message,
            fields: form.fields.into_iter().map(form_field).collect(),
        }),
        core::Elicitation::Url(url) => wit::Elicitation::Url(wit::UrlElicitation {
            message: url.message,
            url: url.url,
            id: url.id,
        }),
    }
}

fn form_field(field: core::FormField) -> wit::FormField {
    wit::FormField {
        name: field.name,
        title: field.title,
        description: field.description,
        required: field.required,
        default: field.default,
        kind: field_kind(field.kind),
    }
}

fn field_kind(kind: core::FieldKind) -> wit::FieldKind {
    use core::FieldKind;
    match kind {
        FieldKind::Text { min_length, max_length, format } => {
            wit::FieldKind::Text(wit::TextField { min_length, max_length, format })
        }
        FieldKind::Number { integer, minimum, maximum } => {
            let value = |bound: Option<core::Bound>| bound.map(|bound| bound.value);
            let (minimum, maximum) = (value(minimum), value(maximum));
            wit::FieldKind::Number(wit::NumberField { integer, minimum, maximum })
        }
        FieldKind::Boolean => wit::FieldKind::Boolean,
        FieldKind::Choice(among) => wit::FieldKind::Choice(choices(among)),
        FieldKind::Choices { among, min_items, max_items } => {
            let among = choices(among);
            wit::FieldKind::Choices(wit::ChoicesField { among, min_items, max_items })
        }
        FieldKind::Other(schema) => wit::FieldKind::Other(schema),
    }
}

fn choices(among: Vec<core::Choice>) -> Vec<wit::Choice> {
    let choice = |core::Choice { value, title }| wit::Choice { value, title };
    among.into_iter().map(choice).collect()
}
