//! The smallest embedding: call a tool of an MCP server, sandboxed.
//!
//! ```sh
//! cargo run --release --example call_tool -- http://127.0.0.1:3101/mcp echo '{"message":"hi"}'
//! ```

use sandbar::Sandbar;
use sandbar::types::Content;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: call_tool URL TOOL [JSON]")?;
    let tool = arguments.next().ok_or("usage: call_tool URL TOOL [JSON]")?;

    let sandbar = Sandbar::builder().build()?;
    let session = sandbar.connect(&url).await?;

    let mut call = session.call_tool(tool, arguments.next()).with_progress().start().await?;
    while let Some(notification) = call.notification().await {
        eprintln!("{}: {}", notification.method, notification.params.unwrap_or_default());
    }
    for content in call.await?.content {
        match content {
            Content::Text(text) => println!("{text}"),
            other => println!("{other:?}"),
        }
    }
    session.close().await;
    Ok(())
}
