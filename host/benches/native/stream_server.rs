//! A server of bodies, for exchanges without MCP.

use crate::server_thread::ServerThread;
use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use futures::{StreamExt as _, stream};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A listening server. It ends with its [`ServerThread`].
///
/// - `/{bytes}`: a body of so many bytes
/// - `/chunks/{count}`: as many chunks of [`StreamServer::CHUNK`], each as soon as the last one
/// - `/fed`: the chunks that [`StreamServer::feed`] is given
pub(crate) struct StreamServer {
    address: SocketAddr,
    fed: Fed,
}

/// Where the chunks for the newest `/fed` go.
type Fed = Arc<Mutex<Option<mpsc::Sender<&'static str>>>>;

/// The piece that large bodies are made of, in bytes.
const PIECE: usize = 64 * 1024;

impl StreamServer {
    pub(crate) const CHUNK: &str = "data: {\"progress\":1}\n\n";

    pub(crate) async fn start(thread: &ServerThread) -> Result<Self> {
        let fed = Fed::default();
        let state = Arc::clone(&fed);
        let listening = async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let address = listener.local_addr()?;
            let listener = listener.tap_io(|connection| {
                let _ = connection.set_nodelay(true);
            });
            let router = Router::new()
                .route("/{bytes}", get(async |Path(bytes): Path<usize>| body(bytes)))
                .route("/chunks/{count}", get(async |Path(count): Path<usize>| chunks(count)))
                .route("/fed", get(feeding))
                .with_state(state);
            tokio::spawn(axum::serve(listener, router).into_future());
            anyhow::Ok(address)
        };
        Ok(Self { address: thread.run(listening).await??, fed })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a chunk on the stream that was asked for last.
    pub(crate) async fn feed(&self, chunk: &'static str) -> Result<()> {
        let sender = self.fed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sender.context("nobody has asked for /fed")?.send(chunk).await.context("it has ended")
    }

    /// Ends that stream.
    pub(crate) fn end_feed(&self) {
        self.fed.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

fn body(bytes: usize) -> Body {
    let piece = Bytes::from(vec![b'x'; PIECE]);
    let rest = piece.slice(..bytes % PIECE);
    let pieces = std::iter::repeat_n(piece, bytes / PIECE);
    let pieces = pieces.chain((!rest.is_empty()).then_some(rest));
    Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)))
}

fn chunks(count: usize) -> Body {
    let chunks = std::iter::repeat_n(StreamServer::CHUNK, count);
    // Each is written for itself, as by a server that reports what happens.
    let chunks = stream::iter(chunks).then(async |chunk| {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(chunk)
    });
    Body::from_stream(chunks)
}

async fn feeding(State(fed): State<Fed>) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    *fed.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    let chunks = stream::unfold(receiver, async |mut receiver| {
        let chunk = receiver.recv().await?;
        Some((Ok::<_, Infallible>(chunk), receiver))
    });
    Body::from_stream(chunks)
}
