//! Which sessions share connections.

use super::scene::{GOOD, good_answer, mcp, options, sandbar, text};
use crate::support::{fault::Script, fault_server::FaultServer};
use sandbar::types::Era;
use sandbar::{ConnectOptions, Sandbar};

async fn server() -> FaultServer {
    let script = mcp(Era::Modern).on("tools/call", Script::respond(good_answer()));
    FaultServer::start_mcp(script).await
}

async fn use_once(sandbar: &Sandbar, options: ConnectOptions) {
    let session = sandbar.connect_with(options).await.unwrap();
    assert_eq!(text(session.call_tool("t", None)).await.unwrap(), GOOD);
    session.close().await;
}

/// Catches a pool that belongs to a session, so that every session pays for connections of its
/// own. A connection is free a moment after its answer: now and then, two are needed.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_with_the_same_origin_share_connections() {
    let (server, sandbar) = (server().await, sandbar());
    let sessions = 16;
    for _ in 0..sessions {
        use_once(&sandbar, options(&server, Era::Modern)).await;
    }
    assert_eq!(server.requests().len(), 2 * sessions);
    assert!(server.connections() < sessions / 2, "{}", server.connections());
}

/// Catches a pool that knows addresses instead of origins: what one origin gets must not be seen
/// on a connection of another, though both lead to the same server.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_with_different_origins_never_share_a_connection() {
    let (server, sandbar) = (server().await, sandbar());
    let port = server.address().port();
    for host in ["127.0.0.1", "localhost", "127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{port}/mcp");
        use_once(&sandbar, ConnectOptions::new(url).era(Era::Modern)).await;
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 8);
    for one in &requests {
        let hosts = |connection| {
            requests
                .iter()
                .filter(move |request| request.connection == connection)
                .map(|request| request.field("host").unwrap())
        };
        let host = one.field("host").unwrap();
        assert!(hosts(one.connection).all(|other| other == host), "{requests:?}");
    }
}

/// Catches state that clones of a factory share and separate ones do too.
#[tokio::test(flavor = "multi_thread")]
async fn separate_factories_never_share_a_connection() {
    let server = server().await;
    for _ in 0..2 {
        use_once(&sandbar(), options(&server, Era::Modern)).await;
    }
    let connections: Vec<_> = server.requests().iter().map(|request| request.connection).collect();
    assert_ne!(connections.first(), connections.last(), "{connections:?}");
}
