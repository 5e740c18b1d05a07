//! HTTP/2, frame by frame: what ends a body, what a fault is called, and connections that died.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

use super::super::{DialError, DialLimit, DialLimits, Dialer, Proxies, Timeouts};
use super::server::{SHORT, get, policy, read, soon};
use super::tls::{Identity, listen_tls};
use super::uploads::upload;

/// Kinds of frames (RFC 9113 section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

/// Flags of frames.
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// Error codes (RFC 9113 section 7).
const NO_ERROR: u8 = 0;
const INTERNAL_ERROR: u8 = 2;
const REFUSED_STREAM: u8 = 7;
const CANCEL: u8 = 8;
const ENHANCE_YOUR_CALM: u8 = 11;

/// A frame of the first stream, or of the connection.
fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let [.., high, middle, low] = (payload.len() as u32).to_be_bytes();
    let stream = u8::from(!matches!(kind, SETTINGS | PING | GOAWAY));
    [&[high, middle, low, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// The head of a response with status 200, in literals without Huffman coding (RFC 7541 section 6.2.2).
fn head(flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, flags | END_HEADERS, &[&[0x88], block(fields).as_slice()].concat())
}

/// The same with so many field lines of so many bytes, in as many frames as they take.
fn large_head(lines: usize, bytes: usize) -> Vec<u8> {
    // A value whose length has seven bits is one byte of length, and longer ones are what follows
    // from RFC 7541 section 5.1.
    let mut block = vec![0x88];
    for _ in 0..lines {
        block.extend_from_slice(&[0, 1, b'x', 0x7f]);
        let mut rest = bytes.checked_sub(0x7f).expect("a long value");
        while rest >= 0x80 {
            block.push(0x80 | u8::try_from(rest % 0x80).unwrap());
            rest /= 0x80;
        }
        block.push(u8::try_from(rest).unwrap());
        block.resize(block.len() + bytes, b'v');
    }
    let mut frames = Vec::new();
    let pieces: Vec<_> = block.chunks(16 * 1024).collect();
    for (number, piece) in pieces.iter().enumerate() {
        let kind = if number == 0 { HEADERS } else { CONTINUATION };
        let flags = if number + 1 == pieces.len() { END_HEADERS } else { 0 };
        frames.extend(frame(kind, flags, piece));
    }
    frames
}

fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

fn data(flags: u8, bytes: &str) -> Vec<u8> {
    frame(DATA, flags, bytes.as_bytes())
}

fn reset(code: u8) -> Vec<u8> {
    frame(RST_STREAM, 0, &[0, 0, 0, code])
}

/// Takes its leave, after this stream.
fn goodbye(last_stream: u8, code: u8) -> Vec<u8> {
    frame(GOAWAY, 0, &[0, 0, 0, last_stream, 0, 0, 0, code])
}

/// A server of HTTP/2 that says exactly what a test wants it to.
struct Server {
    identity: Identity,
    listener: TcpListener,
    url: String,
}

impl Server {
    async fn new() -> Self {
        let (listener, url) = listen_tls().await;
        Self { identity: Identity::for_name("127.0.0.1"), listener, url }
    }

    fn dialer(&self, limits: DialLimits) -> Dialer {
        Dialer::new(policy(&self.url), self.identity.roots(), limits, Proxies::none())
    }

    /// Accepts a connection, and reads up to the end of the first head.
    async fn accept(&self) -> TlsStream<TcpStream> {
        let (stream, _) = self.listener.accept().await.unwrap();
        // What waits for an acknowledgement is lost where a reset comes before it.
        stream.set_nodelay(true).unwrap();
        let mut stream = self.identity.acceptor(&[b"h2"]).accept(stream).await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, &[])).await.unwrap();
        stream.read_exact(&mut [0; 24]).await.unwrap();
        read_until(&mut stream, HEADERS).await;
        stream
    }
}

/// Reads frames up to the first of this kind.
async fn read_until(stream: &mut (impl AsyncRead + Unpin), wanted: u8) -> Vec<u8> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let [_, high, low, kind, ..] = head;
        let mut payload = vec![0; usize::from(u16::from_be_bytes([high, low]))];
        stream.read_exact(&mut payload).await.unwrap();
        if kind == wanted {
            return payload;
        }
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), frames: &[Vec<u8>]) {
    stream.write_all(&frames.concat()).await.unwrap();
    stream.flush().await.unwrap();
}

