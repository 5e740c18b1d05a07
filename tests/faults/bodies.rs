//! Answers that are cut, broken, or framed in an unusual way.

use super::scene::{
    BOTH_ERAS, GOOD, assert_fails, assert_succeeds, good_answer, good_message, good_result, mcp,
    open, text,
};
use crate::support::{
    fault::{
        Chunk, LAST_CHUNK, LineEnding, RecordedRequest, Response, Script, SseEvent, sse_response,
    },
    fault_server::FaultServer,
};
use futures::future::join_all;
use sandbar::types::Era;
use sandbar::{Error, HttpError, HttpFailure};

const fn is_incomplete(error: &Error) -> bool {
    matches!(error, Error::Http(HttpFailure { code: HttpError::IncompleteBody, .. }))
}

const fn is_invalid(error: &Error) -> bool {
    matches!(error, Error::InvalidMessage(_))
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
    Close,
}

/// A response in parts, so that it is known what a cut at an offset takes away.
struct Parts {
    head: String,
    /// The body up to the byte that completes the answer, and the rest.
    body: (Vec<u8>, Vec<u8>),
}

impl Parts {
    /// Frames `content`, of which the answer needs all but the last `spare` bytes.
    fn new(media_type: &str, framing: Framing, content: &[u8], spare: usize) -> Self {
        let size = content.len();
        let (version, length) = match framing {
            Framing::Length => ("1.1", format!("content-length: {size}\r\n")),
            Framing::Chunked => ("1.1", "transfer-encoding: chunked\r\n".to_owned()),
            Framing::Close => ("1.0", String::new()),
        };
        let head = format!("HTTP/{version} 200 OK\r\ncontent-type: {media_type}\r\n{length}\r\n");
        let (needed, spare) = content.split_at(size - spare);
        let mut body = (needed.to_vec(), spare.to_vec());
        if let Framing::Chunked = framing {
            body.0 = [format!("{size:x}\r\n").as_bytes(), needed].concat();
            body.1.extend_from_slice(b"\r\n");
            body.1.extend_from_slice(LAST_CHUNK);
        }
        Self { head, body }
    }

    /// JSON is complete with its last byte, if its framing says so; to know that the body has
    /// ended, chunked coding needs its last chunk.
    fn json(framing: Framing, id: &str) -> Self {
        let message = message(id);
        let mut parts = Self::new("application/json", framing, message.as_bytes(), 0);
        parts.body.0.append(&mut parts.body.1);
        parts
    }

    /// An event is complete with the empty line behind it. The stream goes on with a comment.
    fn stream(framing: Framing, events: &[SseEvent]) -> Self {
        let comment = SseEvent::comment("more").encode(LineEnding::Lf);
        let mut content: Vec<u8> =
            events.iter().flat_map(|event| event.encode(LineEnding::Lf)).collect();
        content.extend_from_slice(&comment);
        Self::new("text/event-stream", framing, &content, comment.len())
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body.0, &self.body.1].concat()
    }
}

/// A good answer for an id, always of the same length.
fn message(id: &str) -> String {
    let result = good_result();
    format!(r#"{{"jsonrpc":"2.0","id":{id:>6},"result":{result}}}"#)
}

fn events(id: &str) -> Vec<SseEvent> {
    let progress =
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}"#;
    vec![SseEvent::data(progress), SseEvent::data(&message(id))]
}

/// The id of a request, as JSON text.
fn id(request: &RecordedRequest) -> String {
    request.rpc_id().unwrap().to_string()
}

