//! An executor that anybody can connect to, between hostile connections without a token and an honest client
//! that has it.

use crate::support::binary::sandbar;
use crate::support::executor_process::ExecutorProcess;
use crate::support::{
    fault::{Response, Script},
    fault_server::FaultServer,
    patience::wait_for,
};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// What a hostile connection says at first, and then nothing more, for as long as it may stay.
const KINDS: [&str; 6] = [
    // Silence.
    "",
    // A head that never ends.
    "GET / HTTP/1.1\r\nhost: devbox\r\nx-slow: ",
    // An answer, and a connection to keep.
    "GET /readyz HTTP/1.1\r\nhost: devbox\r\nconnection: keep-alive\r\n\r\n",
    // A guess.
    "GET / HTTP/1.1\r\nhost: devbox\r\nauthorization: Bearer guess-of-16-letters\r\n\r\n",
    // What is no HTTP.
    "\x16\x03\x01\x02\0\x01\0\x01",
    // A body that never comes.
    "POST /readyz HTTP/1.1\r\nhost: devbox\r\ncontent-length: 1000000\r\n\r\n",
];

/// How many connections are there at a time, and how often each comes back when it is thrown out.
const CONNECTIONS: usize = 500;
const RETURNS: usize = 10;

async fn hostile(
    address: String,
    said: &'static str,
    begun: Arc<Barrier>,
    closed: Arc<AtomicUsize>,
) {
    for attempt in 0..=RETURNS {
        let tcp = TcpStream::connect(&address).await;
        if attempt == 0 {
            begun.wait().await;
        }
        let Ok(mut tcp) = tcp else { continue };
        let _ = tcp.write_all(said.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = tcp.read_to_end(&mut answer).await;
        closed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Catches a listener whose places those can hold who have no token, by any of six ways: a client that has
/// one must be served while they are there, and nothing of them may be left.
#[tokio::test(flavor = "multi_thread")]
async fn those_without_a_token_keep_nobody_out() {
    let mut token = tempfile::NamedTempFile::new().unwrap();
    token.write_all(b"honest-of-16-letters").unwrap();
    let token = token.path().display().to_string();
    let executor = ExecutorProcess::start(&["--allow-any", "--token-file", &token]).await;
    let server = FaultServer::start(|_| Script::respond(Response::new(200).body("in"))).await;
    let address = executor.url.strip_prefix("ws://").unwrap().to_owned();
    let (begun, closed) = (Arc::new(Barrier::new(CONNECTIONS + 1)), Arc::new(AtomicUsize::new(0)));
    let mut hostiles = JoinSet::new();
    for index in 0..CONNECTIONS {
        let said = KINDS[index % KINDS.len()];
        hostiles.spawn(hostile(address.clone(), said, Arc::clone(&begun), Arc::clone(&closed)));
    }
    wait_for("all to have connected", begun.wait()).await;
    let url = server.url("/");
    let fetch = ["fetch", &url, "--executor", &executor.url, "--executor-token-file", &token];
    for _ in 0..5 {
        assert_eq!(wait_for("the honest client", sandbar(fetch)).await.output(), "in");
    }
    let there = CONNECTIONS * (RETURNS + 1) - closed.load(Ordering::Relaxed);
    println!(
        "hostile connections still to come or to go: {there}; executor: {}",
        executor.memory()
    );
    assert!(executor.memory().peak < 400 << 20, "{}", executor.memory());
    hostiles.shutdown().await;
    assert_eq!(sandbar(fetch).await.output(), "in");
}
