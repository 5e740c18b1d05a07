//! How an agent leaves, and what its server hears of that.

use super::{first, operations, times};
use crate::support::agent::{Agent, INITIALIZE, INITIALIZED};
use crate::support::binary::sandbar_with_input;
use crate::support::fault::{McpScript, Response, Script, json_rpc_response};
use crate::support::fault_server::FaultServer;
use crate::support::patience::wait_for;
use serde_json::json;

const CALL: &str = r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"t"}}"#;

/// Catches a proxy that ends with its input and takes the answers with it, one that drops the last line
/// because nobody ended it, and one that leaves its session behind.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_before_the_end_is_answered_and_the_session_ended() {
    let script =
        McpScript::legacy().on("tools/call", Script::respond(json_rpc_response(json!({}))));
    let server = FaultServer::start_mcp(script).await;
    let input = format!("{INITIALIZE}\n{INITIALIZED}\n{CALL}");
    let run = sandbar_with_input(&["proxy", &server.url("/mcp")], &input).await;
    assert_eq!((run.code, &*run.stderr), (Some(0), ""));
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[1], r#"{"id":5,"jsonrpc":"2.0","result":{}}"#);
    assert_eq!(operations(&server).last().unwrap(), "DELETE");
    assert_eq!(times(&server, "DELETE"), 1);
}

/// Catches a process that dies of a signal and leaves the server at work, a session that is ended before
/// the server heard what was given up, and an agent that is gone and never noticed.
#[tokio::test(flavor = "multi_thread")]
async fn however_the_agent_leaves_the_server_hears_of_it() {
    for departure in [Some(libc::SIGTERM), Some(libc::SIGINT), Some(libc::SIGHUP), None] {
        let silent = Script::new().send(Response::event_stream()).hang();
        let script = McpScript::legacy().on("tools/call", silent);
        let server = FaultServer::start_mcp(script).await;
        let mut agent = Agent::initialized(&server.url("/mcp")).await;
        agent.say(CALL).await;
        first(&server, "tools/call").await;
        match departure {
            Some(signal) => agent.signal(signal),
            None => agent.closes_its_ears(),
        }
        // Standard input stays open.
        let stdin = agent.stdin.take();
        let run = agent.rest().await;
        drop(stdin);
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{departure:?}");
        let heard = operations(&server);
        let told = heard.iter().position(|one| one == "notifications/cancelled");
        let ended = heard.iter().position(|one| one == "DELETE");
        assert!(told.is_some() && told < ended, "{departure:?}: {heard:?}");
        let told = first(&server, "notifications/cancelled").await;
        assert_eq!(told.json()["params"]["requestId"], 5);
    }
}

/// Catches a process that outlives the one that started it, because a third holds its input open.
#[tokio::test(flavor = "multi_thread")]
async fn the_death_of_the_parent_ends_it() {
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    let binary = env!("CARGO_BIN_EXE_sandbar");
    let url = server.url("/mcp");
    // The shell starts it with the input that is held open here, and is killed.
    let script = format!("exec 3<&0; '{binary}' proxy '{url}' <&3 & wait");
    let mut shell = crate::support::binary::command(["--version"]);
    let mut shell = {
        let environment: Vec<_> = shell
            .as_std_mut()
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", &script]).envs(environment);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let mut stdin = shell.stdin.take().unwrap();
    let line = format!("{INITIALIZE}\n{INITIALIZED}\n");
    tokio::io::AsyncWriteExt::write_all(&mut stdin, line.as_bytes()).await.unwrap();
    first(&server, "notifications/initialized").await;
    shell.kill().await.unwrap();
    wait_for("the farewell", first(&server, "DELETE")).await;
    drop(stdin);
}

/// Catches secrets on standard error, and a banner.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_messages_is_written() {
    let script = McpScript::legacy().on("x/fails", Script::respond(Response::new(500)));
    let server = FaultServer::start_mcp(script).await;
    let url = server.url("/mcp?token=canary-1");
    let header = "authorization: Bearer canary-2";
    let mut agent = Agent::start_with(["proxy", &url, "-H", header]);
    agent.asks(INITIALIZE).await;
    agent.say(INITIALIZED).await;
    let failed = agent.asks(r#"{"jsonrpc":"2.0","id":1,"method":"x/fails"}"#).await;
    assert!(failed.contains("\"status\":500"), "{failed}");
    assert!(!failed.contains("canary"), "{failed}");
    let run = agent.leaves().await;
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (Some(0), "", ""));
    assert_eq!(first(&server, "x/fails").await.field("authorization"), Some("Bearer canary-2"));
}
