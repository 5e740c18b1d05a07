//! `sandbar call`, `sandbar prompt`, `sandbar read`, `sandbar request`: one request, and its result for
//! people or as it came.

use crate::arguments::{GivenArguments, PromptList, ToolList};
use crate::commands::save;
use crate::connection::Server;
use crate::failure::{Failure, exit};
use crate::json::JsonObject;
use crate::show::{Console, stdout};
use sandbar::types::{PromptResult, ResourceContents, Tool, ToolResult};
use sandbar::{Error, Request, RpcError, Sandbar, Session, Violation};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// JSON-RPC 2.0 section 5.1: what servers answer to unknown names and to invalid arguments.
const INVALID_PARAMS: i64 = -32602;

/// Calls a tool.
pub(crate) async fn call(
    server: Server,
    name: &str,
    given: &GivenArguments,
    output: Option<PathBuf>,
    validate: bool,
) -> Result<u8, Failure> {
    let as_json = server.output.json;
    let promise = Promise { sandbar: server.sandbar.clone(), is_insisted_on: validate };
    server
        .with_session(async |session, console| {
            let printer = Printer { console, as_json };
            let output = output.as_deref();
            ToolCall { session, printer, name, given, output, promise }.make().await
        })
        .await
}

/// Gets a prompt.
pub(crate) async fn prompt(
    server: Server,
    name: &str,
    arguments: JsonObject,
) -> Result<u8, Failure> {
    let as_json = server.output.json;
    server
        .with_session(async |session, console| {
            if arguments.iter().next().is_some()
                && let Ok(prompts) = PromptList::ask(session).await
            {
                prompts.check(name, &arguments)?;
            }
            let request = session.get_prompt(name, Some(arguments.to_string()));
            let shown = |result: &PromptResult| vec![stdout::prompt_result(result)];
            match (Printer { console, as_json }).print(request, shown).await {
                Ok(_printed) => Ok(exit::OK),
                Err(failure) => Err(explain_prompt(session, name, failure).await),
            }
        })
        .await
}

/// Reads a resource.
pub(crate) async fn read(
    server: Server,
    uri: &str,
    output: Option<PathBuf>,
) -> Result<u8, Failure> {
    let as_json = server.output.json;
    server
        .with_session(async |session, console| {
            let shown = |contents: &Vec<ResourceContents>| match output {
                Some(_) => Vec::new(),
                None => contents.iter().map(stdout::resource_contents).collect(),
            };
            let request = session.read_resource(uri);
            let printed = Printer { console, as_json }.print(request, shown).await;
            let printed = printed.map_err(|failure| match failure {
                Failure::Session(error) => Failure::Resource(error),
                failure => failure,
            })?;
            if let (Printed::ForPeople(contents), Some(path)) = (&printed, &output) {
                save::save(console, path, &save::of_resource(contents))?;
            }
            Ok(exit::OK)
        })
        .await
}

/// Makes any request.
pub(crate) async fn request(
    server: Server,
    method: String,
    params: Option<JsonObject>,
) -> Result<u8, Failure> {
    server
        .with_session(async |session, console| {
            let params = params.map(|params| params.to_string());
            let result = console.follow(session.request(method, params)).await;
            // Nobody knows what a method of another's does.
            stdout::json(&result.map_err(Failure::Effect)?)?;
            Ok(exit::OK)
        })
        .await
}

/// Prints the results of requests, for people or as they came.
struct Printer<'a> {
    console: &'a Console,
    as_json: bool,
}

/// What was printed.
enum Printed<T> {
    ForPeople(T),
    AsItCame(String),
}

impl Printer<'_> {
    /// Makes a request, and prints its result; `shown` tells the texts of one for people.
    async fn print<T: Send + 'static>(
        &self,
        request: Request<T>,
        shown: impl FnOnce(&T) -> Vec<String>,
    ) -> Result<Printed<T>, Failure> {
        if self.as_json {
            let result = self.console.follow(request.raw()).await?;
            stdout::json(&result)?;
            return Ok(Printed::AsItCame(result));
        }
        let result = self.console.follow(request).await?;
        for text in shown(&result) {
            stdout::text(&text)?;
        }
        Ok(Printed::ForPeople(result))
    }
}

/// Says why the server may have refused a prompt, if it tells its prompts.
async fn explain_prompt(session: &Session, name: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Session(error @ Error::Rpc(RpcError { code: INVALID_PARAMS, .. })) => {
            match PromptList::ask(session).await {
                Ok(prompts) => prompts.explain(name, error),
                Err(_unexplained) => Failure::Session(error),
            }
        }
        failure => failure,
    }
}

struct ToolCall<'a> {
    session: &'a Session,
    printer: Printer<'a>,
    name: &'a str,
    given: &'a GivenArguments,
    /// Where what is no text goes, if anywhere.
    output: Option<&'a Path>,
    promise: Promise,
}

