//! A server of HTTP/2 that answers every request with the same frames, whatever they are. No library
//! sends what it is for.

use super::tls_front::Identity;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// Kinds of frames (RFC 9113 section 6).
pub(crate) const DATA: u8 = 0;
const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;

/// Flags of frames.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame of whichever stream it answers: its kind, its flags and its payload.
pub(crate) type Frame = (u8, u8, Vec<u8>);

/// The head of a response with status 200 and JSON, and with these fields, in literals (RFC 7541 section
/// 6.2.2).
pub(crate) fn head(fields: &[(&str, &str)]) -> Frame {
    let mut block = vec![0x88];
    for (name, value) in [("content-type", "application/json")].iter().chain(fields) {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        }
    }
    (HEADERS, END_HEADERS, block)
}

/// A running server on a free port of `127.0.0.1`. Dropping it drops every connection.
pub(crate) struct Http2Server {
    pub(crate) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Http2Server {
    pub(crate) async fn start(identity: &Identity, answer: Vec<Frame>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(accept(listener, identity.acceptor_of(&[b"h2"]), answer));
        Self { address, accepting }
    }
}

impl Drop for Http2Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, answer: Vec<Frame>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, answer) = (acceptor.clone(), answer.clone());
        // It ends with an error when its client leaves.
        connections.spawn(async move { serve(stream, &acceptor, &answer).await });
    }
}

async fn serve(stream: TcpStream, acceptor: &TlsAcceptor, answer: &[Frame]) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    // The preface of the client (RFC 9113 section 3.4), and ours.
    stream.read_exact(&mut [0; 24]).await?;
    stream.write_all(&encode(&(SETTINGS, 0, vec![]), [0; 4])).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let [_, high, low, kind, flags, id @ ..] = head;
        let mut payload = vec![0; usize::from(u16::from_be_bytes([high, low]))];
        stream.read_exact(&mut payload).await?;
        if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
            let frames: Vec<_> = answer.iter().flat_map(|frame| encode(frame, id)).collect();
            stream.write_all(&frames).await?;
            stream.flush().await?;
        }
    }
}

fn encode((kind, flags, payload): &Frame, stream: [u8; 4]) -> Vec<u8> {
    let [.., high, middle, low] = (payload.len() as u32).to_be_bytes();
    [&[high, middle, low, *kind, *flags], stream.as_slice(), payload].concat()
}
