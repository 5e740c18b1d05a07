//! Many bytes, slow readers, and the other roads to a server.

use super::{first, operations};
use crate::support::agent::{Agent, INITIALIZE, INITIALIZED};
use crate::support::executor_process::ExecutorProcess;
use crate::support::fault::{Chunk, LAST_CHUNK, McpScript, Response, Script, SseEvent};
use crate::support::fault_server::FaultServer;

const MIB: usize = 1024 * 1024;

/// Bytes that the process has held at most.
fn peak(agent: &Agent) -> usize {
    let status = format!("/proc/{}/status", agent.child.id().unwrap());
    let status = std::fs::read_to_string(status).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

/// Catches a proxy that keeps what its agent does not read, and one that drops it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_slow_slows_the_server_and_loses_nothing() {
    const EVENTS: u64 = 4096;
    let text = "x".repeat(64 * 1024);
    let told = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"data":"{text}"}}}}"#
    );
    let chunk = SseEvent::data(&told).encode(crate::support::fault::LineEnding::Lf);
    let chunk = [format!("{:x}\r\n", chunk.len()).into_bytes(), chunk, b"\r\n".to_vec()].concat();
    let flood = Script::new()
        .send(Response::event_stream())
        .send_repeatedly(chunk, EVENTS)
        .send(Chunk::new("data: {\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{}}\n\n"))
        .send(LAST_CHUNK);
    let server = FaultServer::start_mcp(McpScript::legacy().on("x/flood", flood)).await;
    let mut agent = Agent::initialized(&server.url("/mcp")).await;
    let before = peak(&agent);
    agent.say(r#"{"jsonrpc":"2.0","id":1,"method":"x/flood"}"#).await;
    for _ in 0..EVENTS {
        assert_eq!(agent.hears().await.len(), told.len());
    }
    assert_eq!(agent.hears().await, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    // 256 MiB went through.
    let grown = peak(&agent).saturating_sub(before);
    assert!(grown < 48 * MIB, "{} MiB", grown / MIB);
}

/// Catches a large answer that is cut, and one that is held many times over.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_passes_within_a_few_times_its_size() {
    const SIZE: usize = 60 * MIB;
    let answer =
        format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"text":"{}"}}}}"#, "x".repeat(SIZE));
    let script = McpScript::legacy().on("x/large", Script::respond(Response::json(200, answer)));
    let server = FaultServer::start_mcp(script).await;
    let url = server.url("/mcp");
    let mut agent = Agent::start_with(["proxy", &url, "--max-message-bytes", "67108864"]);
    agent.asks(INITIALIZE).await;
    agent.say(INITIALIZED).await;
    let before = peak(&agent);
    let line = agent.asks(r#"{"jsonrpc":"2.0","id":1,"method":"x/large"}"#).await;
    assert_eq!(line.len(), SIZE + r#"{"jsonrpc":"2.0","id":1,"result":{"text":""}}"#.len());
    let grown = peak(&agent).saturating_sub(before);
    assert!(grown < 5 * SIZE, "{} MiB for {} MiB", grown / MIB, SIZE / MIB);
}

/// Catches a proxy that dials from here although another is to.
#[tokio::test(flavor = "multi_thread")]
async fn an_executor_may_dial() {
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    let url = server.url("/mcp");
    let executor = ExecutorProcess::start(&["--allow", &url]).await;
    let mut agent = Agent::start_with(["proxy", &url, "--executor", &executor.url]);
    agent.asks(INITIALIZE).await;
    agent.say(INITIALIZED).await;
    let pong = agent.asks(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).await;
    assert_eq!(pong, r#"{"id":1,"jsonrpc":"2.0","result":{}}"#);
    assert_eq!(
        first(&server, "initialize").await.field("host").unwrap(),
        server.address().to_string()
    );
    let run = agent.leaves().await;
    assert_eq!((run.code, &*run.stderr), (Some(0), ""));
    assert_eq!(operations(&server).last().unwrap(), "DELETE");
}
