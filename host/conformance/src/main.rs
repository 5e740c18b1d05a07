//! The client that the official conformance suite of MCP runs, through the road that `--road` names.
//!
//! The suite starts it with the URL of its server as the last argument and the scenario in the
//! environment: what a scenario wants done is in `scenarios.rs`.

mod scenarios;
mod user;

use clap::{Parser, ValueEnum};
use sandbar::auth::Store;
use sandbar::executor::Target;
use sandbar::types::Era;
use sandbar::{BuildError, Builder, Sandbar, components};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Does what a scenario of the official conformance suite of MCP asks of a client.
#[derive(Debug, Parser)]
#[command(name = "conformance-client")]
struct Args {
    /// How the sandbox reaches the server
    #[arg(long, value_enum, default_value_t = Road::Host)]
    road: Road,
    /// Where compiled components are kept
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// The server's endpoint
    url: String,
}

/// How the sandbox reaches the server.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Road {
    /// This host dials
    Host,
    /// The composition `mcp-local`, over `wasi:http`
    Local,
    /// The `sandbar executor` beside this binary, in a process of its own
    Executor,
}

/// What the suite says in the environment.
struct Scenario {
    name: String,
    era: Option<Era>,
    /// JSON that some scenarios have.
    context: Option<String>,
}

impl Scenario {
    fn from_environment() -> Result<Self, Box<dyn Error>> {
        let variable = |name: &str| std::env::var(format!("MCP_CONFORMANCE_{name}")).ok();
        let name = variable("SCENARIO").ok_or("MCP_CONFORMANCE_SCENARIO is not set")?;
        // A dated version says which lifecycle is expected. 2026-07-28 is the first modern one.
        let era = variable("PROTOCOL_VERSION").map(|version| match version.as_str() {
            "2024-11-05" | "2025-03-26" | "2025-06-18" | "2025-11-25" => Era::Legacy,
            _ => Era::Modern,
        });
        Ok(Self { name, era, context: variable("CONTEXT") })
    }
}

fn sandbar(args: &Args, store: Store) -> Result<Sandbar, Box<dyn Error>> {
    let mut builder = Sandbar::builder().credentials(store);
    if let Some(cache) = &args.cache {
        builder = builder.cache_dir(cache);
    }
    Ok(on_road(builder, args.road)?.build().map_err(Box::<BuildError>::from)?)
}

fn on_road(builder: Builder, road: Road) -> Result<Builder, Box<dyn Error>> {
    Ok(match road {
        Road::Host => builder,
        Road::Local => builder.component(components::MCP_LOCAL.bytes.to_vec()),
        Road::Executor => {
            let executable = std::env::current_exe()?;
            let folder = executable.parent().unwrap_or_else(|| Path::new("."));
            let program = folder.join("sandbar").to_string_lossy().into_owned();
            // Where the authorization servers are, the server says later.
            builder.executor(Target::command(program, ["executor", "--stdio", "--allow-any"]))
        }
    })
}

async fn run() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let scenario = Scenario::from_environment()?;
    // Nothing is known from before.
    let directory =
        std::env::temp_dir().join(format!("sandbar-conformance-{}", std::process::id()));
    let sandbar = sandbar(&args, Store::at(&directory))?;
    let done = scenarios::run(&sandbar, &args.url, &scenario).await;
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    done
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
