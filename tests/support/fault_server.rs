//! A loopback HTTP server without an HTTP library, so that it can do what no library allows.
//!
//! A test gives it a script for each request ([`FaultServer::start`]), for each connection
//! ([`FaultServer::start_raw`]) or for each MCP method ([`FaultServer::start_mcp`]), and then
//! looks at what arrived. Nothing in it waits for time to pass, unless a script is silent on purpose:
//! see [`Gate`](super::fault::Gate) and [`Script::pause`].

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use super::fault::{Connection, EarlyClose, Journal, McpScript, RecordedRequest, Script};

/// A running server on a free port of `127.0.0.1`. Dropping it drops every connection.
#[derive(Debug)]
pub(crate) struct FaultServer {
    address: SocketAddr,
    journal: Arc<Journal>,
    accepting: JoinHandle<()>,
}

enum Plan {
    PerRequest(Box<dyn Fn(&RecordedRequest) -> Script + Send + Sync>),
    PerConnection(Box<dyn Fn(usize) -> Script + Send + Sync>),
}

impl FaultServer {
    /// Answers every request with the script that `script_for` chooses for it. The request has
    /// been read completely by then; connections stay open unless the script ends them.
    pub(crate) async fn start(
        script_for: impl Fn(&RecordedRequest) -> Script + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Plan::PerRequest(Box::new(script_for))).await
    }

    /// Runs one script on every connection, from the moment it is accepted. The argument is the
    /// number of the connection, counted from 0.
    pub(crate) async fn start_raw(
        script_for: impl Fn(usize) -> Script + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Plan::PerConnection(Box::new(script_for))).await
    }

    /// Speaks MCP as `script` says.
    pub(crate) async fn start_mcp(script: McpScript) -> Self {
        Self::start(move |request| script.script_for(request)).await
    }

    async fn listen(plan: Plan) -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let journal = Arc::new(Journal::new());
        let accepting = tokio::spawn(accept(listener, Arc::new(plan), Arc::clone(&journal)));
        Self { address, journal, accepting }
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, which starts with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections have been accepted.
    pub(crate) fn connections(&self) -> usize {
        self.journal.connections()
    }

    /// Waits until that many connections have been accepted.
    pub(crate) async fn wait_for_connections(&self, count: usize) {
        self.journal.wait_for_connections(count).await;
    }

    /// All requests so far, in the order in which they became complete.
    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.journal.requests()
    }

    /// Waits for the request with this index, counted from 0.
    pub(crate) async fn request(&self, index: usize) -> RecordedRequest {
        self.journal.wait_for_request(index).await
    }

    /// Waits until a client has closed its connection early for the time with this index,
    /// counted from 0: this is how a cancellation looks from here.
    pub(crate) async fn closed_early(&self, index: usize) -> EarlyClose {
        self.journal.wait_for_early_close(index).await
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, plan: Arc<Plan>, journal: Arc<Journal>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("TCP has this option");
        let number = journal.connection_accepted();
        let connection = Connection::new(stream, number, Arc::clone(&journal));
        connections.spawn(serve(connection, number, Arc::clone(&plan)));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(connection: Connection, number: usize, plan: Arc<Plan>) {
    match plan.as_ref() {
        Plan::PerRequest(script_for) => connection.serve_requests(script_for.as_ref()).await,
        Plan::PerConnection(script_for) => connection.serve_script(script_for(number)).await,
    }
}
