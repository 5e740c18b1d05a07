//! The tools of a server: to show, and to explain what went wrong with a call.

use crate::arguments::{GivenArguments, InputSchema, Mismatch, table};
use crate::entry::heading;
use crate::failure::{Entity, Failure};
use crate::json::JsonObject;
use crate::limits::LISTED_NAMES;
use crate::nearest::nearest;
use sandbar::types::Tool;
use sandbar::{Error, Session};

/// Every tool that the server lists.
#[derive(Debug)]
pub(crate) struct ToolList(Vec<Tool>);

impl ToolList {
    /// Asks the server.
    pub(crate) async fn ask(session: &Session) -> Result<Self, Error> {
        session.list_tools().await.map(Self)
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
            .map(|tool| {
                let heading =
                    heading(&tool.name, tool.title.as_deref(), tool.description.as_deref());
                let arguments = table(&InputSchema::parse(&tool.input_schema).parameters(), "    ");
                if arguments.is_empty() { heading } else { format!("{heading}\n{arguments}") }
            })
            .collect();
        entries.join("\n")
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

    /// Why the server refused a call with invalid parameters (-32602).
    pub(crate) fn explain(&self, name: &str, source: Error) -> Failure {
        match self.find(name) {
            None => self.unknown(name),
            Some(tool) => {
                let (entity, name, details) = (Entity::Tool, name.to_owned(), accepts(tool));
                Failure::Refused { entity, name, source: Box::new(source), details }
            }
        }
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

    fn find(&self, name: &str) -> Option<&Tool> {
        self.0.iter().find(|tool| tool.name == name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|tool| tool.name.as_str())
    }

    fn unknown(&self, name: &str) -> Failure {
        let nearest = nearest(name, self.names());
        let details = match nearest.and_then(|nearest| self.find(nearest)) {
            Some(tool) => accepts(tool),
            None => listed("tools", self.names()),
        };
        let (entity, nearest) = (Entity::Tool, nearest.map(str::to_owned));
        Failure::Unknown { entity, name: name.to_owned(), nearest, details }
    }
}

/// The arguments of a tool, for people.
fn accepts(tool: &Tool) -> String {
    let parameters = InputSchema::parse(&tool.input_schema).parameters();
    if parameters.is_empty() {
        return format!("`{}` takes no arguments", tool.name);
    }
    format!("arguments of `{}`:\n{}", tool.name, table(&parameters, "  "))
}

/// The first names of a list.
pub(crate) fn listed<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.take(LISTED_NAMES + 1).collect();
    if names.len() > LISTED_NAMES {
        names.truncate(LISTED_NAMES);
        names.push("...");
    }
    if names.is_empty() {
        format!("there are no {what}")
    } else {
        format!("{what}: {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use crate::arguments::Assignment;
    use sandbar::RpcError;
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
        ToolList(vec![tool("count", r#""steps":{"type":"integer"}"#), tool("echo", "")])
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

    /// Catches descriptions that fill the screen, and arguments that are left out.
    #[test]
    fn the_list_shows_a_line_and_the_arguments_of_each_tool() {
        let list = "count  What count does\n    steps  integer  required\necho  What echo does";
        assert_eq!(tools().describe(), list);
    }
}
