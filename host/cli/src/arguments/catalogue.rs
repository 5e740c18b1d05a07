//! The tools and prompts of a server: to show, and to explain what went wrong with one.

use crate::arguments::mismatch::nearest;
use crate::arguments::{GivenArguments, InputSchema, Mismatch};
use crate::failure::{Entity, Failure};
use crate::json::JsonObject;
use crate::limits::{COLUMN_CHARACTERS, LISTED_NAMES};
use crate::show::stdout::heading;
use crate::show::visible_line;
use sandbar::types::{Prompt, Tool};
use sandbar::{Error, Session};

/// Everything of a kind that the server lists.
#[derive(Debug)]
pub(crate) struct Catalogue<T>(Vec<T>);

/// Every tool that the server lists.
pub(crate) type ToolList = Catalogue<Tool>;

/// Every prompt that the server lists.
pub(crate) type PromptList = Catalogue<Prompt>;

/// What is called by its name, with arguments.
pub(crate) trait Entry {
    /// What it is.
    const ENTITY: Entity;

    fn name(&self) -> &str;

    fn title(&self) -> Option<&str>;

    fn description(&self) -> Option<&str>;

    /// The arguments that it takes.
    fn parameters(&self) -> Vec<Parameter>;
}

impl Entry for Tool {
    const ENTITY: Entity = Entity::Tool;

    fn name(&self) -> &str {
        &self.name
    }

    fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    fn parameters(&self) -> Vec<Parameter> {
        InputSchema::parse(&self.input_schema).parameters()
    }
}

impl Entry for Prompt {
    const ENTITY: Entity = Entity::Prompt;

    fn name(&self) -> &str {
        &self.name
    }

    fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Strings, all of them.
    fn parameters(&self) -> Vec<Parameter> {
        self.arguments
            .iter()
            .map(|argument| Parameter {
                name: argument.name.clone(),
                kind: "string".to_owned(),
                required: argument.required,
                values: Vec::new(),
                default: None,
                description: argument.description.clone(),
            })
            .collect()
    }
}

impl<T: Entry> Catalogue<T> {
    /// All of it, for people.
    pub(crate) fn describe(&self) -> String {
        let entries: Vec<_> = self
            .0
            .iter()
            .map(|entry| {
                let heading = heading(entry.name(), entry.title(), entry.description());
                let arguments = table(&entry.parameters(), "    ");
                if arguments.is_empty() { heading } else { format!("{heading}\n{arguments}") }
            })
            .collect();
        entries.join("\n")
    }

    /// Why the server refused what goes by this name with invalid parameters (-32602).
    pub(crate) fn explain(&self, name: &str, source: Error) -> Failure {
        let Some(entry) = self.find(name) else { return self.unknown(name) };
        let (name, source, details) = (name.to_owned(), Box::new(source), accepts(entry));
        Failure::Refused { entity: T::ENTITY, name, source, details }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|entry| entry.name() == name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(T::name)
    }

    fn unknown(&self, name: &str) -> Failure {
        let nearest = nearest(name, self.names());
        let details = match nearest.and_then(|nearest| self.find(nearest)) {
            Some(entry) => accepts(entry),
            None => listed(T::ENTITY, self.names()),
        };
        let (entity, nearest) = (T::ENTITY, nearest.map(str::to_owned));
        Failure::Unknown { entity, name: name.to_owned(), nearest, details }
    }
}

impl PromptList {
    /// Asks the server.
    pub(crate) async fn ask(session: &Session) -> Result<Self, Error> {
        session.list_prompts().await.map(Self)
    }

    /// Whether a prompt takes these arguments; what servers do with others, nobody sees.
    pub(crate) fn check(&self, name: &str, arguments: &JsonObject) -> Result<(), Failure> {
        let prompt = self.find(name).ok_or_else(|| self.unknown(name))?;
        let known = || prompt.arguments.iter().map(|argument| argument.name.as_str());
        let odd = arguments.iter().map(|(name, _)| name).find(|name| known().all(|k| k != *name));
        let missing: Vec<_> = prompt
            .arguments
            .iter()
            .filter(|argument| argument.required && arguments.get(&argument.name).is_none())
            .map(|argument| argument.name.clone())
            .collect();
        let mismatch = match odd {
            Some(odd) => {
                let nearest = nearest(odd, known()).map(str::to_owned);
                Mismatch::Unknown { name: odd.to_owned(), nearest }
            }
            None if !missing.is_empty() => Mismatch::Missing { names: missing },
            None => return Ok(()),
        };
        let (entity, name, details) = (Entity::Prompt, name.to_owned(), accepts(prompt));
        Err(Failure::Mismatch { entity, name, mismatch: Box::new(mismatch), details })
    }
}