/// Calls once for each offset of the response that `parts_for` makes for an id, and has the
/// connection closed there.
async fn cut_everywhere(
    era: Era,
    parts_for: impl Fn(&str) -> Parts + Send + Sync + 'static,
    is_right: impl Fn(Cut, Result<String, Error>) -> bool,
) {
    let sample = parts_for("1");
    let script = mcp(era);
    let server = FaultServer::start(move |request| match request.rpc_method().as_deref() {
        Some("tools/call") => {
            let offset: usize = tool(request).parse().unwrap();
            let bytes = parts_for(&id(request)).bytes();
            Script::new().send(&bytes[..offset]).close()
        }
        _ => script.script_for(request),
    })
    .await;
    let session = open(&server, era).await;
    let whole = sample.bytes().len();
    let calls = (0..=whole).map(|offset| text(session.call_tool(offset.to_string(), None)));
    for (offset, outcome) in join_all(calls).await.into_iter().enumerate() {
        let said = format!("{era:?}, cut after {offset} of {whole} bytes: {outcome:?}");
        let complete = sample.head.len() + sample.body.0.len();
        let cut = match offset {
            _ if offset < sample.head.len() => Cut::InHead,
            _ if offset < complete => Cut::BeforeAnswer,
            _ => Cut::AfterAnswer,
        };
        assert!(is_right(cut, outcome), "{said}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    InHead,
    BeforeAnswer,
    AfterAnswer,
}

/// The tool that a request calls.
fn tool(request: &RecordedRequest) -> String {
    request.json()["params"]["name"].as_str().unwrap().to_owned()
}

/// What a cut should come to, if one before the answer is noticed as `broken`.
fn is_right(cut: Cut, outcome: Result<String, Error>, broken: fn(&Error) -> bool) -> bool {
    match (cut, outcome) {
        (
            Cut::InHead,
            Err(Error::Http(HttpFailure { code: HttpError::ConnectionFailed(_), .. })),
        ) => true,
        (Cut::BeforeAnswer, Err(error)) => broken(&error),
        (Cut::AfterAnswer, Ok(text)) => text == GOOD,
        _ => false,
    }
}

/// Catches an interrupted stream that hangs, passes for a clean end, or yields half an event.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_cut_at_any_byte_is_incomplete_until_the_answer_is_there() {
    for era in BOTH_ERAS {
        let parts = |id: &str| Parts::stream(Framing::Chunked, &events(id));
        cut_everywhere(era, parts, |cut, outcome| is_right(cut, outcome, is_incomplete)).await;
    }
}

/// Catches an unfinished event that is dispatched at the end of the stream (WHATWG HTML, section
/// 9.2.6 wants it discarded). A stream without framing can only end cleanly.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_without_framing_has_no_answer_until_it_is_there() {
    for era in BOTH_ERAS {
        let parts = |id: &str| Parts::stream(Framing::Close, &events(id));
        let no_answer = |error: &Error| matches!(error, Error::NoAnswer);
        cut_everywhere(era, parts, |cut, outcome| is_right(cut, outcome, no_answer)).await;
    }
}

/// Catches a short JSON body that is parsed all the same, or waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_json_body_cut_at_any_byte_is_incomplete() {
    for era in BOTH_ERAS {
        for framing in [Framing::Length, Framing::Chunked] {
            let parts = move |id: &str| Parts::json(framing, id);
            cut_everywhere(era, parts, |cut, outcome| is_right(cut, outcome, is_incomplete)).await;
        }
    }
}

/// Catches a part of a JSON text that is accepted: without framing, nothing else tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_json_body_without_framing_is_invalid_until_it_is_whole() {
    for era in BOTH_ERAS {
        let parts = |id: &str| Parts::json(Framing::Close, id);
        cut_everywhere(era, parts, |cut, outcome| is_right(cut, outcome, is_invalid)).await;
    }
}

/// Catches a resumable stream that is given up, resumed from nowhere, or resumed by sending the
/// call again, which would run it twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_stream_with_an_event_id_is_resumed_wherever_it_was_cut() {
    let parts_for = |id: &str| {
        let mut stream = vec![SseEvent::priming(&format!("{id:0>6}"), 0)];
        stream.extend(events(id));
        Parts::stream(Framing::Chunked, &stream)
    };
    let sample = parts_for("1");
    let primed = sample.head.len()
        + format!("{:x}\r\n", sample.body.0.len()).len()
        + SseEvent::priming("000001", 0).encode(LineEnding::Lf).len();
    let script = mcp(Era::Legacy);
    let server = FaultServer::start(move |request| {
        if request.method == "GET" {
            let id: i64 = request.field("last-event-id").unwrap().parse().unwrap();
            return Script::respond_with_events(events(&id.to_string()));
        }
        match request.rpc_method().as_deref() {
            Some("tools/call") => {
                let offset: usize = tool(request).parse().unwrap();
                Script::new().send(&parts_for(&id(request)).bytes()[..offset]).close()
            }
            _ => script.script_for(request),
        }
    })
    .await;
    let session = open(&server, Era::Legacy).await;
    let whole = sample.bytes().len();
    let offsets = sample.head.len()..=whole;
    let calls = offsets.clone().map(|offset| text(session.call_tool(offset.to_string(), None)));
    for (offset, outcome) in offsets.clone().zip(join_all(calls).await) {
        match outcome {
            Ok(text) => assert!(offset >= primed && text == GOOD, "after {offset}: {text}"),
            Err(error) => assert!(offset < primed && is_incomplete(&error), "{offset}: {error:?}"),
        }
    }
    let calls = server.requests().iter().filter(|sent| sent.method == "POST").count();
    assert_eq!(calls, 2 + offsets.count(), "the handshake, and every call once");
}

