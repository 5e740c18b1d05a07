//! `sandbar tools`

use crate::args::ListArgs;
use crate::connection::with_session;
use crate::console::Console;
use crate::failure::Failure;
use crate::tool_list::ToolList;
use crate::{exit, output, pages};

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
