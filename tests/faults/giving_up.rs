//! Calls and openings that nobody waits for any more.

use super::scene::{BOTH_ERAS, GOOD, good_answer, mcp, open, options, sandbar, text};
use crate::support::{
    fault::{McpScript, Response, Script, SseEvent},
    fault_server::FaultServer,
    patience::wait_for,
};
use sandbar::types::Era;

/// How often a run is repeated in which two things may come in the wrong order.
const RUNS: usize = 5;

async fn server_that_hangs_once_after(era: Era, part: Script) -> FaultServer {
    let script = mcp(era).on("tools/call", Script::respond(good_answer())).on_call(
        "tools/call",
        0,
        part.hang(),
    );
    FaultServer::start_mcp(script).await
}

/// How many requests open a session of this era.
const fn opening_requests(era: Era) -> usize {
    match era {
        Era::Modern => 1,
        Era::Legacy => 2,
    }
}

/// What a server of this era learns of a call that was given up, besides its closed connection.
async fn assert_told(server: &FaultServer, era: Era) {
    server.closed_early(0).await;
    if era == Era::Legacy {
        let told = server.request(opening_requests(era) + 1).await;
        assert_eq!(told.rpc_method().as_deref(), Some("notifications/cancelled"));
        let call = server.request(opening_requests(era)).await;
        assert_eq!(told.json()["params"]["requestId"], call.json()["id"]);
    }
}

/// Catches a call that lives on in the sandbox or in the pool after its caller has gone.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_call_before_its_answer_closes_the_connection() {
    for era in BOTH_ERAS {
        let server = server_that_hangs_once_after(era, Script::new()).await;
        let session = open(&server, era).await;
        let call = session.call_tool("t", None).start().await.unwrap();
        server.request(opening_requests(era)).await;
        drop(call);
        assert_told(&server, era).await;
        assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
    }
}

/// Catches a body that is read on behind the back of a caller that has gone.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_call_in_the_middle_of_its_answer_closes_the_connection() {
    for era in BOTH_ERAS {
        let message =
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}"#;
        let part = Script::new().send(Response::event_stream()).events([SseEvent::data(message)]);
        let server = server_that_hangs_once_after(era, part).await;
        let session = open(&server, era).await;
        let mut call = session.call_tool("t", None).start().await.unwrap();
        let notified = wait_for("the notification", call.notification()).await.unwrap();
        assert_eq!(notified.method, "notifications/message");
        drop(call);
        assert_told(&server, era).await;
        assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
    }
}

/// Catches a future that must be polled to its end to clean up after itself.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_future_of_a_call_closes_the_connection() {
    for era in BOTH_ERAS {
        let server = server_that_hangs_once_after(era, Script::new()).await;
        let session = open(&server, era).await;
        tokio::select! {
            outcome = session.call_tool("t", None).into_future() => panic!("{outcome:?}"),
            _ = server.request(opening_requests(era)) => {}
        }
        assert_told(&server, era).await;
    }
}

/// Catches an opening that goes on though nobody wants the session.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_an_opening_closes_the_connection() {
    for era in BOTH_ERAS {
        let server = FaultServer::start(|_| Script::new().hang()).await;
        let sandbar = sandbar();
        tokio::select! {
            outcome = sandbar.connect_with(options(&server, era)) => panic!("{outcome:?}"),
            _ = server.request(0) => {}
        }
        server.closed_early(0).await;
        assert_eq!(server.requests().len(), 1);
    }
}

/// Catches a session that is closed only on our side: a call in flight must end at the server.
#[tokio::test(flavor = "multi_thread")]
async fn closing_a_session_closes_the_connections_of_its_calls() {
    for era in BOTH_ERAS {
        let server = server_that_hangs_once_after(era, Script::new()).await;
        let session = open(&server, era).await;
        let call = session.call_tool("t", None).start().await.unwrap();
        server.request(opening_requests(era)).await;
        wait_for("the session to close", session.close()).await;
        assert_told(&server, era).await;
        let error = wait_for("the call to end", call).await.unwrap_err();
        let is_over = matches!(error, sandbar::Error::Closed | sandbar::Error::Cancelled);
        assert!(is_over, "{error:?}");
    }
}

/// Catches a session that is closed while its server is being told of calls, which it then goes
/// on with: those given up just before, and those given up by closing.
#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_is_told_of_every_call_before_its_session_is_deleted() {
    for _ in 0..RUNS {
        let script = McpScript::legacy().on("tools/call", Script::new().hang());
        let server = FaultServer::start_mcp(script).await;
        let session = open(&server, Era::Legacy).await;
        let dropped = session.call_tool("t", None).start().await.unwrap();
        let _closed = session.call_tool("t", None).start().await.unwrap();
        server.request(opening_requests(Era::Legacy) + 1).await;
        drop(dropped);
        wait_for("the session to close", session.close()).await;
        let requests = server.requests();
        let [calls @ .., told, also_told, delete] = &requests[2..] else { panic!("{requests:?}") };
        assert_eq!(delete.method, "DELETE");
        let named = [told, also_told].map(|told| told.json()["params"]["requestId"].clone());
        assert_eq!(calls.len(), 2, "{requests:?}");
        assert!(calls.iter().all(|call| named.contains(&call.rpc_id().unwrap())), "{requests:?}");
    }
}
