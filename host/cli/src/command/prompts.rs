//! `sandbar prompts`

use crate::args::ListArgs;
use crate::connection::with_session;
use crate::console::Console;
use crate::failure::Failure;
use crate::prompt_list::PromptList;
use crate::{exit, output, pages};

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
