//! What servers would have the host hold: notifications that nobody reads, lists without end.

use crate::support::binary::command;
use crate::support::memory::Memory;
use crate::support::{
    fault::{LAST_CHUNK, McpScript, Response, Script, SseEvent},
    fault_server::FaultServer,
    patience::wait_for,
    sandbox,
};
use sandbar::{ConnectOptions, SandboxLimits, Session};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

const MIB: usize = 1024 * 1024;

async fn connect(server: &FaultServer, held: usize) -> Session {
    let mut limits = SandboxLimits::default();
    limits.sessions = 4;
    limits.held_bytes_per_session = held;
    let builder = sandbox::builder().limits(limits).proxies(sandbar::http::Proxies::none());
    let options = ConnectOptions::new(server.url("/mcp")).era(sandbar::types::Era::Modern);
    wait_for("the session", builder.build().unwrap().connect_with(options)).await.unwrap()
}

/// Catches notifications that are counted one by one instead of by their bytes, for each call instead of for
/// all of them, and a bound at which a call stands still until somebody reads another's.
#[tokio::test(flavor = "multi_thread")]
async fn notifications_that_nobody_reads_are_held_up_to_a_bound_of_the_session() {
    const CALLS: usize = 16;
    const EACH: usize = 4;
    let note = json!({"jsonrpc": "2.0", "method": "notifications/message",
        "params": {"level": "info", "data": "x".repeat(MIB)}});
    let answer = r#"{"jsonrpc":"2.0","id":{id},"result":{"content":[]}}"#;
    let events: Vec<_> = std::iter::repeat_n(SseEvent::data(&note.to_string()), EACH)
        .chain([SseEvent::data(answer)])
        .collect();
    let script = McpScript::modern().on(
        "tools/call",
        Script::respond(Response::event_stream()).events(events).send(LAST_CHUNK),
    );
    let server = FaultServer::start_mcp(script).await;
    let held = 8 * MIB;
    let session = connect(&server, held).await;
    let mut calls = Vec::new();
    for _ in 0..CALLS {
        calls.push(session.call_tool("t", None).start().await.unwrap());
    }
    let full = async {
        while session.stats().held < held - 2 * MIB {
            tokio::task::yield_now().await;
        }
    };
    wait_for("the bound to be reached", full).await;
    let (mut whole, mut dropped, mut most) = (0, 0, 0);
    for mut call in calls {
        while let Some(notification) = wait_for("news", call.notification()).await {
            most = most.max(session.stats().held);
            let params = notification.params.unwrap();
            let is_word = params.contains("was dropped");
            assert!(is_word || params.len() > MIB, "{params}");
            *(if is_word { &mut dropped } else { &mut whole }) += 1;
        }
        wait_for("the answer", call).await.unwrap();
    }
    println!("held at most {most} bytes of {held}; {whole} notifications whole, {dropped} dropped");
    assert!(most <= held, "{most}");
    assert_eq!(whole + dropped, CALLS * EACH);
    assert!(whole > 0 && dropped > 0, "{whole} {dropped}");
    assert_eq!(session.stats().held, 0);
}

/// A page of a list of tools with this many bytes, and a cursor to another that was never given before.
fn page(number: usize, bytes: usize) -> Response {
    let tools = json!([{"name": format!("t{number}"), "description": "x".repeat(bytes),
        "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}}}]);
    let result = json!({"tools": tools, "nextCursor": format!("c{number}"), "ttlMs": 0,
        "cacheScope": "private", "resultType": "complete"});
    let text = json!({"jsonrpc": "2.0", "id": 0, "result": result}).to_string();
    Response::json(200, text.replacen("\"id\":0", "\"id\":{id}", 1))
}

/// A server whose list of tools has no end, and that does not answer calls.
async fn endless(bytes: usize) -> (FaultServer, Arc<Semaphore>) {
    let called = Arc::new(Semaphore::new(0));
    let (told, given) = (Arc::clone(&called), AtomicUsize::new(0));
    let plain = McpScript::modern();
    let server = FaultServer::start(move |request| match request.rpc_method().as_deref() {
        Some("tools/list") => {
            let number = given.fetch_add(1, Ordering::Relaxed);
            let id = request.rpc_id().unwrap_or_default();
            Script::respond(page(number, bytes)).with_id(&id)
        }
        Some("tools/call") => {
            told.add_permits(1);
            Script::new().hang()
        }
        _ => plain.script_for(request),
    })
    .await;
    (server, called)
}

/// Catches a list that grows for as long as the server goes on, in the program: `call --arg` wants the
/// schema of its tool.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_an_end_is_cut_off_in_the_program() {
    let (server, called) = endless(8 * MIB).await;
    let arguments = ["call", &server.url("/mcp"), "t0", "--arg", "a=b"];
    let mut child = command(arguments).spawn().unwrap();
    wait_for("the call", called.acquire()).await.unwrap().forget();
    let memory = Memory::of(child.id().unwrap());
    println!("a list without an end: {memory}");
    assert!(memory.peak < 700 << 20, "{memory}");
    child.kill().await.unwrap();
}

/// Catches a list of the library that is counted for itself and not for its session.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_counts_for_its_session() {
    let (server, _called) = endless(2 * MIB).await;
    let session = connect(&server, 5 * MIB).await;
    let tools = wait_for("the list", session.list_tools()).await.unwrap();
    assert_eq!(tools.len(), 3, "two that fit, and the one that did not");
    assert_eq!(session.stats().held, 0);
}
