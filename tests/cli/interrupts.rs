//! Ctrl-C, deadlines, readers that go away.

use crate::support::binary::{command, ended, sandbar};
use crate::support::{fault::Script, fault_server::FaultServer, patience::wait_for};
use sandbar::demo::{DemoOptions, DemoServer};
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
