//! The prompts of a server: to show, and to explain what went wrong with one.

use crate::arguments::{Parameter, table};
use crate::entry::heading;
use crate::failure::{Entity, Failure};
use crate::nearest::nearest;
use crate::tool_list::listed;
use sandbar::types::Prompt;
use sandbar::{Error, Session};

/// Every prompt that the server lists.
#[derive(Debug)]
pub(crate) struct PromptList(Vec<Prompt>);

impl PromptList {
    /// Asks the server.
    pub(crate) async fn ask(session: &Session) -> Result<Self, Error> {
        session.list_prompts().await.map(Self)
    }

    /// Whether there is none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, for people.
    pub(crate) fn describe(&self) -> String {
        let entries: Vec<_> = self
            .0
            .iter()
            .map(|prompt| {
                let (title, description) = (prompt.title.as_deref(), prompt.description.as_deref());
                let heading = heading(&prompt.name, title, description);
                let arguments = table(&parameters(prompt), "    ");
                if arguments.is_empty() { heading } else { format!("{heading}\n{arguments}") }
            })
            .collect();
        entries.join("\n")
    }

    /// Why the server refused a prompt with invalid parameters (-32602).
    pub(crate) fn explain(&self, name: &str, source: Error) -> Failure {
        let (entity, name) = (Entity::Prompt, name.to_owned());
        match self.find(&name) {
            Some(prompt) => {
                let (source, details) = (Box::new(source), accepts(prompt));
                Failure::Refused { entity, name, source, details }
            }
            None => {
                let nearest = nearest(&name, self.names());
                let details = match nearest.and_then(|nearest| self.find(nearest)) {
                    Some(prompt) => accepts(prompt),
                    None => listed("prompts", self.names()),
                };
                let nearest = nearest.map(str::to_owned);
                Failure::Unknown { entity, name, nearest, details }
            }
        }
    }

    fn find(&self, name: &str) -> Option<&Prompt> {
        self.0.iter().find(|prompt| prompt.name == name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|prompt| prompt.name.as_str())
    }
}

/// The arguments of a prompt, for people.
fn accepts(prompt: &Prompt) -> String {
    let parameters = parameters(prompt);
    if parameters.is_empty() {
        return format!("`{}` takes no arguments", prompt.name);
    }
    format!("arguments of `{}`:\n{}", prompt.name, table(&parameters, "  "))
}

/// The arguments of a prompt: strings, all of them.
fn parameters(prompt: &Prompt) -> Vec<Parameter> {
    prompt
        .arguments
        .iter()
        .map(|argument| Parameter {
            name: argument.name.clone(),
            kind: "string".to_owned(),
            required: argument.required,
            description: argument.description.clone(),
        })
        .collect()
}