/// What a request comes to that is answered with these frames, and whose connection is closed then.
async fn outcome(frames: &[Vec<u8>]) -> Result<(Vec<u8>, Result<(), DialError>), DialError> {
    let server = Server::new().await;
    let dialer = server.dialer(DialLimits::default());
    let serve = async {
        let mut stream = soon(server.accept()).await;
        // A client may have heard enough before the end.
        let _ = stream.write_all(&frames.concat()).await;
        let _ = stream.shutdown().await;
        stream
    };
    let (response, _stream) = tokio::join!(get(&dialer, &server.url), serve);
    Ok(read(response?.into_body()).await)
}

/// Catches a request that a server has promised not to have processed, and that passes for one that it
/// may have; and the reverse (RFC 9113 section 8.7; hyper 2500).
#[tokio::test]
async fn what_an_http2_server_did_not_take_is_unsent() {
    for (frame, unsent) in [
        (reset(REFUSED_STREAM), true),
        (reset(INTERNAL_ERROR), false),
        (goodbye(0, NO_ERROR), true),
        (goodbye(0, ENHANCE_YOUR_CALM), false),
    ] {
        let error = outcome(std::slice::from_ref(&frame)).await.unwrap_err();
        assert_eq!(error.is_unsent(), unsent, "{frame:?}: {error:?}");
    }
}

/// Catches a body that passes for whole because the server ended it "without an error": only the end
/// of the stream and the last announced byte are an end (RFC 9113 sections 8.1 and 8.1.1). hyper
/// takes NO_ERROR for an end wherever it stands.
#[tokio::test]
async fn a_body_that_did_not_end_is_incomplete_whatever_code_says_so() {
    let long = [("content-length", "10")];
    let cuts = [
        ("reset without an error", vec![reset(NO_ERROR)]),
        ("reset", vec![reset(CANCEL)]),
        ("leave before the stream", vec![goodbye(0, NO_ERROR)]),
        ("leave after the stream", vec![goodbye(1, NO_ERROR)]),
        ("leave with an error", vec![goodbye(1, INTERNAL_ERROR)]),
        ("close", vec![]),
    ];
    for (fields, sent) in [(&long[..], "four"), (&[], "four"), (&long, ""), (&[], "")] {
        for (name, cut) in &cuts {
            let mut frames = vec![head(0, fields)];
            frames.extend((!sent.is_empty()).then(|| data(0, sent)));
            frames.extend_from_slice(cut);
            let (bytes, end) = outcome(&frames).await.unwrap();
            assert_eq!(bytes, sent.as_bytes(), "{name}, {fields:?}");
            assert!(
                matches!(end, Err(DialError::ResponseIncomplete { .. })),
                "{name} after {sent:?} of {fields:?}: {end:?}"
            );
        }
    }
}

/// Catches a cut that is looked for where there is none: after the end of the stream a server may
/// reset it, to have the upload stopped (RFC 9113 section 8.1), or take its leave; and an announced
/// length that has come is an end, too.
#[tokio::test]
async fn a_body_that_ended_is_whole_whatever_follows() {
    let four = [("content-length", "4")];
    let trailers = frame(HEADERS, END_STREAM | END_HEADERS, &block(&[("x-trailer", "t")]));
    let ends = [
        vec![head(0, &[]), data(END_STREAM, "four")],
        vec![head(0, &[]), data(0, "four"), data(END_STREAM, "")],
        vec![head(0, &[]), data(0, "four"), trailers],
        vec![head(0, &four), data(END_STREAM, "four")],
        vec![head(0, &four), data(0, "four")],
    ];
    let afterwards = [
        vec![],
        vec![reset(NO_ERROR)],
        vec![reset(CANCEL)],
        vec![goodbye(0, NO_ERROR)],
        vec![goodbye(1, INTERNAL_ERROR)],
    ];
    for end in &ends {
        for after in &afterwards {
            let frames = [end.as_slice(), after].concat();
            let (bytes, end) = outcome(&frames).await.unwrap();
            assert_eq!(bytes, b"four", "{frames:?}");
            assert!(end.is_ok(), "{frames:?}: {end:?}");
        }
    }
    let (bytes, end) = outcome(&[head(END_STREAM, &[]), reset(NO_ERROR)]).await.unwrap();
    assert!(bytes.is_empty() && end.is_ok(), "{end:?}");
}

