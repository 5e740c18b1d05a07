//! `sandbar prompt`

use crate::args::PromptArgs;
use crate::arguments::GivenArguments;
use crate::connection::with_session;
use crate::console::Console;
use crate::failure::Failure;
use crate::json::{JsonObject, JsonText};
use crate::prompt_list::PromptList;
use crate::{content, exit, output};
use sandbar::{Error, RpcError, Session};
use std::io;

/// JSON-RPC 2.0 section 5.1: what servers answer to unknown prompts and to invalid arguments.
const INVALID_PARAMS: i64 = -32602;

/// Gets the prompt.
pub(crate) async fn run(args: &PromptArgs) -> Result<u8, Failure> {
    let values = &args.values;
    let given = GivenArguments::new(values.args.as_deref(), &values.assignments, io::stdin())?;
    let arguments = given.strings()?;
    let console = Console::new(args.server.output);
    with_session(&args.server, &console, async |session| {
        let printed = if args.server.output.json {
            raw(session, &console, &args.prompt, arguments).await
        } else {
            shown(session, &console, &args.prompt, arguments).await
        };
        match printed {
            Ok(()) => Ok(exit::OK),
            Err(failure) => Err(explain(session, &args.prompt, failure).await),
        }
    })
    .await
}

/// Prints the messages for people.
async fn shown(
    session: &Session,
    console: &Console,
    name: &str,
    arguments: JsonObject,
) -> Result<(), Failure> {
    let request = session.get_prompt(name, Some(arguments.to_string()));
    output::text(&content::prompt_result(&console.follow(request).await?))
}

/// Prints the result as it came.
async fn raw(
    session: &Session,
    console: &Console,
    name: &str,
    arguments: JsonObject,
) -> Result<(), Failure> {
    let params = JsonObject::default()
        .with("name", JsonText::string(name))
        .with("arguments", arguments.into());
    let request = session.request("prompts/get", Some(params.to_string()));
    output::json(&console.follow(request).await?)
}

/// Says why the server may have refused, if it tells its prompts.
async fn explain(session: &Session, name: &str, failure: Failure) -> Failure {
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
