//! Byte pipes.

use super::error::ExecutorError;
use super::limits::{CHUNKS, READ_BYTES};
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

/// A pipe of bytes in both directions: newline-delimited JSON-RPC messages, as
/// `sandbar:executor/channel` has it. Dropping it closes it.
#[derive(Debug)]
pub struct Pipe {
    pub(crate) incoming: mpsc::Receiver<Bytes>,
    pub(crate) outgoing: mpsc::Sender<Bytes>,
}

/// The far side of a [`Pipe`], as tasks that carry it see it.
pub(super) struct Carrier {
    /// What the pipe is to receive.
    pub(super) deliver: mpsc::Sender<Bytes>,
    /// What the pipe sends.
    pub(super) collect: mpsc::Receiver<Bytes>,
}

impl Pipe {
    /// A pipe and who carries it.
    pub(super) fn carried() -> (Self, Carrier) {
        let (deliver, incoming) = mpsc::channel(CHUNKS);
        let (outgoing, collect) = mpsc::channel(CHUNKS);
        (Self { incoming, outgoing }, Carrier { deliver, collect })
    }

    /// Two pipes, each the other's far side.
    #[must_use]
    pub fn pair() -> (Self, Self) {
        let (pipe, Carrier { deliver, collect }) = Self::carried();
        (pipe, Self { incoming: collect, outgoing: deliver })
    }

    /// A pipe over a reader and a writer, carried by tasks of the current
    /// runtime. It ends when either does.
    pub fn over<R, W>(reader: R, writer: W) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let (pipe, Carrier { deliver, collect }) = Self::carried();
        tokio::spawn(read(reader, deliver));
        tokio::spawn(write(writer, collect));
        pipe
    }
}

/// Something that makes pipes to one executor: for its first connection, and for
/// another after that one is lost.
pub trait Connect: Send + Sync + 'static {
    /// Connects.
    ///
    /// # Errors
    ///
    /// When the executor cannot be reached; the text is shown to the user.
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, ExecutorError>>;
}

async fn read(mut reader: impl AsyncRead + Unpin, deliver: mpsc::Sender<Bytes>) {
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    loop {
        buffer.reserve(READ_BYTES);
        let read = tokio::select! {
            read = reader.read_buf(&mut buffer) => read,
            () = deliver.closed() => return,
        };
        // A connection that fails has ended: what the other side meant to say is
        // in the messages that came, or missing from them.
        if !matches!(read, Ok(1..)) || deliver.send(buffer.split().freeze()).await.is_err() {
            return;
        }
    }
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut collect: mpsc::Receiver<Bytes>) {
    while let Some(chunk) = collect.recv().await {
        if writer.write_all(&chunk).await.is_err() {
            return;
        }
        if collect.is_empty() && writer.flush().await.is_err() {
            return;
        }
    }
    // The reader at the other end sees the end of the pipe.
    let _ = writer.shutdown().await;
}
