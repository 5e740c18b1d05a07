//! Plugins: what an operator puts between clients and their servers.
//!
//! - `exchanges`: what a plugin for HTTP sees, changes and denies, whoever dials
//! - `tools`: the same of one for tools
//! - `failing`: what a plugin breaks
//! - `refused`: what is none, or wants more than it may have

mod exchanges;
mod failing;
mod refused;
mod tools;

use crate::executor::in_memory;
use crate::support::fault::{McpScript, Response, Script};
use crate::support::fault_server::FaultServer;
use crate::support::sandbox;
use sandbar::executor::Target;
use sandbar::http::Proxies;
use sandbar::{Builder, Error, HttpError, Plugin, Processed};
use sandbar_test_programs::{HTTP_PLUGIN, TOOLS_PLUGIN};

const ANSWER: &str =
    r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","content":[]}}"#;

fn http() -> Plugin {
    Plugin::new("marker", HTTP_PLUGIN)
}

fn tools() -> Plugin {
    Plugin::new("censor", TOOLS_PLUGIN)
}

fn builder() -> Builder {
    sandbox::builder().proxies(Proxies::none())
}

/// This host, and another that dials.
fn everywhere() -> [Target; 2] {
    [Target::Local, in_memory()]
}

/// A server that answers every call of a tool.
fn script() -> McpScript {
    McpScript::modern().on("tools/call", Script::respond(Response::json(200, ANSWER)))
}

async fn server() -> FaultServer {
    FaultServer::start_mcp(script()).await
}

/// Asserts that this is a denial in these words.
fn assert_denied(error: &Error, words: &str, processed: Processed) {
    let Error::Http(failure) = error else { panic!("{error:?}") };
    let HttpError::Denied(reason) = &failure.code else { panic!("{error:?}") };
    assert_eq!((reason.as_str(), failure.processed), (words, processed));
}
