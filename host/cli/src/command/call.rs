//! `sandbar call`

use crate::args::CallArgs;
use crate::arguments::GivenArguments;
use crate::connection::with_session;
use crate::console::Console;
use crate::failure::Failure;
use crate::json::{JsonObject, JsonText};
use crate::tool_list::ToolList;
use crate::{content, exit, output};
use sandbar::{Error, RpcError, Session};
use serde::Deserialize;
use std::io;

/// JSON-RPC 2.0 section 5.1: what servers answer to unknown tools and to invalid arguments.
const INVALID_PARAMS: i64 = -32602;

/// Calls the tool.
pub(crate) async fn run(args: &CallArgs) -> Result<u8, Failure> {
    let values = &args.values;
    let given = GivenArguments::new(values.args.as_deref(), &values.assignments, io::stdin())?;
    let console = Console::new(args.server.output);
    with_session(&args.server, &console, async |session| {
        let call = ToolCall { session, console: &console, name: &args.tool, given: &given };
        call.make(args.server.output.json).await
    })
    .await
}

struct ToolCall<'a> {
    session: &'a Session,
    console: &'a Console,
    name: &'a str,
    given: &'a GivenArguments,
}

impl ToolCall<'_> {
    /// Makes the call, and prints what it returns. Asks for the list of tools only where it is
    /// needed: before the call to type arguments, after it to explain a failure.
    async fn make(&self, as_json: bool) -> Result<u8, Failure> {
        let mut known = None;
        let arguments = if self.given.need_schema() {
            let tools = known.insert(ToolList::ask(self.session).await?);
            tools.arguments(self.name, self.given)?
        } else {
            self.given.untyped()
        };
        let called = if as_json { self.raw(arguments).await } else { self.shown(arguments).await };
        match called {
            Ok(is_error) if !is_error => Ok(exit::OK),
            Ok(_is_error) => {
                self.suspect(known).await;
                Ok(exit::TOOL_ERROR)
            }
            Err(failure) => Err(self.explain(known, failure).await),
        }
    }

    /// Prints the result for people. Returns whether the tool reported an error.
    async fn shown(&self, arguments: JsonObject) -> Result<bool, Failure> {
        let request = self.session.call_tool(self.name, Some(arguments.to_string()));
        let result = self.console.follow(request).await.map_err(Failure::Effect)?;
        let text = content::tool_result(&result);
        if !text.is_empty() {
            output::text(&text)?;
        }
        Ok(result.is_error)
    }

    /// Prints the result as it came. Returns whether the tool reported an error.
    async fn raw(&self, arguments: JsonObject) -> Result<bool, Failure> {
        let params = JsonObject::default()
            .with("name", JsonText::string(self.name))
            .with("arguments", arguments.into());
        let request = self.session.request("tools/call", Some(params.to_string()));
        let result = self.console.follow(request).await.map_err(Failure::Effect)?;
        output::json(&result)?;
        let Outcome { is_error } = serde_json::from_str(&result).unwrap_or_default();
        Ok(is_error)
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

    /// Says what may be wrong with a call whose tool reported an error.
    async fn suspect(&self, known: Option<ToolList>) {
        if let Some(tools) = self.tools(known).await
            && let Some(text) = tools.suspect(self.name, self.given)
        {
            self.console.note(&text);
        }
    }

    /// The tools. What they are needed for is an explanation: one that fails is none.
    async fn tools(&self, known: Option<ToolList>) -> Option<ToolList> {
        match known {
            Some(tools) => Some(tools),
            None => ToolList::ask(self.session).await.ok(),
        }
    }
}

/// The one member of a raw result that the exit code depends on. Results without it succeeded.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Outcome {
    #[serde(rename = "isError")]
    is_error: bool,
}
