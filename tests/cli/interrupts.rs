//! Ctrl-C, deadlines, readers that go away.

use crate::support::binary::{command, ended, sandbar};
use crate::support::{
    fault::{McpScript, RecordedRequest, Script},
    fault_server::FaultServer,
    patience::wait_for,
};
use sandbar_demo::{DemoOptions, DemoServer};
use tokio::process::Child;

/// Presses Ctrl-C.
fn interrupt(child: &Child) {
    let process = libc::pid_t::try_from(child.id().unwrap()).unwrap();
    // SAFETY: sends a signal to a child that has not been waited for, so that its id is its own.
    let outcome = unsafe { libc::kill(process, libc::SIGINT) };
    assert_eq!(outcome, 0);
}

async fn calls(mut counter: tokio::sync::watch::Receiver<u64>) {
    wait_for("the call to arrive", counter.wait_for(|calls| *calls == 1)).await.unwrap();
}

/// Catches a process that dies, and leaves the server at work that nobody wants any more.
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_cancels_the_call_at_the_server_and_exits_with_130() {
    for era in ["modern", "legacy"] {
        let server = DemoServer::start(DemoOptions::default()).await.unwrap();
        let child = command(["call", &server.url(), "slow", "--era", era]).spawn().unwrap();
        calls(server.slow_calls()).await;
        interrupt(&child);
        ended(child).await.assert_failed(130, &["interrupted"]);
        calls(server.cancelled_calls()).await;
    }
}

/// How often a run is repeated in which two things may come in the wrong order.
const RUNS: usize = 5;

/// Presses Ctrl-C in the middle of a call that a legacy server never answers, and asserts that it
/// heard of that before its session ended.
async fn assert_cancelled_before_the_delete(script: McpScript) {
    let server = FaultServer::start_mcp(script.on("tools/call", Script::new().hang())).await;
    let child = command(["call", &server.url("/mcp"), "t", "--era", "legacy"]).spawn().unwrap();
    // After `initialize` and `notifications/initialized`.
    let call = server.request(2).await;
    interrupt(&child);
    ended(child).await.assert_failed(130, &["interrupted"]);
    let requests = server.requests();
    let operations: Vec<_> = requests.iter().skip(2).map(RecordedRequest::operation).collect();
    assert_eq!(operations, ["tools/call", "notifications/cancelled", "DELETE"]);
    assert_eq!(requests[3].json()["params"]["requestId"], call.rpc_id().unwrap());
    assert_eq!(requests[3].field("mcp-session-id"), call.field("mcp-session-id"));
}

/// Catches a session that is closed before its server was told of the call, or while it is being
/// told: the DELETE overtakes the notification, or comes alone.
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_cancels_the_call_at_a_legacy_server_before_the_session_is_deleted() {
    for _ in 0..RUNS {
        assert_cancelled_before_the_delete(McpScript::legacy()).await;
    }
}

/// Catches a goodbye that waits for the answer to the cancellation until there is no time left
/// for the DELETE.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_that_is_never_answered_does_not_cost_the_delete() {
    let silent = McpScript::legacy().on("notifications/cancelled", Script::new().hang());
    assert_cancelled_before_the_delete(silent).await;
}

/// Catches Ctrl-C that works only once there is a session.
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_opening_too() {
    let server = FaultServer::start(|_| Script::new().hang()).await;
    let child = command(["tools", &server.url("/mcp")]).spawn().unwrap();
    server.request(0).await;
    interrupt(&child);
    ended(child).await.assert_failed(130, &["interrupted"]);
    server.closed_early(0).await;
}

/// Catches deadlines that only stop the waiting, or that exit like a failure of the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_cancels_the_call_at_the_server_and_exits_with_5() {
    for option in ["--timeout", "--idle-timeout"] {
        let server = DemoServer::start(DemoOptions::default()).await.unwrap();
        let run = sandbar(["call", &server.url(), "slow", option, "2s"]).await;
        run.assert_failed(5, &["error: ", "hint: give it longer", option]);
        calls(server.cancelled_calls()).await;
    }
}

/// Catches a pager that is closed and counts as a failure: `sandbar tools URL | head -1`.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_no_failure() {
    let server = DemoServer::start(DemoOptions::default()).await.unwrap();
    let mut child = command(["tools", &server.url()]).spawn().unwrap();
    drop(child.stdout.take());
    let run = ended(child).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
}