/// Catches a body that ends with its connection and passes for the whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_a_reset_ends_is_incomplete() {
    let head = Response::json(200, good_message()).declared_length(4096);
    // In the hands of the client before the reset, which could overtake it otherwise.
    assert_fails(Script::new().send_split(head, &[]).reset(), is_incomplete, &["incomplete"]).await;
    let stream = Script::new().send_split(Response::event_stream(), &[]).reset();
    assert_fails(stream, is_incomplete, &["incomplete"]).await;
}

/// Catches a text that is repaired, guessed at or only looked at up to the answer.
#[tokio::test(flavor = "multi_thread")]
async fn json_that_is_none_is_invalid() {
    for body in ["", "{", r#"{"jsonrpc":"2.0","id":{id},"result":{"content":["#, "null", "[1]"] {
        let answer = Script::respond(Response::json(200, body));
        assert_fails(answer, is_invalid, &["broke the protocol"]).await;
    }
    let trailing = format!("{}x", good_message());
    assert_fails(Script::respond(Response::json(200, trailing)), is_invalid, &[]).await;
    let nothing = Script::respond(Response::json(200, "[]"));
    assert_fails(nothing, |error| matches!(error, Error::NoAnswer), &["without the answer"]).await;
    let event = sse_response([r#"{"jsonrpc":"2.0","id":{id},"result":"#]);
    assert_fails(Script::respond(event), is_invalid, &["broke the protocol"]).await;
}

/// Catches bytes that are replaced: a result with U+FFFD in it is not what the server said.
#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_not_utf_8_is_invalid() {
    let mut body = good_message().into_bytes();
    let place = body.windows(GOOD.len()).position(|window| window == GOOD.as_bytes()).unwrap();
    body[place] = 0xff;
    let json = Response::json(200, body.clone());
    assert_fails(Script::respond(json), is_invalid, &["utf-8"]).await;
    let event = [b"data: ", &*body, b"\n\n"].concat();
    let stream = Response::new(200).field("content-type", "text/event-stream").body(event);
    assert_fails(Script::respond(stream), is_invalid, &["utf-8"]).await;
}

/// Catches a client that insists on a length: a body of HTTP/1.0 ends with its connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_with_its_connection_is_accepted() {
    assert_succeeds(Script::respond(good_answer().close_delimited()).close()).await;
    let stream = sse_response([&*good_message()]).close_delimited();
    assert_succeeds(Script::respond(stream).close()).await;
}

/// Catches an interim response that is taken for the answer (RFC 9110, section 15.2).
#[tokio::test(flavor = "multi_thread")]
async fn interim_responses_are_skipped() {
    let hints = Script::new().send(Response::early_hints()).send(Response::early_hints());
    assert_succeeds(hints.send(good_answer())).await;
}

/// Catches extensions or trailers that end up in the content (RFC 9112, section 7.1).
#[tokio::test(flavor = "multi_thread")]
async fn chunk_extensions_and_trailers_are_no_content() {
    let head = Response::json(200, "").chunks_follow();
    let message = good_message();
    let (first, second) = message.split_at(10);
    let answer = Script::new()
        .send(head)
        .send(Chunk::new(first).extension("a=b"))
        .send(Chunk::new(second).extension("c=\"d;e\""))
        .send(b"0;last\r\nx-trailer: t\r\n\r\n");
    assert_succeeds(answer).await;
}

/// Catches a client that can only listen when it has spoken: the server refuses a large request
/// by its head, and never reads the rest.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_before_the_request_was_sent_counts() {
    let not_found = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"none"}}"#;
    let server = FaultServer::start_raw(move |connection| match connection {
        1 => Script::new()
            .await_head()
            .send(Response::new(413).field("connection", "close").body("too much"))
            .wait_for_client_close(),
        // Whoever refuses discovery like this is modern; the second answers the call.
        _ => Script::new()
            .read_request()
            .send(Response::json(404, not_found).field("connection", "close")),
    })
    .await;
    let session = open(&server, Era::Modern).await;
    let arguments = format!(r#"{{"a":"{}"}}"#, "x".repeat(12 * 1024 * 1024));
    let error = text(session.call_tool("t", Some(arguments))).await.unwrap_err();
    let is_refused = |error: &Error| matches!(error, Error::Status(status) if status.status == 413);
    assert!(is_refused(&error), "{error:?}");
    let error = text(session.call_tool("t", None)).await.unwrap_err();
    assert!(matches!(&error, Error::Rpc(error) if error.code == -32601), "{error:?}");
}