impl ToolCall<'_> {
    /// Makes the call, and prints what it returns. Asks for the list of tools only where it is
    /// needed: before the call to type arguments, after it to explain a failure.
    async fn make(&self) -> Result<u8, Failure> {
        let mut known = None;
        let arguments = if self.given.need_schema() {
            let tools = known.insert(ToolList::ask(self.session).await?);
            tools.arguments(self.name, self.given)?
        } else {
            self.given.untyped()
        };
        if self.promise.is_insisted_on && known.is_none() {
            known = Some(ToolList::ask(self.session).await?);
        }
        let request = self.session.call_tool(self.name, Some(arguments.to_string()));
        let outcome = match self.printer.print(request, shown).await {
            Ok(Printed::ForPeople(result)) => {
                if let Some(path) = self.output {
                    save::save(self.printer.console, path, &save::of_content(&result.content))?;
                }
                Outcome { is_error: result.is_error, structured: result.structured }
            }
            Ok(Printed::AsItCame(result)) => Outcome::of(&result),
            // Unlike other requests it may have had its effect.
            Err(Failure::Session(error)) => {
                return Err(self.explain(known, Failure::Effect(error)).await);
            }
            Err(failure) => return Err(failure),
        };
        if !outcome.is_error
            && let Some(tool) = known.as_ref().and_then(|tools| tools.find(self.name))
        {
            self.promise.check(self.printer.console, tool, outcome.structured.as_deref()).await?;
        }
        Ok(match outcome.is_error {
            true if self.suspect(known).await => exit::USAGE,
            true => exit::TOOL_ERROR,
            false => exit::OK,
        })
    }

    /// Says why the server may have refused the call, where its tools are known or it tells them.
    async fn explain(&self, known: Option<ToolList>, failure: Failure) -> Failure {
        match failure {
            Failure::Effect(error @ Error::Rpc(RpcError { code: INVALID_PARAMS, .. })) => {
                match self.tools(known).await {
                    Some(tools) => tools.explain(self.name, error),
                    None => Failure::Effect(error),
                }
            }
            failure => failure,
        }
    }

    /// Says what is wrong with a call whose tool reported an error, and whether anything is: the
    /// exit code is that of wrong usage then, whoever found it out.
    async fn suspect(&self, known: Option<ToolList>) -> bool {
        let tools = self.tools(known).await;
        let suspicion = tools.and_then(|tools| tools.suspect(self.name, self.given));
        if let Some(text) = &suspicion {
            self.printer.console.note(text);
        }
        suspicion.is_some()
    }

    /// The tools. What they are needed for is an explanation: one that fails is none.
    async fn tools(&self, known: Option<ToolList>) -> Option<ToolList> {
        match known {
            Some(tools) => Some(tools),
            None => ToolList::ask(self.session).await.ok(),
        }
    }
}

/// The members of a result that the exit code depends on. Results without them succeeded.
#[derive(Default)]
struct Outcome {
    is_error: bool,
    structured: Option<String>,
}

impl Outcome {
    /// Those of a result as it came.
    fn of(result: &str) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Members<'a> {
            #[serde(rename = "isError")]
            is_error: bool,
            #[serde(rename = "structuredContent", borrow)]
            structured: Option<&'a RawValue>,
        }
        let members: Members<'_> = serde_json::from_str(result).unwrap_or_default();
        let structured = members.structured.map(|value| value.get().to_owned());
        Self { is_error: members.is_error, structured }
    }
}

/// What a tool promises of its structured result (2025-11-25, "Tools", "Output Schema").
struct Promise {
    sandbar: Sandbar,
    /// Whether a result that breaks it is a failure, and not a warning.
    is_insisted_on: bool,
}

impl Promise {
    async fn check(
        &self,
        console: &Console,
        tool: &Tool,
        structured: Option<&str>,
    ) -> Result<(), Failure> {
        let Some(schema) = &tool.output_schema else {
            if self.is_insisted_on {
                console.note(&format!("the tool `{}` promises no structured result", tool.name));
            }
            return Ok(());
        };
        let judged = match structured {
            Some(structured) => self.sandbar.validate(schema, structured).await,
            None => {
                let problem = "there is no structured result".to_owned();
                Ok(vec![Violation { place: String::new(), problem }])
            }
        };
        let name = tool.name.clone();
        match judged {
            Ok(violations) if violations.is_empty() => Ok(()),
            Ok(violations) => {
                let broken = Failure::Promise { name, violations };
                if self.is_insisted_on {
                    return Err(broken);
                }
                console.note(&broken.to_string());
                Ok(())
            }
            Err(source) if self.is_insisted_on => Err(Failure::Schema { name, source }),
            Err(_unjudged) => Ok(()),
        }
    }
}

/// The text of a tool's result; none where it has nothing to show.
fn shown(result: &ToolResult) -> Vec<String> {
    Some(stdout::tool_result(result)).filter(|text| !text.is_empty()).into_iter().collect()
}