/// Catches a connection that is used for ever though its server reads nothing any more: every request
/// on it would wait for its deadline (dfinity/ic 10455, hyper 4186).
#[tokio::test]
async fn a_connection_that_answers_no_ping_is_given_up_with_its_streams() {
    // Long enough for the answer that is good, on a machine that has other things to do.
    let pong = SHORT * 10;
    let limits = DialLimits { http2_ping: SHORT, http2_pong: pong, ..DialLimits::default() };
    for (name, frames) in [
        ("before the head", vec![]),
        ("after the head", vec![head(0, &[])]),
        ("within the body", vec![head(0, &[("content-length", "10")]), data(0, "four")]),
    ] {
        let server = Server::new().await;
        let dialer = server.dialer(limits.clone());
        let serve = async {
            let mut dead = soon(server.accept()).await;
            write(&mut dead, &frames).await;
            dead
        };
        let (outcome, dead) = tokio::join!(get(&dialer, &server.url), serve);
        let error = match outcome {
            Ok(response) => read(response.into_body()).await.1.unwrap_err(),
            Err(error) => error,
        };
        let lost = match frames.is_empty() {
            true => matches!(error, DialError::Unresponsive { after } if after == pong),
            false => matches!(error, DialError::ResponseIncomplete { .. }),
        };
        assert!(lost && !error.is_unsent(), "{name}: {error:?}");

        // The dead connection is still open at its server; the next request has another.
        let serve = async {
            let mut stream = soon(server.accept()).await;
            write(&mut stream, &[head(0, &[]), data(END_STREAM, "four")]).await;
            stream
        };
        let (outcome, _stream) = tokio::join!(get(&dialer, &server.url), serve);
        let (bytes, end) = read(outcome.unwrap().into_body()).await;
        assert!(bytes == b"four" && end.is_ok(), "{name}: {end:?}");
        drop(dead);
    }
}

/// Catches an upload that waits for ever for a server that let it begin, and has read nothing since: what
/// asks for a sign of life is stuck behind it.
#[tokio::test]
async fn an_upload_that_nobody_reads_is_given_up() {
    const INITIAL_WINDOW_SIZE: [u8; 2] = [0, 4];
    let large = 0x7fff_0000_u32.to_be_bytes();
    // Of the first stream and of the connection.
    let settings = frame(SETTINGS, 0, &[INITIAL_WINDOW_SIZE.as_slice(), &large].concat());
    let mut window = frame(WINDOW_UPDATE, 0, &large);
    window[8] = 0;

    let limits = DialLimits { http2_ping: SHORT, http2_pong: SHORT * 10, ..DialLimits::default() };
    let server = Server::new().await;
    let dialer = server.dialer(limits);
    let serve = async {
        let mut stream = soon(server.accept()).await;
        write(&mut stream, &[settings, window]).await;
        stream
    };
    let sent = soon(dialer.send(upload(&server.url), Timeouts::default()));
    let (outcome, _unread) = tokio::join!(sent, serve);
    let error = outcome.unwrap_err();
    assert!(matches!(error, DialError::Unresponsive { .. }), "{error:?}");
}

/// Catches a server that is given up because it thinks for long, or has nothing to say on a stream.
#[tokio::test]
async fn a_server_that_answers_pings_may_take_its_time() {
    let server = Server::new().await;
    let dialer = server.dialer(DialLimits { http2_ping: SHORT, ..DialLimits::default() });
    let answer_pings = async |stream: &mut TlsStream<TcpStream>| {
        for _ in 0..3 {
            let ping = soon(read_until(stream, PING)).await;
            write(stream, &[frame(PING, ACK, &ping)]).await;
        }
    };
    let serve = async {
        let mut stream = soon(server.accept()).await;
        answer_pings(&mut stream).await;
        write(&mut stream, &[head(0, &[])]).await;
        answer_pings(&mut stream).await;
        write(&mut stream, &[data(END_STREAM, "four")]).await;
        stream
    };
    let request = async { read(get(&dialer, &server.url).await.unwrap().into_body()).await };
    let ((bytes, end), _stream) = tokio::join!(request, serve);
    assert!(bytes == b"four" && end.is_ok(), "{end:?}");
    assert_eq!(dialer.stats().connections_opened, 1);
}

/// Catches a limit on heads that HTTP/2 does not have, and one that is reported as the server's fault or
/// as a lost connection. The fields of one head are 33 bytes and more for each, those of others fill
/// what h2 decodes at all.
#[tokio::test]
async fn a_head_beyond_a_limit_is_named_by_it() {
    let few = |lines: usize| head(0, &vec![("x", "y"); lines]);
    let limit = DialLimit::ResponseHead { bytes: 256 * 1024, fields: 128 };
    for (name, frames) in [
        ("lines", few(129)),
        ("many lines", few(1000)),
        ("bytes", large_head(20, 20_000)),
        ("one long value", large_head(1, 300_000)),
        ("more than is decoded", large_head(300, 20_000)),
    ] {
        let error = outcome(&[frames, data(END_STREAM, "")]).await.unwrap_err();
        assert!(
            matches!(error, DialError::LimitExceeded(reached) if reached == limit),
            "{name}: {error:?}"
        );
    }
    for frames in [few(127), large_head(10, 20_000)] {
        let (_, end) = outcome(&[frames, data(END_STREAM, "")]).await.unwrap();
        assert!(end.is_ok(), "{end:?}");
    }
}

