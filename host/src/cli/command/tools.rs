//! `sandbar tools`

use crate::cli::args::ListArgs;
use crate::cli::connection::with_session;
use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::cli::tool_list::ToolList;
use crate::cli::{exit, output, pages};

/// Lists the tools.
pub(crate) async fn run(args: &ListArgs) -> Result<u8, Failure> {
    let console = Console::new(args.server.output);
    with_session(&args.server, &console, async |session| {
        if args.server.output.json {
            output::json(pages::all(session, &console, pages::TOOLS).await?.as_str())?;
            return Ok(exit::OK);
        }
        let tools = ToolList::ask(session).await?;
        if tools.is_empty() {
            console.note("the server has no tools");
        } else {
            output::text(&tools.describe())?;
        }
        Ok(exit::OK)
    })
    .await
}
