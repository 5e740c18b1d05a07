//! Pipes over WebSockets: a message is a line, and a line is a message.

use super::limits::{CLOSE, DEAD_PEER, MESSAGE_BYTES, PING_INTERVAL, READ_BYTES, STALLED_PEER};
use super::live::{Live, Moved};
use super::pipe::{Carrier, Pipe};
use bytes::{Bytes, BytesMut};
use futures::{SinkExt as _, StreamExt as _};
use memchr::memchr;
use sandbar_protocol::jsonrpc::LineDecoder;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

/// Limits of the messages and frames of a connection.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
}

/// A pipe over an open WebSocket, and what carries it, for a task of its own.
///
/// It reads and writes independently of each other: neither waits for the
/// other, so that no order of traffic can lock two peers.
pub(crate) fn carry<S>(socket: WebSocketStream<Live<S>>) -> (Pipe, impl Future<Output = ()> + Send)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (pipe, Carrier { deliver, collect }) = Pipe::carried();
    let moved = socket.get_ref().moved();
    let carrier = async move {
        let (mut sink, mut stream) = socket.split();
        let end = tokio::select! {
            end = read(&mut stream, &moved, deliver) => end,
            end = write(&mut sink, &moved, collect) => end,
        };
        // Both are halves of this socket, and so fit together.
        if let Ok(socket) = sink.reunite(stream) {
            // The pipe has ended by now; a peer that takes its time holds nobody up.
            let _ = tokio::time::timeout(CLOSE, close(socket, end)).await;
        }
    };
    (pipe, carrier)
}

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// We have nothing more to say.
    Ours,
    /// The peer has closed the WebSocket, and its close frame is to be answered.
    Theirs,
    /// The peer broke the protocol, or sent more than it may.
    Violation(CloseCode),
    /// There is nobody to say anything to.
    Lost,
}

impl End {
    /// What an error of reading amounts to (RFC 6455 section 7.4.1).
    fn of(error: &Error) -> Self {
        match error {
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Lost,
            Error::Protocol(_) | Error::AttackAttempt => Self::Violation(CloseCode::Protocol),
            Error::Utf8(_) => Self::Violation(CloseCode::Invalid),
            Error::Capacity(_) => Self::Violation(CloseCode::Size),
            _ => Self::Lost,
        }
    }
}

/// The closing handshake (RFC 6455 section 7.1.2), and the end of the connection after it. A peer that
/// is still sending is listened to, without regard for what: bytes that nobody has read make a reset
/// of the end, which overtakes the close frame.
async fn close<S>(mut socket: WebSocketStream<S>, end: End)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let frame = |code| Some(CloseFrame { code, reason: Utf8Bytes::from_static("") });
    let said = match end {
        End::Ours => socket.close(frame(CloseCode::Normal)).await,
        // The answer waits to be sent.
        End::Theirs => socket.flush().await,
        End::Violation(code) => socket.close(frame(code)).await,
        End::Lost => return,
    };
    let mut stream = socket.into_inner();
    if said.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    let mut rest = vec![0; READ_BYTES];
    while matches!(stream.read(&mut rest).await, Ok(1..)) {}
}

async fn read<S>(stream: &mut S, moved: &Moved, deliver: mpsc::Sender<Bytes>) -> End
where
    S: futures::Stream<Item = tokio_tungstenite::tungstenite::Result<Message>> + Unpin,
{
    loop {
        // The clock runs only while we wait for the peer: one that we do not
        // read from cannot show that it lives.
        let line = match moved.while_read(DEAD_PEER, stream.next()).await {
            Some(Some(Ok(Message::Text(text)))) => line(text.as_bytes()),
            Some(Some(Ok(Message::Binary(bytes)))) => line(&bytes),
            Some(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => continue,
            Some(Some(Ok(Message::Close(_)))) => return End::Theirs,
            Some(Some(Err(error))) => return End::of(&error),
            Some(None) | None => return End::Lost,
        };
        // Whoever takes no more messages may still have some to send, and the end of the peer
        // concerns it.
        let _ = deliver.send(line).await;
    }
}

/// A message as a line. Line feeds are white space between the tokens of a JSON text, and not allowed
/// within them (RFC 8259 sections 2 and 7). Carriage returns are the same and do not end a line, which
/// must not end in the middle of the message.
fn line(message: &[u8]) -> Bytes {
    let mut line = BytesMut::with_capacity(message.len() + 1);
    line.extend_from_slice(message);
    let mut rest = &mut line[..];
    while let Some(end) = memchr(b'\n', rest) {
        let Some((byte, after)) = rest.get_mut(end..).and_then(<[u8]>::split_first_mut) else {
            break;
        };
        *byte = b'\r';
        rest = after;
    }
    line.extend_from_slice(b"\n");
    line.freeze()
}

async fn write<S>(sink: &mut S, moved: &Moved, mut collect: mpsc::Receiver<Bytes>) -> End
where
    S: futures::Sink<Message, Error = Error> + Unpin,
{
    let mut decoder = LineDecoder::new(MESSAGE_BYTES);
    let mut pings = tokio::time::interval(PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    loop {
        let chunk = tokio::select! {
            chunk = collect.recv() => chunk,
            _ = pings.tick() => {
                let ping = sink.send(Message::Ping(Bytes::new()));
                if !matches!(moved.while_written(STALLED_PEER, ping).await, Some(Ok(()))) {
                    return End::Lost;
                }
                continue;
            }
        };
        let Some(chunk) = chunk else { return End::Ours };
        let flushes = collect.is_empty();
        let sent = async {
            feed(sink, &mut decoder, &chunk).await?;
            if flushes { sink.flush().await.ok() } else { Some(()) }
        };
        if moved.while_written(STALLED_PEER, sent).await.flatten().is_none() {
            return End::Lost;
        }
    }
}

/// Sends the lines that a chunk completes; none when the connection is over.
async fn feed<S>(sink: &mut S, decoder: &mut LineDecoder, chunk: &[u8]) -> Option<()>
where
    S: futures::Sink<Message, Error = Error> + Unpin,
{
    let mut rest = chunk;
    while let Some(line) = decoder.next_line(&mut rest).ok()? {
        let text = Utf8Bytes::try_from(Bytes::from(line.into_owned())).ok()?;
        sink.feed(Message::Text(text)).await.ok()?;
    }
    Some(())
}
