//! Listening for clients: HTTP that is upgraded to WebSockets.

use super::entrance::{Entrance, Place};
use super::gate::{Gate, Token};
use super::handshake;
use super::limits::{ACCEPT_PAUSE, CONNECTIONS, HANDSHAKE, HEAD_BYTES, REFUSAL_DELAY, TOKEN};
use super::{ServeOptions, Server};
use crate::channel::live::Live;
use crate::channel::websocket;
use crate::sandbox::error::BuildError;
use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::task::TaskTracker;

/// Where and for whom to listen.
#[derive(Clone)]
pub struct ListenOptions {
    address: SocketAddr,
    token: Option<Token>,
    serve: ServeOptions,
}

impl ListenOptions {
    /// Listens on `address`; port 0 means any free one.
    #[must_use]
    pub fn new(address: SocketAddr, serve: ServeOptions) -> Self {
        Self { address, token: None, serve }
    }

    /// Asks every client for this bearer token, of 16 characters or more.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(Token::new(token));
        self
    }
}

/// Why a listener could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// An address that other machines reach, and no token.
    #[error("{address} is reachable from other machines, so clients need a token")]
    TokenNeeded {
        /// The address.
        address: SocketAddr,
    },
    /// The token can be guessed.
    #[error("the token has fewer than {TOKEN} characters")]
    ShortToken,
    /// A plugin has no place in an executor.
    #[error(transparent)]
    Plugin(#[from] Arc<BuildError>),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// An executor that listens for WebSocket clients, each served in a sandbox of
/// its own.
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: Server,
    serve: ServeOptions,
    gate: Gate,
    connections: Arc<Semaphore>,
    /// What carries the WebSockets, to their closing handshakes.
    carriers: TaskTracker,
}

impl Listener {
    /// Starts to listen.
    pub(crate) async fn bind(server: Server, options: ListenOptions) -> Result<Self, ListenError> {
        let ListenOptions { address, token, serve } = options;
        if token.is_none() && !address.ip().is_loopback() {
            return Err(ListenError::TokenNeeded { address });
        }
        if token.as_ref().is_some_and(Token::is_short) {
            return Err(ListenError::ShortToken);
        }
        server.programs.check_without_tools()?;
        let bind = |source| ListenError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        let gate = Gate { token };
        let shared = Shared { server, serve, gate, connections, carriers: TaskTracker::new() };
        Ok(Self { listener, address, shared: Arc::new(shared) })
    }

    /// The URL for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Serves clients until `shutdown` completes. Connections that are open then
    /// are closed, and their exchanges cancelled.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let entrance = Entrance::default();
        let mut clients = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                Some(_) = clients.join_next(), if !clients.is_empty() => continue,
                () = &mut shutdown => break,
            };
            // An error of accept is one of a client that is gone already, or of a
            // process out of descriptors, which others will return.
            let Ok((socket, peer)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let shared = Arc::clone(&self.shared);
            clients.spawn(serve_client(shared, socket, peer, entrance.enter(peer.ip())));
        }
        clients.shutdown().await;
        self.shared.carriers.close();
        self.shared.carriers.wait().await;
    }
}

/// Speaks HTTP with a client, and serves it if it asks for a WebSocket.
async fn serve_client(shared: Arc<Shared>, socket: TcpStream, peer: SocketAddr, mut place: Place) {
    let handshake = tokio::time::timeout(HANDSHAKE, shake_hands(&shared, socket, peer));
    let upgrading = tokio::select! {
        upgrading = handshake => upgrading.ok().flatten(),
        () = place.lost() => None,
    };
    drop(place);
    let Some(Upgrading { upgrade, permit: _permit }) = upgrading else { return };
    let Ok(upgraded) = upgrade.await else { return };
    let config = Some(websocket::config());
    let socket =
        WebSocketStream::from_raw_socket(Live::new(TokioIo::new(upgraded)), Role::Server, config)
            .await;
    let (pipe, carrier) = websocket::carry(socket);
    shared.carriers.spawn(carrier);
    let served = shared.server.serve(&shared.serve, pipe, Some(peer.to_string())).await;
    if let Err(error) = served {
        tracing::warn!(%peer, error = &error as &dyn std::error::Error, "connection failed");
    }
}

/// Answers one request. None where that is all that the client gets.
async fn shake_hands(shared: &Shared, socket: TcpStream, peer: SocketAddr) -> Option<Upgrading> {
    // Answers are small and wait for nothing.
    let _ = socket.set_nodelay(true);
    let (upgraded_sender, mut upgraded) = tokio::sync::mpsc::channel(1);
    let upgraded_sender = &upgraded_sender;
    let service = service_fn(move |request| async move {
        let mut response = respond(shared, request, peer, upgraded_sender).await;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            // Whoever is not let in is not kept either.
            response.headers_mut().append(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok::<_, Infallible>(response)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    if let Err(error) = connection.await {
        tracing::debug!(%peer, error = &error as &dyn std::error::Error, "handshake failed");
        return None;
    }
    upgraded.try_recv().ok()
}

/// A connection that will be a WebSocket, and its place among them.
struct Upgrading {
    upgrade: hyper::upgrade::OnUpgrade,
    permit: OwnedSemaphorePermit,
}

type Answer = Response<Full<Bytes>>;

async fn respond(
    shared: &Shared,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    upgraded: &tokio::sync::mpsc::Sender<Upgrading>,
) -> Answer {
    if let Err(refusal) = shared.gate.admit(request.uri(), request.headers()) {
        return text(refusal.status(), refusal.text());
    }
    match request.uri().path() {
        "/readyz" => return text(StatusCode::OK, ""),
        "/" => {}
        _ => return text(StatusCode::NOT_FOUND, "not found; the WebSocket is at `/`"),
    }
    if let Err(refusal) = shared.gate.authorize(request.headers()) {
        tracing::warn!(%peer, reason = refusal.text(), "a client was refused");
        if refusal.is_guess() {
            tokio::time::sleep(REFUSAL_DELAY).await;
        }
        return text(refusal.status(), refusal.text());
    }
    let switching = match handshake::answer(&request) {
        Ok(switching) => switching,
        Err(refused) => {
            return refused.response().map(|text| Full::new(Bytes::from_static(text.as_bytes())));
        }
    };
    let Ok(permit) = Arc::clone(&shared.connections).try_acquire_owned() else {
        return text(StatusCode::SERVICE_UNAVAILABLE, "all connections are in use");
    };
    let upgrade = hyper::upgrade::on(&mut request);
    if upgraded.try_send(Upgrading { upgrade, permit }).is_err() {
        return text(StatusCode::BAD_REQUEST, "one handshake is enough");
    }
    switching.map(|()| Full::default())
}

fn text(status: StatusCode, text: &'static str) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
