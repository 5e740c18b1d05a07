//! `sandbar prompts`

use crate::cli::args::ListArgs;
use crate::cli::connection::with_session;
use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::cli::prompt_list::PromptList;
use crate::cli::{exit, output, pages};

/// Lists the prompts.
pub(crate) async fn run(args: &ListArgs) -> Result<u8, Failure> {
    let console = Console::new(args.server.output);
    with_session(&args.server, &console, async |session| {
        if args.server.output.json {
            output::json(pages::all(session, &console, pages::PROMPTS).await?.as_str())?;
            return Ok(exit::OK);
        }
        let prompts = PromptList::ask(session).await?;
        if prompts.is_empty() {
            console.note("the server has no prompts");
        } else {
            output::text(&prompts.describe())?;
        }
        Ok(exit::OK)
    })
    .await
}
