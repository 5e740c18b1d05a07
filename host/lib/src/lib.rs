//! An MCP client that lives in a WebAssembly sandbox.
//!
//! A [`Sandbar`] holds the compiled component; [`Sandbar::connect`] opens a
//! [`Session`] with one MCP server. Everything that parses what that server
//! sends runs in a sandbox of its own, whose only way out is the [`http`] dialer
//! under a policy: the origin of the URL that was given, and nothing else.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbar = sandbar::Sandbar::builder().build()?;
//! let session = sandbar.connect("http://127.0.0.1:3101/mcp").await?;
//! let result = session.call_tool("echo", Some(r#"{"message":"hi"}"#.into())).await?;
//! for content in result.content {
//!     println!("{content:?}");
//! }
//! session.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Cancel safety
//!
//! Dropping a [`Call`], or a future that waits for one, gives the call up: the
//! exchange with the server is dropped, and a legacy server is told. Dropping
//! the last clone of a [`Session`] closes it in the background. A future that
//! opens a session leaves nothing behind when it is dropped.

pub mod auth;
mod budget;
mod call;
mod changes;
mod channel;
mod connect;
pub mod error;
pub mod executor;
pub mod http;
mod limits;
mod operation;
pub mod pages;
mod sandbar;
mod sandbox;
mod serve;
mod session;
mod validation;
mod watch;

pub use call::{Call, Request};
pub use connect::ConnectOptions;
pub use error::{
    BuildError, Error, ExecutorError, HttpError, HttpFailure, PluginError, PluginFault,
    PluginProblem, Processed, RpcError, SandboxError, StatusError,
};
pub use sandbar::{Builder, Sandbar};
pub use sandbox::engine::check_cache_dir;
pub use sandbox::handler::{ElicitationAnswer, Handler, Notification, Root, ServerRequest};
pub use sandbox::limits::SandboxLimits;
pub use sandbox::plugins::grant::Grant;
pub use sandbox::plugins::limits::PluginLimits;
pub use sandbox::plugins::plugin::Plugin;
pub use sandbox::{components, handler};
pub use session::{Session, SessionStats};
pub use validation::{ValidationError, Violation};
pub use watch::{Interest, Watch};

/// The records of MCP, as they come out of the sandbox.
///
/// Every `json` in them is a JSON text that the sandbox has checked; nothing in
/// the host parses it.
pub mod types {
    pub use crate::sandbox::bindings::mcp::{
        BinaryContent, Change, Choice, ChoicesField, Content, Elicitation, Era, FieldKind, Form,
        FormField, Implementation, LogLevel, NumberField, Progress, Prompt, PromptArgument,
        PromptMessage, PromptResult, ResourceBody, ResourceContents, ResourceLink,
        ServerDescription, TextField, Tool, ToolResult, UrlElicitation,
    };
}

/// What README.md shows is compiled with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
