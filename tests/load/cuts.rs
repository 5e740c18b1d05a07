//! Connections that are cut anywhere, under calls that must not run twice.

use crate::support::cutting_proxy::{Cut, CuttingProxy, Direction};
use crate::support::executor_process::ExecutorProcess;
use crate::support::fault::{McpScript, Response, Script, sse_response};
use crate::support::fault_server::FaultServer;
use crate::support::{patience::wait_for, sandbox};
use sandbar::executor::Target;
use sandbar::types::Era;
use sandbar::{ConnectOptions, Error, Processed, Sandbar};
use std::collections::HashMap;

/// Cuts of each mode, of which there are four, by each of the two roads.
const CUTS: usize = 130;

/// Bytes of a call and of its answer, heads included, rounded up: a cut that comes later is none.
const EXCHANGE_BYTES: usize = 900;

const ANSWER: &str = r#"{"jsonrpc":"2.0","id":{id},"result":{"content":[{"type":"text","text":"the tool has run"}]}}"#;

/// A generator that is the same in each run, so that what fails once fails again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Numerical Recipes' constants; the high bits are the random ones.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn cut(&mut self) -> Cut {
        let direction = if self.roll(2) == 0 { Direction::ToServer } else { Direction::ToClient };
        Cut { direction, after: self.roll(EXCHANGE_BYTES), reset: self.roll(2) == 0 }
    }
}

fn modes() -> [(Era, McpScript); 4] {
    let json = || Script::respond(Response::json(200, ANSWER));
    let stream = || Script::respond(sse_response([ANSWER]));
    [
        (Era::Modern, McpScript::modern().on("tools/call", json())),
        (Era::Modern, McpScript::modern().on("tools/call", stream())),
        (Era::Legacy, McpScript::legacy().on("tools/call", json())),
        (Era::Legacy, McpScript::legacy().on("tools/call", stream())),
    ]
}

/// What came of each call, by its number.
async fn cut_calls(
    sandbar: &Sandbar,
    proxy: &CuttingProxy,
    era: Era,
    dice: &mut Dice,
) -> Vec<(Cut, Result<String, Error>)> {
    let mut outcomes = Vec::with_capacity(CUTS);
    for number in 0..CUTS {
        let options = ConnectOptions::new(proxy.url("/mcp")).era(era);
        let session = wait_for("the session", sandbar.connect_with(options)).await.unwrap();
        let cut = dice.cut();
        proxy.set(Some(cut));
        let call = session.call_tool("t", Some(format!(r#"{{"number":{number}}}"#))).raw();
        let outcome = wait_for(&format!("{cut:?}"), call.into_future()).await;
        proxy.set(None);
        outcomes.push((cut, outcome));
        session.close().await;
    }
    outcomes
}

/// How often the tool ran for each number: a request that has arrived whole has run.
fn executions(server: &FaultServer) -> HashMap<u64, usize> {
    let mut executions = HashMap::new();
    for request in server.requests().iter().filter(|one| one.operation() == "tools/call") {
        let number = request.json()["params"]["arguments"]["number"].as_u64().unwrap();
        *executions.entry(number).or_default() += 1;
    }
    executions
}

async fn check(name: &str, sandbar: &Sandbar) {
    let mut dice = Dice(7);
    for (era, script) in modes() {
        let server = FaultServer::start_mcp(script).await;
        let proxy = CuttingProxy::start(server.address()).await;
        let outcomes = cut_calls(sandbar, &proxy, era, &mut dice).await;
        let executions = executions(&server);
        let (mut whole, mut lost) = (0, 0);
        for (number, (cut, outcome)) in outcomes.iter().enumerate() {
            let ran = executions.get(&u64::try_from(number).unwrap()).copied().unwrap_or(0);
            assert!(ran <= 1, "{name}, {era:?}, {cut:?}: the tool ran {ran} times");
            match outcome {
                Ok(result) => {
                    assert!(result.contains("the tool has run"), "{cut:?}: {result}");
                    assert_eq!(ran, 1, "{name}, {era:?}, {cut:?}: an answer from nowhere");
                    whole += 1;
                }
                Err(error) => {
                    let told = error.processed();
                    let is_true = ran == 0 || told == Processed::Possibly;
                    assert!(is_true, "{name}, {era:?}, {cut:?}: it ran, and {error} says {told:?}");
                    lost += 1;
                }
            }
        }
        assert!(whole > 0 && lost > 0, "{name}, {era:?}: {whole} whole, {lost} lost");
    }
}

/// Catches a tool that runs twice because its connection was lost, a call that may have run and is said
/// not to have, and one without an outcome (codex 25287, hyper 2136, opencode 25287).
#[tokio::test(flavor = "multi_thread")]
async fn a_tool_runs_once_at_most_wherever_its_connection_is_cut() {
    let here = sandbox::builder().proxies(sandbar::http::Proxies::none()).build().unwrap();
    check("from here", &here).await;
    let executor = ExecutorProcess::start(&["--allow-any"]).await;
    let target = Target::websocket(&executor.url).unwrap();
    check("through an executor", &sandbox::builder().executor(target).build().unwrap()).await;
}