impl ToolList {
    /// Asks the server.
    pub(crate) async fn ask(session: &Session) -> Result<Self, Error> {
        session.list_tools().await.map(Self)
    }

    /// The arguments for a tool, as its schema types them.
    pub(crate) fn arguments(
        &self,
        name: &str,
        given: &GivenArguments,
    ) -> Result<JsonObject, Failure> {
        let tool = self.find(name).ok_or_else(|| self.unknown(name))?;
        given.typed(&InputSchema::parse(&tool.input_schema)).map_err(|mismatch| {
            let (entity, name, details) = (Entity::Tool, name.to_owned(), accepts(tool));
            Failure::Mismatch { entity, name, mismatch: Box::new(mismatch), details }
        })
    }

    /// What is wrong with a call whose tool reported an error, where something is: many servers
    /// report unknown tools and invalid arguments that way.
    pub(crate) fn suspect(&self, name: &str, given: &GivenArguments) -> Option<String> {
        let Some(tool) = self.find(name) else { return Some(self.unknown(name).to_string()) };
        let mismatch: Mismatch = given.typed(&InputSchema::parse(&tool.input_schema)).err()?;
        Some(format!(
            "the arguments do not fit the schema of `{name}`: {mismatch}\n{}",
            accepts(tool)
        ))
    }
}

/// The arguments of an entry, for people.
fn accepts(entry: &impl Entry) -> String {
    let (name, parameters) = (entry.name(), entry.parameters());
    if parameters.is_empty() {
        return format!("`{name}` takes no arguments");
    }
    format!("arguments of `{name}`:\n{}", table(&parameters, "  "))
}

/// The first names of a list.
fn listed<'a>(entity: Entity, names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.take(LISTED_NAMES + 1).collect();
    if names.len() > LISTED_NAMES {
        names.truncate(LISTED_NAMES);
        names.push("...");
    }
    if names.is_empty() {
        format!("there are no {entity}s")
    } else {
        format!("{entity}s: {}", names.join(", "))
    }
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// The types that it may have.
    pub(crate) kind: String,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// What it may be, where that is listed: one more than are shown where there are more.
    pub(crate) values: Vec<String>,
    /// What it is when it is not given.
    pub(crate) default: Option<String>,
    /// What it is.
    pub(crate) description: Option<String>,
}

impl Parameter {
    /// What there is to say of it besides name and type, on one line.
    fn about(&self) -> String {
        let description = self.description.as_deref().and_then(|text| text.lines().next());
        let shown = self.values.len().min(LISTED_NAMES);
        let more = if self.values.len() > shown { ", ..." } else { "" };
        let values = self.values.get(..shown).unwrap_or_default().join(", ");
        let values = (shown > 0).then(|| format!("one of {values}{more}"));
        let default = self.default.as_ref().map(|default| format!("default {default}"));
        let parts: Vec<_> =
            description.map(str::to_owned).into_iter().chain(values).chain(default).collect();
        parts.join("; ")
    }
}

