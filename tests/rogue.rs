//! Guests that trap, spin, hoard or do not respond: each ends its own session,
//! with an error that says why, and nothing else.

use crate::support;
use sandbar::{Error, Sandbar, SandboxError, SandboxLimits, Session};
use sandbar_test_programs::ROGUE;
use std::time::Duration;

fn sandbar() -> Sandbar {
    let mut limits = SandboxLimits::default();
    limits.memory = 32 * 1024 * 1024;
    limits.cpu_burst = Duration::from_millis(200);
    limits.grace = Duration::from_millis(200);
    limits.sessions = 8;
    support::sandbox::builder().component(ROGUE.to_vec()).limits(limits).build().unwrap()
}

const URL: &str = "http://127.0.0.1:9/";

async fn answers(session: &Session) {
    let answer = session.request("answer", Some("{}".to_owned())).await.unwrap();
    assert_eq!(answer, "{}");
}

async fn failure(session: &Session, method: &str) -> SandboxError {
    match session.request(method, None).await.unwrap_err() {
        Error::Sandbox(error) => error,
        other => panic!("{method}: a failure of the sandbox expected, got {other:?}"),
    }
}

/// Catches a trap that takes the process or another session with it, and a
/// session that hangs after its sandbox is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_trap_ends_its_own_session_and_no_other() {
    let sandbar = sandbar();
    let (one, other) = (sandbar.connect(URL).await.unwrap(), sandbar.connect(URL).await.unwrap());
    let bystander = one.request("park", None).start().await.unwrap();
    let error = failure(&one, "abort").await;
    assert!(matches!(error, SandboxError::Trap { .. }), "{error:?}");
    let error = bystander.await.unwrap_err();
    assert!(matches!(error, Error::Sandbox(SandboxError::Trap { .. })), "{error:?}");
    assert!(matches!(failure(&one, "answer").await, SandboxError::Trap { .. }));
    answers(&other).await;
    answers(&sandbar.connect(URL).await.unwrap()).await;
}

/// Catches a spinning guest that blocks a thread for ever, and an interruption
/// that cannot be told from any other trap.
#[tokio::test]
async fn a_spinning_guest_is_interrupted_and_others_run_meanwhile() {
    let sandbar = sandbar();
    let (one, other) = (sandbar.connect(URL).await.unwrap(), sandbar.connect(URL).await.unwrap());
    // On a runtime with one thread: the other session gets its turn only
    // because the spinning one is made to yield.
    let (error, ()) = tokio::join!(failure(&one, "spin"), answers(&other));
    assert_eq!(error, SandboxError::Cpu { limit: Duration::from_millis(200) });
    answers(&other).await;
}

/// Catches a memory limit for each memory instead of for the sandbox, and one
/// that shows as an unexplained trap.
#[tokio::test(flavor = "multi_thread")]
async fn a_hoarding_guest_runs_into_its_memory_limit() {
    let sandbar = sandbar();
    let (one, other) = (sandbar.connect(URL).await.unwrap(), sandbar.connect(URL).await.unwrap());
    let error = failure(&one, "allocate").await;
    assert_eq!(error, SandboxError::Memory { limit: 32 * 1024 * 1024 });
    assert!(one.stats().memory_peak <= 32 * 1024 * 1024);
    answers(&other).await;
}

/// Catches handle tables that grow on the host without a limit.
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_makes_handles_without_end_is_ended() {
    let sandbar = sandbar();
    let session = sandbar.connect(URL).await.unwrap();
    let error = failure(&session, "make-handles").await;
    assert!(matches!(error, SandboxError::Trap { .. }), "{error:?}");
    answers(&sandbar.connect(URL).await.unwrap()).await;
}

/// Catches CVE-2026-27572: more than 32 768 fields panicked the host.
#[tokio::test(flavor = "multi_thread")]
async fn header_fields_without_end_are_refused_to_the_guest_and_harm_nobody() {
    let sandbar = sandbar();
    let session = sandbar.connect(URL).await.unwrap();
    let appended: u32 = session.request("append-fields", None).await.unwrap().parse().unwrap();
    assert!((1..32_768).contains(&appended), "{appended}");
    answers(&session).await;
}

/// Catches a deadline that relies on epochs: they do not fire in a guest that
/// is parked in a host call, and this one ignores its cancellation.
#[tokio::test(flavor = "multi_thread")]
async fn a_parked_guest_that_ignores_its_cancellation_is_ended_from_outside() {
    let sandbar = sandbar();
    let session = sandbar.connect(URL).await.unwrap();
    let after = Duration::from_millis(100);
    let error = session.request("park", None).timeout(after).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    // Nothing else can have ended the sandbox: the next answer is its end.
    let call = session.request("park", None).await.unwrap_err();
    assert!(matches!(call, Error::Sandbox(SandboxError::Unresponsive)), "{call:?}");
    answers(&sandbar.connect(URL).await.unwrap()).await;
}

/// Catches an opening that nobody bounds, and one that a dropped future leaves
/// running: the pool has eight places, and thirty guests want one.
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_is_given_up_leaves_no_sandbox_behind() {
    let sandbar = sandbar();
    for _ in 0..30 {
        let parked = sandbar.connect("http://127.0.0.1:9/park-in-open");
        let outcome = tokio::time::timeout(Duration::from_millis(20), parked).await;
        assert!(outcome.is_err(), "{outcome:?}");
    }
    answers(&sandbar.connect(URL).await.unwrap()).await;
    let error = sandbar.connect("http://127.0.0.1:9/trap-in-open").await.unwrap_err();
    assert!(matches!(error, Error::Sandbox(SandboxError::Trap { .. })), "{error:?}");
}

/// Catches an exhausted pool that panics, waits for ever or kills a session.
#[tokio::test(flavor = "multi_thread")]
async fn one_session_too_many_is_refused_and_the_rest_go_on() {
    let sandbar = sandbar();
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(sandbar.connect(URL).await.unwrap());
    }
    let error = sandbar.connect(URL).await.unwrap_err();
    assert!(matches!(error, Error::Sandbox(SandboxError::Unavailable { .. })), "{error:?}");
    for session in &sessions {
        answers(session).await;
    }
    sessions.pop().unwrap().close().await;
    answers(&sandbar.connect(URL).await.unwrap()).await;
}

/// Catches GHSA-5qpp-g3j2-8frx: a request target in absolute form named another
/// host than the one that the allow-list saw.
#[tokio::test(flavor = "multi_thread")]
async fn no_request_target_of_a_guest_leads_to_another_host() {
    let allowed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let evil = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (allowed, address) = (allowed.local_addr().unwrap(), evil.local_addr().unwrap());
    evil.set_nonblocking(true).unwrap();
    let sandbar = sandbar();
    let session = sandbar.connect(&format!("http://{allowed}/")).await.unwrap();
    let targets = [
        format!("{address} /"),
        format!("{allowed}@{address} /"),
        format!("{address}#{allowed} /"),
        format!("{allowed} http://{address}/"),
        format!("{allowed} //{address}/"),
        format!("{allowed}\r\nhost: {address} /"),
    ];
    for target in targets {
        let request = session.request("send", Some(target.clone()));
        let outcome = request.timeout(Duration::from_millis(500)).await;
        // However it fails, nobody came to the evil door.
        let knock = evil.accept().unwrap_err();
        assert_eq!(knock.kind(), std::io::ErrorKind::WouldBlock, "{target}: {outcome:?}");
    }
}
