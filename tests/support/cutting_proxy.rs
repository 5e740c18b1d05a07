//! A network that fails at a chosen byte, in front of a server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Where a connection is cut: after so many bytes in one direction, counted from when the cut was set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) direction: Direction,
    pub(crate) after: usize,
    /// With a reset, or with an end that looks orderly.
    pub(crate) reset: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
}

/// Forwards connections. Dropping it closes them.
pub(crate) struct CuttingProxy {
    address: SocketAddr,
    due: Arc<Mutex<Option<Cut>>>,
    accepting: JoinHandle<()>,
}

impl CuttingProxy {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let due = Arc::default();
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&due)));
        Self { address, due, accepting }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Cuts the connection that gets there first; none where `cut` is none.
    pub(crate) fn set(&self, cut: Option<Cut>) {
        *self.due.lock().unwrap() = cut;
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, due: Arc<Mutex<Option<Cut>>>) {
    // Dropped with this task, and every connection with it.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let due = Arc::clone(&due);
        connections.spawn(async move {
            let Ok(server) = TcpStream::connect(server).await else { return };
            forward(client, server, &due).await;
        });
    }
}

async fn forward(client: TcpStream, server: TcpStream, due: &Mutex<Option<Cut>>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let cut = Notify::new();
    let up = pump(&mut from_client, &mut to_server, Direction::ToServer, due, &cut);
    let down = pump(&mut from_server, &mut to_client, Direction::ToClient, due, &cut);
    let both = async { tokio::join!(up, down) };
    tokio::select! {
        _ = both => {}
        () = cut.notified() => {}
    }
}

/// Forwards bytes until the cut, which ends both directions at once.
async fn pump(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    direction: Direction,
    due: &Mutex<Option<Cut>>,
    cut: &Notify,
) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let end = take(due, direction, read);
        let forwarded = end.map_or(read, |cut| cut.after);
        if to.write_all(&buffer[..forwarded]).await.is_err() {
            break;
        }
        if let Some(Cut { reset, .. }) = end {
            // A socket that is closed with this set sends a reset.
            let linger = reset.then_some(std::time::Duration::ZERO);
            #[expect(deprecated, reason = "with a time of zero it does not block")]
            let _ = to.as_ref().set_linger(linger);
            #[expect(deprecated, reason = "with a time of zero it does not block")]
            let _ = from.as_ref().set_linger(linger);
            cut.notify_one();
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// Counts bytes towards the cut; the cut itself, with what is still forwarded, when it is reached.
fn take(due: &Mutex<Option<Cut>>, direction: Direction, bytes: usize) -> Option<Cut> {
    let mut due = due.lock().unwrap();
    match due.as_mut() {
        Some(cut) if cut.direction == direction && cut.after <= bytes => due.take(),
        Some(cut) if cut.direction == direction => {
            cut.after -= bytes;
            None
        }
        _ => None,
    }
}
