//! `sandbar resources`

use crate::args::ListArgs;
use crate::connection::with_session;
use crate::console::Console;
use crate::failure::Failure;
use crate::{content, exit, output, pages};

/// Lists the resources.
pub(crate) async fn run(args: &ListArgs) -> Result<u8, Failure> {
    let console = Console::new(args.server.output);
    with_session(&args.server, &console, async |session| {
        if args.server.output.json {
            output::json(pages::all(session, &console, pages::RESOURCES).await?.as_str())?;
            return Ok(exit::OK);
        }
        let resources = session.list_resources().await?;
        if resources.is_empty() {
            console.note("the server has no resources");
        } else {
            let lines: Vec<_> = resources.iter().map(content::resource_link).collect();
            output::text(&lines.join("\n"))?;
        }
        Ok(exit::OK)
    })
    .await
}
