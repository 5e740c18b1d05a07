//! `sandbar read`

use crate::args::ReadArgs;
use crate::connection::with_session;
use crate::console::Console;
use crate::failure::Failure;
use crate::json::{JsonObject, JsonText};
use crate::{content, exit, output};

/// Reads the resource.
pub(crate) async fn run(args: &ReadArgs) -> Result<u8, Failure> {
    let console = Console::new(args.server.output);
    with_session(&args.server, &console, async |session| {
        if args.server.output.json {
            let params = JsonObject::default().with("uri", JsonText::string(&args.uri));
            let request = session.request("resources/read", Some(params.to_string()));
            output::json(&console.follow(request).await?)?;
            return Ok(exit::OK);
        }
        for contents in console.follow(session.read_resource(&args.uri)).await? {
            output::text(&content::resource_contents(&contents))?;
        }
        Ok(exit::OK)
    })
    .await
}
