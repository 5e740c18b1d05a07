//! `prompts/list` and `prompts/get`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Content;
use crate::error::Error;

/// One page of prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptPage {
    /// The prompts.
    pub prompts: Vec<Prompt>,
    /// What to ask the next page with.
    pub next_cursor: Option<String>,
}

/// A prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The name for programs.
    pub name: String,
    /// The name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it takes.
    pub arguments: Vec<PromptArgument>,
}

/// An argument of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptArgument {
    /// The name.
    pub name: String,
    /// What it means.
    pub description: Option<String>,
    /// Whether it must be given.
    pub required: bool,
}

/// A prompt filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptResult {
    /// What it is for.
    pub description: Option<String>,
    /// The messages, in order.
    pub messages: Vec<PromptMessage>,
}

/// A message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptMessage {
    /// Who says it: `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePage {
    prompts: Vec<WirePrompt>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct WirePrompt {
    name: String,
    title: Option<String>,
    description: Option<String>,
    arguments: Option<Vec<WireArgument>>,
}

#[derive(Deserialize)]
struct WireArgument {
    name: String,
    description: Option<String>,
    required: Option<bool>,
}

#[derive(Deserialize)]
struct WireResult<'a> {
    description: Option<String>,
    #[serde(borrow)]
    messages: Vec<WireMessage<'a>>,
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    role: String,
    #[serde(borrow)]
    content: &'a RawValue,
}

impl PromptPage {
    /// Reads a `ListPromptsResult`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidMessage`] where a required member is missing or of another type.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let page: WirePage = super::parse(json, "prompts/list")?;
        let prompts = page.prompts.into_iter().map(Prompt::from).collect();
        Ok(Self { prompts, next_cursor: page.next_cursor })
    }
}

impl From<WirePrompt> for Prompt {
    fn from(prompt: WirePrompt) -> Self {
        let arguments = prompt.arguments.unwrap_or_default();
        Self {
            name: prompt.name,
            title: prompt.title,
            description: prompt.description,
            arguments: arguments.into_iter().map(PromptArgument::from).collect(),
        }
    }
}

impl From<WireArgument> for PromptArgument {
    fn from(argument: WireArgument) -> Self {
        Self {
            name: argument.name,
            description: argument.description,
            required: argument.required.unwrap_or(false),
        }
    }
}

impl PromptResult {
    /// Reads a `GetPromptResult`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidMessage`] where a required member is missing or of another type, or where
    /// base64 is not.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let result: WireResult<'_> = super::parse(json, "prompts/get")?;
        let messages: Result<_, Error> = result
            .messages
            .into_iter()
            .map(|message| {
                let content = Content::parse(message.content.get())?;
                Ok(PromptMessage { role: message.role, content })
            })
            .collect();
        Ok(Self { description: result.description, messages: messages? })
    }
}
