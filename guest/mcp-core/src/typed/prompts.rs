//! `prompts/list` and `prompts/get`.

use super::content::parse_all;
use super::{Content, Oddities, Reading, member, page};
use crate::json_text::{Picked, each_item};

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

impl PromptPage {
    /// Reads a `ListPromptsResult`.
    #[must_use]
    pub fn parse(json: &str) -> Reading<Self> {
        let mut odd = Oddities::of("prompts/list");
        let (prompts, next_cursor) = page(json, "prompts", &mut odd, &mut Prompt::read);
        odd.with(Self { prompts, next_cursor })
    }
}

impl Prompt {
    /// Reads a prompt. One without a name could not be asked for.
    fn read(json: &str, odd: &mut Oddities) -> Option<Self> {
        let names = ["name", "title", "description", "arguments"];
        let values = Picked::from(json, names).map(|picked| picked.values).unwrap_or_default();
        let [name, title, description, list] = values;
        let Some(name) = member::string(name) else {
            odd.note("a prompt without a name is left out", json);
            return None;
        };
        let mut arguments = Vec::new();
        if let Some(list) = member::present(list) {
            let mut take = |argument| arguments.extend(PromptArgument::read(argument, odd));
            if each_item(list, &mut take).is_err() {
                odd.note("`arguments` of a prompt is no list", list);
            }
        }
        let (title, description) = (member::string(title), member::string(description));
        Some(Self { name, title, description, arguments })
    }
}

impl PromptArgument {
    fn read(json: &str, odd: &mut Oddities) -> Option<Self> {
        let names = ["name", "description", "required"];
        let values = Picked::from(json, names).map(|picked| picked.values).unwrap_or_default();
        let [name, description, required] = values;
        let Some(name) = member::string(name) else {
            odd.note("an argument without a name is left out", json);
            return None;
        };
        let description = member::string(description);
        Some(Self { name, description, required: member::flag(required) })
    }
}

impl PromptResult {
    /// Reads a `GetPromptResult`.
    #[must_use]
    pub fn parse(json: &str) -> Reading<Self> {
        let mut odd = Oddities::of("prompts/get");
        let description = Picked::from(json, ["description"]).map(|picked| picked.values);
        let [description] = description.unwrap_or_default();
        let (messages, _) = page(json, "messages", &mut odd, &mut |json, odd| {
            Some(PromptMessage::read_all(json, odd))
        });
        odd.with(Self {
            description: member::string(description),
            messages: messages.into_iter().flatten().collect(),
        })
    }
}

impl PromptMessage {
    /// Reads a message. One that holds several blocks, as messages of models do, is as many.
    fn read_all(json: &str, odd: &mut Oddities) -> Vec<Self> {
        let picked = Picked::from(json, ["role", "content"]).map(|picked| picked.values);
        let (role, blocks) = match picked {
            Ok([role, content @ Some(_)]) => (member::string(role), parse_all(content, odd)),
            // What is said is there all the same.
            _ => (None, vec![Content::read(json, odd)]),
        };
        // Most prompts are for the user to say.
        let role = role.unwrap_or_else(|| "user".to_owned());
        blocks.into_iter().map(|content| Self { role: role.clone(), content }).collect()
    }
}