/// Catches a violation that passes for a connection that was closed, which invites a retry (RFC 9113
/// sections 4.1, 5.1, 6 and 8).
#[tokio::test]
async fn a_violation_before_the_head_is_a_protocol_error() {
    let status = |code: &[u8]| frame(HEADERS, END_HEADERS, code);
    for (name, frames) in [
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n".to_vec()),
        ("no status", frame(HEADERS, END_HEADERS, &block(&[("x", "y")]))),
        ("two statuses", status(&[0x88, 0x88])),
        ("a status behind a field", status(&[block(&[("x", "y")]).as_slice(), &[0x88]].concat())),
        ("an index that nobody defined", status(&[0x88, 0xff, 0x7f])),
        ("a field of a connection", head(0, &[("connection", "close")])),
        ("a framing of HTTP/1.1", head(0, &[("transfer-encoding", "chunked")])),
        ("a name in capitals", head(0, &[("X", "y")])),
        ("two lengths", head(0, &[("content-length", "1"), ("content-length", "2")])),
        ("a length that is none", head(0, &[("content-length", "x")])),
        ("content before the head", data(0, "four")),
        ("a push that nobody allowed", frame(PUSH_PROMISE, END_HEADERS, &[0, 0, 0, 2, 0x82])),
        ("a ping of five bytes", frame(PING, 0, b"short")),
        ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, &[0x88])),
        ("a window of nothing", frame(WINDOW_UPDATE, 0, &[0; 4])),
        ("a frame beyond all sizes", vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1]),
    ] {
        let error = outcome(&[frames]).await.unwrap_err();
        assert!(matches!(error, DialError::Protocol { .. }), "{name}: {error:?}");
        assert!(!error.is_unsent(), "{name}");
    }
}

/// The same within a body, where a violation passes for bytes that are missing; and the reverse, where
/// the stream ends before what was announced has come.
#[tokio::test]
async fn a_violation_in_a_body_is_a_protocol_error_and_a_short_body_is_none() {
    let long = [("content-length", "10")];
    for (name, frames) in [
        ("a second head", vec![head(0, &[])]),
        ("a ping of five bytes", vec![frame(PING, 0, b"short")]),
        ("a frame beyond all sizes", vec![vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1]]),
        ("padding beyond the frame", vec![frame(DATA, 8, &[200, 0])]),
    ] {
        let frames = [vec![head(0, &[]), data(0, "four")], frames].concat();
        let (bytes, end) = outcome(&frames).await.unwrap();
        assert_eq!(bytes, b"four", "{name}");
        assert!(matches!(end, Err(DialError::Protocol { .. })), "{name}: {end:?}");
    }
    for frames in [
        vec![head(0, &long), data(0, "four"), data(END_STREAM, "")],
        vec![head(0, &long), data(END_STREAM, "four")],
    ] {
        let (_, end) = outcome(&frames).await.unwrap();
        assert!(matches!(end, Err(DialError::ResponseIncomplete { .. })), "{end:?}");
    }
}

/// Catches an answer that is lost because the server wants none of the upload, and stops it in any of
/// the ways that it has (RFC 9113 section 8.1).
#[tokio::test]
async fn an_answer_of_http2_that_comes_before_the_upload_ends_wins() {
    for after in [
        vec![reset(NO_ERROR)],
        vec![reset(CANCEL)],
        vec![goodbye(1, NO_ERROR)],
        vec![reset(NO_ERROR), goodbye(1, ENHANCE_YOUR_CALM)],
        vec![],
    ] {
        let server = Server::new().await;
        let dialer = server.dialer(DialLimits::default());
        let answer = vec![head(0, &[]), data(END_STREAM, "too large")];
        let serve = async {
            let mut stream = soon(server.accept()).await;
            write(&mut stream, &[answer, after.clone()].concat()).await;
            // What it has not read makes a reset of this.
            drop(stream);
        };
        let sent = soon(dialer.send(upload(&server.url), Timeouts::default()));
        let (outcome, ()) = tokio::join!(sent, serve);
        let (bytes, end) = read(outcome.unwrap().into_body()).await;
        assert!(bytes == b"too large" && end.is_ok(), "{after:?}: {end:?}");
    }
}
