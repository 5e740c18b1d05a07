//! `sandbar call`, `sandbar prompt`, `sandbar read`: one request, and its result for people or as it
//! came.

use crate::arguments::{GivenArguments, PromptList, ToolList};
use crate::connection::Server;
use crate::failure::{Failure, exit};
use crate::json::{JsonObject, JsonText};
use crate::show::{Console, stdout};
use sandbar::{Error, RpcError, Session};
use serde::Deserialize;

/// JSON-RPC 2.0 section 5.1: what servers answer to unknown names and to invalid arguments.
const INVALID_PARAMS: i64 = -32602;

/// Calls a tool.
pub(crate) async fn call(
    server: Server,
    name: &str,
    given: &GivenArguments,
) -> Result<u8, Failure> {
    let as_json = server.output.json;
    server
        .with_session(async |session, console| {
            ToolCall { session, console, name, given }.make(as_json).await
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
            let printed = if as_json {
                let params = named(name, arguments);
                raw(session, console, "prompts/get", params).await.map(drop)
            } else {
                let request = session.get_prompt(name, Some(arguments.to_string()));
                let shown = console.follow(request).await.map_err(Failure::Session);
                shown.and_then(|result| stdout::text(&stdout::prompt_result(&result)))
            };
            match printed {
                Ok(()) => Ok(exit::OK),
                Err(failure) => Err(explain_prompt(session, name, failure).await),
            }
        })
        .await
}

/// Reads a resource.
pub(crate) async fn read(server: Server, uri: &str) -> Result<u8, Failure> {
    let as_json = server.output.json;
    server
        .with_session(async |session, console| {
            if as_json {
                let params = JsonObject::default().with("uri", JsonText::string(uri));
                raw(session, console, "resources/read", params).await?;
                return Ok(exit::OK);
            }
            for contents in console.follow(session.read_resource(uri)).await? {
                stdout::text(&stdout::resource_contents(&contents))?;
            }
            Ok(exit::OK)
        })
        .await
}

/// The parameters of a request for what has a name and takes arguments.
fn named(name: &str, arguments: JsonObject) -> JsonObject {
    JsonObject::default().with("name", JsonText::string(name)).with("arguments", arguments.into())
}

/// Prints the result of a request as it came, and returns it.
async fn raw(
    session: &Session,
    console: &Console,
    method: &str,
    params: JsonObject,
) -> Result<String, Failure> {
    let result = console.follow(session.request(method, Some(params.to_string()))).await?;
    stdout::json(&result)?;
    Ok(result)
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
        let text = stdout::tool_result(&result);
        if !text.is_empty() {
            stdout::text(&text)?;
        }
        Ok(result.is_error)
    }

    /// Prints the result as it came. Returns whether the tool reported an error.
    async fn raw(&self, arguments: JsonObject) -> Result<bool, Failure> {
        let params = named(self.name, arguments);
        let result = raw(self.session, self.console, "tools/call", params).await;
        // Unlike other requests it may have had its effect.
        let result = result.map_err(|failure| match failure {
            Failure::Session(error) => Failure::Effect(error),
            failure => failure,
        })?;
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