/// One line for each argument, the columns aligned, each line indented by `indent`.
fn table(parameters: &[Parameter], indent: &str) -> String {
    let width = |of: fn(&Parameter) -> &str| {
        parameters.iter().map(|one| visible_line(of(one)).chars().count()).max().unwrap_or(0)
    };
    let width = |of| width(of).min(COLUMN_CHARACTERS);
    let (names, kinds) = (width(|one| &one.name), width(|one| &one.kind));
    let lines: Vec<_> = parameters
        .iter()
        .map(|one| {
            let (name, kind) = (visible_line(&one.name), visible_line(&one.kind));
            let required = if one.required { "required" } else { "optional" };
            let about = one.about();
            let about = visible_line(&about);
            let line = format!("{indent}{name:names$}  {kind:kinds$}  {required}  {about}");
            line.trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::arguments::Assignment;
    use sandbar::RpcError;
    use sandbar::types::PromptArgument;
    use std::io;

    fn tools() -> ToolList {
        let tool = |name: &str, properties: &str| Tool {
            name: name.to_owned(),
            title: None,
            description: Some(format!("What {name} does\nin detail")),
            input_schema: format!(r#"{{"properties":{{{properties}}},"required":["steps"]}}"#),
            output_schema: None,
            annotations: None,
        };
        Catalogue(vec![tool("count", r#""steps":{"type":"integer"}"#), tool("echo", "")])
    }

    fn given(assignment: &str) -> GivenArguments {
        let assignment = Assignment::parse(assignment).unwrap();
        GivenArguments::new(None, &[assignment], io::empty()).unwrap()
    }

    /// Catches an unknown tool that leaves the user to ask for the list.
    #[test]
    fn an_unknown_tool_names_the_nearest_and_its_schema() {
        let Err(Failure::Unknown { nearest, details, .. }) =
            tools().arguments("cuont", &given("steps=1"))
        else {
            panic!("`cuont` is a tool")
        };
        assert_eq!(nearest.as_deref(), Some("count"));
        assert!(details.contains("steps  integer  required"), "{details}");
    }

    /// Catches arguments that are refused without a word on which would not be.
    #[test]
    fn arguments_that_do_not_fit_show_the_schema() {
        let Err(Failure::Mismatch { mismatch, details, .. }) =
            tools().arguments("count", &given("steps=many"))
        else {
            panic!("`many` is a number")
        };
        assert!(matches!(*mismatch, Mismatch::Type { .. }));
        assert!(details.contains("steps  integer  required"), "{details}");
    }

    /// Catches an explanation that drops what the server itself said.
    #[test]
    fn a_refusal_keeps_the_words_of_the_server() {
        let error =
            Error::Rpc(RpcError { code: -32602, message: "too many".to_owned(), data: None });
        let failure = tools().explain("count", error);
        let source = std::error::Error::source(&failure).unwrap().to_string();
        assert!(source.contains("too many"), "{source}");
    }

    /// Catches a tool that is blamed on its arguments when they are fine.
    #[test]
    fn a_failing_tool_with_fitting_arguments_is_not_suspected() {
        assert_eq!(tools().suspect("count", &given("steps=1")), None);
        assert!(
            tools().suspect("count", &given("step=1")).unwrap().contains("did you mean `steps`")
        );
        assert!(
            tools().suspect("ecko", &given("steps=1")).unwrap().contains("did you mean `echo`")
        );
    }

    /// Catches an argument of a prompt that is misspelled, and that the server ignores.
    #[test]
    fn a_prompt_takes_the_arguments_that_it_lists() {
        let argument = |name: &str, required| PromptArgument {
            name: name.to_owned(),
            description: None,
            required,
        };
        let prompts = Catalogue(vec![Prompt {
            name: "greet".to_owned(),
            title: None,
            description: None,
            arguments: vec![argument("name", true), argument("tone", false)],
        }]);
        let check = |name: &str, arguments: &str| {
            prompts.check(name, &serde_json::from_str(arguments).unwrap())
        };
        check("greet", r#"{"name":"Ada"}"#).unwrap();
        for (name, arguments, word) in [
            ("greet", r#"{"name":"Ada","tome":"x"}"#, "did you mean `tone`?"),
            ("greet", r#"{"tone":"x"}"#, "missing: name"),
            ("great", "{}", "did you mean `greet`?"),
        ] {
            let failure = check(name, arguments).unwrap_err().to_string();
            assert!(failure.contains(word), "{failure}");
        }
    }

    /// Catches descriptions that fill the screen, and arguments that are left out.
    #[test]
    fn the_list_shows_a_line_and_the_arguments_of_each_tool() {
        let list = "count  What count does\n    steps  integer  required\necho  What echo does";
        assert_eq!(tools().describe(), list);
    }

    fn parameter(name: &str, required: bool, description: Option<&str>) -> Parameter {
        let (name, kind) = (name.to_owned(), "integer".to_owned());
        let description = description.map(str::to_owned);
        Parameter { name, kind, required, values: Vec::new(), default: None, description }
    }

    /// Catches columns that do not line up, and descriptions that break the table.
    #[test]
    fn columns_line_up_and_descriptions_stay_on_their_line() {
        let rows = [
            parameter("steps", true, Some("How many\nnot shown")),
            parameter("delay_ms", false, None),
            Parameter {
                values: vec!["a".to_owned(), "b".to_owned()],
                default: Some("a".to_owned()),
                ..parameter("mode", false, Some("How"))
            },
        ];
        let expected = concat!(
            "  steps     integer  required  How many\n",
            "  delay_ms  integer  optional\n",
            "  mode      integer  optional  How; one of a, b; default a",
        );
        assert_eq!(table(&rows, "  "), expected);
    }
}
