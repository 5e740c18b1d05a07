//! Many thousand operations down every road, sixteen at a time, some of them left before their end:
//! nothing may grow with their number. Each test prints what it measured.
//!
//! Three processes: this one is the server and looks on, the client under measurement is another run
//! of this binary, and on the roads through an executor that one is a third.
//!
//! `SANDBAR_SOAK=N` makes the rounds of every soak N times as long, for a run over night:
//!
//! ```text
//! SANDBAR_SOAK=30 cargo test -p sandbar --test all -- soak:: --nocapture
//! ```

mod gauge;
mod load;
mod server;

use crate::support::executor_process::ExecutorProcess;
use crate::support::sandbox;
use gauge::{Gauge, HEADINGS};
use load::Load;
use sandbar::components::MCP_LOCAL;
use sandbar::executor::Target;
use sandbar::http::Proxies;
use server::SoakServer;
use std::process::Stdio;
use std::sync::Arc;
use tokio::process::Command;

/// Operations before the first look: connections are opened, code and buffers are warm.
const WARM_UP: usize = 2_000;

/// Operations of a round, a look after each. All soaks together do 60 000.
const ROUND: usize = 2_000;
const ROUNDS: usize = 5;

/// What the client is told: which road to take, and where the server is.
const ROAD: &str = "SANDBAR_SOAK_ROAD";
const SERVER: &str = "SANDBAR_SOAK_SERVER";
/// What makes rounds longer.
const FACTOR: &str = "SANDBAR_SOAK";

/// Runs the client on a road, and prints what it says.
async fn soak(road: &str) {
    let server = SoakServer::start().await;
    let client = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "soak::the_client_of_a_soak_leaves_nothing_behind"])
        .args(["--ignored", "--nocapture"])
        .env(ROAD, road)
        .env(SERVER, server.address.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&client.stdout);
    let complaints = String::from_utf8_lossy(&client.stderr);
    println!("{road}\n{said}");
    assert!(client.status.success(), "{road}\n{said}\n{complaints}");
    assert!(said.contains(HEADINGS), "nothing was measured: {said}");
}

/// Catches whatever a session keeps of a call that is over: a task, a buffer, a connection, a place
/// in a table of the guest.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_this_host_leave_nothing_behind() {
    soak("mcp over the host").await;
}

/// The same for handles of `wasi:http`.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_over_wasi_http_leave_nothing_behind() {
    soak("mcp over wasi:http").await;
}

/// The same for streams of the delta protocol, at both of its ends.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_over_the_delta_protocol_leave_nothing_behind() {
    soak("mcp over the delta protocol").await;
}

/// Catches whatever an executor keeps of an exchange that is over.
#[tokio::test(flavor = "multi_thread")]
async fn exchanges_of_this_host_leave_nothing_behind() {
    soak("fetch over the host").await;
}

/// The same, with all exchanges on one connection to an executor in another process.
#[tokio::test(flavor = "multi_thread")]
async fn exchanges_over_one_connection_leave_nothing_behind() {
    soak("fetch over the delta protocol").await;
}

/// The client: alone in its process, so that what is measured is its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the soaks run it, each in a process of its own"]
async fn the_client_of_a_soak_leaves_nothing_behind() {
    let road = std::env::var(ROAD).unwrap();
    let server = std::env::var(SERVER).unwrap().parse().unwrap();
    let factor = std::env::var(FACTOR).map_or(1, |factor| factor.parse().unwrap());
    let builder = sandbox::builder().proxies(Proxies::none());
    let (kind, way) = road.split_once(" over ").unwrap();
    let executor = match way {
        "the delta protocol" => Some(ExecutorProcess::start(&["--allow-any"]).await),
        _ => None,
    };
    let builder = match (way, &executor) {
        (_, Some(executor)) => builder.executor(Target::websocket(&executor.url).unwrap()),
        ("wasi:http", _) => builder.component(MCP_LOCAL.bytes.to_vec()),
        _ => builder,
    };
    let sandbar = builder.build().unwrap();
    let load = Arc::new(match kind {
        "mcp" => Load::mcp(&sandbar, server).await,
        _ => Load::fetch(&sandbar, server).await,
    });
    let gauge = Gauge { load: &load, server, executor: executor.as_ref() };
    println!("{HEADINGS}");
    load.run(WARM_UP).await;
    let warm = gauge.settled(WARM_UP).await;
    println!("{warm}");
    for round in 1..=ROUNDS {
        load.run(ROUND * factor).await;
        println!("{}", gauge.flat(WARM_UP + round * ROUND * factor, &warm).await);
    }
}
