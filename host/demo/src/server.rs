//! The life of the demo server: listening, accepting, stopping.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    serve::{ListenerExt, TapIo},
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{activity::Activity, handler::DemoHandler, limits::DRAIN};

const PATH: &str = "/mcp";

/// How the server answers. It speaks 2026-07-28 in every mode, always without sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DemoMode {
    /// Clients that open with `initialize` get a session; every answer is an event stream.
    #[default]
    StatefulSse,
    /// No sessions; every answer is an event stream.
    StatelessSse,
    /// No sessions; an answer is JSON, unless notifications come before it.
    StatelessJson,
}

impl DemoMode {
    fn config(self) -> StreamableHttpServerConfig {
        let config = StreamableHttpServerConfig::default().enforce_origin_validation();
        match self {
            Self::StatefulSse => config,
            Self::StatelessSse => config.with_legacy_session_mode(false),
            Self::StatelessJson => config.with_legacy_session_mode(false).with_json_response(true),
        }
    }
}

/// What kind of server to start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DemoOptions {
    /// The loopback port to listen on; 0 for any that is free.
    pub port: u16,
    /// How the server answers.
    pub mode: DemoMode,
    /// Leave Nagle's algorithm on for accepted connections, as servers do that never thought
    /// of it. Benches measure what that costs a client; everybody else wants `false`.
    pub nagle: bool,
}

/// A running MCP server on `127.0.0.1`. Dropping it stops it.
///
/// It refuses requests whose `Host` is not a loopback name, and every request with an `Origin`:
/// no web page may reach it, not even through a name that resolves to this machine.
#[derive(Debug)]
pub struct DemoServer {
    address: SocketAddr,
    activity: Arc<Activity>,
    shutdown: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
}

impl DemoServer {
    /// Starts listening. The server answers as soon as this returns.
    ///
    /// # Errors
    ///
    /// The port is taken, or this process may not listen on it.
    pub async fn start(options: DemoOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let activity = Arc::new(Activity::new());
        let shutdown = CancellationToken::new();
        let router = router(options.mode, &activity, &shutdown);
        let listener = tap_connections(listener, options.nagle, Arc::clone(&activity));
        let serving = tokio::spawn(
            axum::serve(listener, router)
                .with_graceful_shutdown(shutdown.clone().cancelled_owned())
                .into_future(),
        );
        Ok(Self { address, activity, shutdown, serving })
    }

    /// Where to connect: `http://127.0.0.1:PORT/mcp`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// How many TCP connections have been accepted so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.activity.connections()
    }

    /// How many calls of the `slow` tool have reached it so far. A caller that cancels must wait
    /// for this first, or it may be cancelling a request that was never sent.
    #[must_use]
    pub fn slow_calls(&self) -> watch::Receiver<u64> {
        self.activity.slow_calls()
    }

    /// How many tool calls have learned so far that they were cancelled.
    #[must_use]
    pub fn cancelled_calls(&self) -> watch::Receiver<u64> {
        self.activity.cancelled_calls()
    }

    /// Stops listening, ends every session and stream, and returns once all connections are
    /// closed, or after five seconds if a peer keeps one open by never finishing its request.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        // Either the connections are gone or their time is up: there is nobody to tell which.
        let _ = tokio::time::timeout(DRAIN, &mut self.serving).await;
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.serving.abort();
    }
}

fn router(mode: DemoMode, activity: &Arc<Activity>, shutdown: &CancellationToken) -> Router {
    let activity = Arc::clone(activity);
    let service = StreamableHttpService::new(
        move || Ok(DemoHandler::new(Arc::clone(&activity))),
        Arc::new(LocalSessionManager::default()),
        mode.config().with_cancellation_token(shutdown.child_token()),
    );
    Router::new().route_service(PATH, service)
}

fn tap_connections(
    listener: TcpListener,
    nagle: bool,
    activity: Arc<Activity>,
) -> TapIo<TcpListener, impl FnMut(&mut TcpStream)> {
    listener.tap_io(move |connection| {
        activity.connection_accepted();
        // A socket that refuses the option still works, only slower.
        let _ = connection.set_nodelay(!nagle);
    })
}
