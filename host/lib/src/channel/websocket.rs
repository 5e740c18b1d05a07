//! Pipes over WebSockets: a message is a line, and a line is a message.

use super::limits::{DEAD_PEER, MESSAGE_BYTES, PING_INTERVAL};
use super::pipe::{Carrier, Pipe};
use bytes::{Bytes, BytesMut};
use futures::{SinkExt as _, StreamExt as _};
use memchr::memchr2;
use sandbar_protocol::jsonrpc::LineDecoder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// Limits of the messages and frames of a connection.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
}

/// A pipe over an open WebSocket, carried by a task of the current runtime.
///
/// The task reads and writes independently of each other: neither waits for the
/// other, so that no order of traffic can lock two peers.
pub(crate) fn carry<S>(socket: WebSocketStream<S>) -> Pipe
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (pipe, Carrier { deliver, collect }) = Pipe::carried();
    let (sink, stream) = socket.split();
    tokio::spawn(async move {
        tokio::select! {
            () = read(stream, deliver) => {}
            () = write(sink, collect) => {}
        }
    });
    pipe
}

async fn read<S>(mut stream: S, deliver: mpsc::Sender<Bytes>)
where
    S: futures::Stream<Item = tokio_tungstenite::tungstenite::Result<Message>> + Unpin,
{
    loop {
        // The clock runs only while we wait for the peer: one that we do not
        // read from cannot show that it lives.
        let message = tokio::select! {
            message = tokio::time::timeout(DEAD_PEER, stream.next()) => message,
            () = deliver.closed() => return,
        };
        let line = match message {
            Ok(Some(Ok(Message::Text(text)))) => line(text.as_bytes()),
            Ok(Some(Ok(Message::Binary(bytes)))) => line(&bytes),
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => continue,
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return,
        };
        if deliver.send(line).await.is_err() {
            return;
        }
    }
}

/// A message as a line. Line ends within a JSON text are white space, and become
/// blanks: the line must not end in the middle of the message.
fn line(message: &[u8]) -> Bytes {
    let mut line = BytesMut::with_capacity(message.len() + 1);
    line.extend_from_slice(message);
    let mut rest = &mut line[..];
    while let Some(end) = memchr2(b'\n', b'\r', rest) {
        let Some((byte, after)) = rest.get_mut(end..).and_then(<[u8]>::split_first_mut) else {
            break;
        };
        *byte = b' ';
        rest = after;
    }
    line.extend_from_slice(b"\n");
    line.freeze()
}

async fn write<S>(mut sink: S, mut collect: mpsc::Receiver<Bytes>)
where
    S: futures::Sink<Message, Error = tokio_tungstenite::tungstenite::Error> + Unpin,
{
    let mut decoder = LineDecoder::new(MESSAGE_BYTES);
    let mut pings = tokio::time::interval(PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    loop {
        let chunk = tokio::select! {
            chunk = collect.recv() => chunk,
            _ = pings.tick() => {
                if sink.send(Message::Ping(Bytes::new())).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let Some(chunk) = chunk else { break };
        if feed(&mut sink, &mut decoder, &chunk).await.is_none() {
            return;
        }
        if collect.is_empty() && sink.flush().await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

/// Sends the lines that a chunk completes; none when the connection is over.
async fn feed<S>(sink: &mut S, decoder: &mut LineDecoder, chunk: &[u8]) -> Option<()>
where
    S: futures::Sink<Message, Error = tokio_tungstenite::tungstenite::Error> + Unpin,
{
    let mut rest = chunk;
    while let Some(line) = decoder.next_line(&mut rest).ok()? {
        let text = Utf8Bytes::try_from(Bytes::from(line.into_owned())).ok()?;
        sink.feed(Message::Text(text)).await.ok()?;
    }
    Some(())
}
