//! What a soak does again and again: whole exchanges for the most part, and every way to leave one
//! that has begun.

use super::server::{CHUNK_BYTES, PIECES, SMALL};
use futures::FutureExt as _;
use sandbar::executor::{Executor, HttpRequest};
use sandbar::http::Policy;
use sandbar::types::{Content, Era, ToolResult};
use sandbar::{ConnectOptions, Error, Sandbar, Session};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Operations at a time.
const AT_A_TIME: usize = 16;

/// Of this many operations, [`LEFT`] are left before their end.
pub(super) const CYCLE: usize = 16;
pub(super) const LEFT: usize = 3;

/// Who does it.
pub(super) enum Load {
    /// Two sessions with the server, one of each era.
    Mcp([Session; 2]),
    /// Exchanges without MCP.
    Fetch(Executor, SocketAddr),
}

impl Load {
    pub(super) async fn mcp(sandbar: &Sandbar, server: SocketAddr) -> Self {
        let open = async |era| {
            let options = ConnectOptions::new(format!("http://{server}/mcp")).era(era);
            sandbar.connect_with(options).await.unwrap()
        };
        Self::Mcp([open(Era::Modern).await, open(Era::Legacy).await])
    }

    pub(super) async fn fetch(sandbar: &Sandbar, server: SocketAddr) -> Self {
        Self::Fetch(sandbar.executor(Policy::anywhere()).await.unwrap(), server)
    }

    /// The most memory that the sandboxes had, where that is known.
    pub(super) fn guest_memory(&self) -> Option<usize> {
        match self {
            Self::Mcp(sessions) => {
                Some(sessions.iter().map(|session| session.stats().memory_peak).sum())
            }
            Self::Fetch(..) => None,
        }
    }

    /// Does so many operations, and returns when all of them are over on this side.
    pub(super) async fn run(self: &Arc<Self>, operations: usize) {
        let mut workers = JoinSet::new();
        for worker in 0..AT_A_TIME {
            let load = Arc::clone(self);
            workers.spawn(async move {
                for number in (worker..operations).step_by(AT_A_TIME) {
                    // In another place of the cycle each time round.
                    let number = number / AT_A_TIME + number;
                    match &*load {
                        Self::Mcp(sessions) => {
                            let session = &sessions[number / CYCLE % 2];
                            call(session, number % CYCLE).await.unwrap();
                        }
                        Self::Fetch(executor, server) => {
                            fetch(executor, *server, number % CYCLE).await.unwrap();
                        }
                    }
                }
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker.unwrap();
        }
    }
}

async fn call(session: &Session, place: usize) -> Result<(), Error> {
    match place {
        // Given up as soon as it is on its way.
        0 => drop(session.call_tool("echo", None).start().await?),
        // Left between its notifications.
        1 => {
            let mut call = session.call_tool("count", None).start().await?;
            assert!(call.notification().await.is_some());
        }
        // Given up while the server does not answer.
        2 => {
            let mut call = session.call_tool("slow", None).start().await?;
            assert!(call.notification().await.is_some());
        }
        3..=5 => {
            let mut call = session.call_tool("count", None).start().await?;
            let mut notifications = 0;
            while call.notification().await.is_some() {
                notifications += 1;
            }
            assert_eq!(notifications, PIECES);
            assert_small(&call.await?);
        }
        _ => assert_small(&session.call_tool("echo", None).await?),
    }
    Ok(())
}

fn assert_small(result: &ToolResult) {
    assert!(matches!(&result.content[..], [Content::Text(text)] if text == SMALL), "{result:?}");
}

async fn fetch(executor: &Executor, server: SocketAddr, place: usize) -> Result<(), Error> {
    let get = |path: &str| HttpRequest::get(format!("http://{server}{path}"));
    match place {
        // Given up as soon as it is on its way.
        0 => drop(executor.request_stream(get("/small")).now_or_never()),
        // Left between its chunks.
        1 => {
            let mut streamed = executor.request_stream(get("/stream")).await?;
            assert!(streamed.body.chunk().await.is_some());
        }
        // Given up while nothing comes.
        2 => {
            let mut streamed = executor.request_stream(get("/slow")).await?;
            assert_eq!(&streamed.body.chunk().await.unwrap()?[..], b"x");
        }
        3..=5 => {
            let response = executor.request(get("/stream"), usize::MAX).await?;
            assert_eq!(response.body.len(), PIECES * CHUNK_BYTES);
        }
        _ => {
            let response = executor.request(get("/small"), 64).await?;
            assert_eq!(&response.body[..], SMALL.as_bytes());
        }
    }
    Ok(())
}
