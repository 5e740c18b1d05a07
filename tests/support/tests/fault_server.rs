use std::{io::ErrorKind, time::Duration};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::raw_client::{
    connect, get, read_bytes_to_end, read_once, read_to_end, read_until, send,
};
use crate::support::{
    fault::{Chunk, EarlyClose, Gate, LAST_CHUNK, LineEnding, Response, Script, SseEvent},
    fault_server::FaultServer,
};

/// Catches a server that writes the parts so fast that the client reads them as one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn split_parts_arrive_in_separate_reads() {
    let server = FaultServer::start(|_| Script::new().send_split(b"abcdef", &[1, 4]).close()).await;
    let mut stream = get(&server, "/").await;
    let reads =
        [read_once(&mut stream).await, read_once(&mut stream).await, read_once(&mut stream).await];
    assert_eq!(reads, ["a", "bcd", "ef"]);
}

/// Catches a server that does not look at the socket while it has nothing to send.
#[tokio::test]
async fn a_client_that_leaves_a_hanging_request_is_noticed() {
    let server = FaultServer::start(|_| Script::new().hang()).await;
    let stream = get(&server, "/").await;
    server.request(0).await;
    drop(stream);
    let expected = EarlyClose { connection: 0, requests: 1 };
    assert_eq!(server.closed_early(0).await, expected);
}

/// Catches a script that stays at its gate for ever when nobody is left to answer.
#[tokio::test]
async fn a_client_that_leaves_at_a_gate_is_noticed() {
    let gate = Gate::new("before the answer");
    let script = Script::new().wait(&gate).send(Response::new(200));
    let server = FaultServer::start(move |_| script.clone()).await;
    let stream = get(&server, "/").await;
    gate.reached(1).await;
    drop(stream);
    server.closed_early(0).await;
}

/// Catches a script that is silent on purpose and does not look at the socket meanwhile.
#[tokio::test]
async fn a_client_that_leaves_during_a_silence_is_noticed() {
    let an_hour = Duration::from_secs(3600);
    let script = Script::new().pause(an_hour).send(Response::new(200));
    let server = FaultServer::start(move |_| script.clone()).await;
    let stream = get(&server, "/").await;
    server.request(0).await;
    drop(stream);
    server.closed_early(0).await;
}

/// Catches a server that counts every close as early, which would make cancellation tests pass
/// without any cancellation.
#[tokio::test]
async fn a_client_that_leaves_after_its_answer_is_not_early() {
    let server = FaultServer::start(|request| match request.target.as_str() {
        "/hang" => Script::new().hang(),
        "/last" => Script::respond(Response::new(200)).wait_for_client_close(),
        _ => Script::respond(Response::new(200)),
    })
    .await;
    for target in ["/", "/last"] {
        let mut stream = get(&server, target).await;
        read_until(&mut stream, "\r\n\r\n").await;
    }
    let stream = get(&server, "/hang").await;
    server.request(2).await;
    drop(stream);
    assert_eq!(server.closed_early(0).await.connection, 2);
}

/// Catches a gate that lets everything through once it has let one thing through.
#[tokio::test]
async fn a_gate_lets_through_as_many_bytes_as_the_test_says() {
    let gate = Gate::new("between bytes");
    let script = Script::new().send_bytewise(b"abcd", &gate).close();
    let server = FaultServer::start(move |_| script.clone()).await;
    let mut stream = get(&server, "/").await;
    gate.let_through(2);
    assert_eq!(read_until(&mut stream, "b").await, "ab");
    gate.reached(3).await;
    gate.open();
    assert_eq!(read_to_end(&mut stream).await, "cd");
}

/// Catches a reset that is an orderly end, which clients treat very differently.
#[tokio::test]
async fn a_reset_is_not_an_orderly_end() {
    let server = FaultServer::start(|_| Script::new().reset()).await;
    let mut stream = get(&server, "/").await;
    let error = stream.read(&mut [0; 16]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// Catches a response writer that corrects the lengths it was told to get wrong.
#[tokio::test]
async fn a_declared_length_need_not_be_that_of_the_body() {
    let server = FaultServer::start(|request| {
        let length = if request.target == "/short" { 2 } else { 9 };
        Script::respond(Response::new(200).body("body").declared_length(length)).close()
    })
    .await;
    for (target, length) in [("/short", 2), ("/long", 9)] {
        let answer = read_to_end(&mut get(&server, target).await).await;
        let expected = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nbody");
        assert_eq!(answer, expected);
    }
}

/// Catches a chunk writer that loses extensions or counts them as data.
#[tokio::test]
async fn chunks_carry_extensions_and_trailers() {
    let server = FaultServer::start(|_| {
        Script::new()
            .send(Response::new(200).chunks_follow())
            .send(Chunk::new("hello, chunks!").extension("a=b"))
            .send(b"0\r\nx-trailer: t\r\n\r\n")
            .close()
    })
    .await;
    let answer = read_to_end(&mut get(&server, "/").await).await;
    let expected = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                    e;a=b\r\nhello, chunks!\r\n0\r\nx-trailer: t\r\n\r\n";
    assert_eq!(answer, expected);
}

/// Catches events that are glued together, or lack the empty line that dispatches them.
#[tokio::test]
async fn every_event_is_a_chunk_of_its_own() {
    let server = FaultServer::start(|_| {
        let events = [
            SseEvent::priming("7", 500),
            SseEvent::comment("keep-alive"),
            SseEvent::data("two\nlines").event("message").id("8"),
        ];
        Script::respond_with_events(events).close()
    })
    .await;
    let answer = read_to_end(&mut get(&server, "/").await).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    let expected = "19\r\nid: 7\nretry: 500\ndata: \n\n\r\n\
                    e\r\n: keep-alive\n\n\r\n\
                    2c\r\ndata: two\ndata: lines\nevent: message\nid: 8\n\n\r\n0\r\n\r\n";
    assert_eq!(body, expected);
}

/// Catches an encoder with only one idea of what a line ending is.
#[test]
fn events_end_their_lines_as_asked() {
    let event = SseEvent::data("x");
    assert_eq!(event.encode(LineEnding::CrLf), b"data: x\r\n\r\n");
    assert_eq!(event.encode(LineEnding::Cr), b"data: x\r\r");
}

/// Catches a second request that is answered with the first one's rest, and chunk framing that
/// ends up in the recorded body.
#[tokio::test]
async fn requests_on_one_connection_are_recorded_one_by_one() {
    let server = FaultServer::start(|_| Script::respond(Response::new(204))).await;
    let mut stream = connect(&server).await;
    let pipelined = "POST /one HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\ntransfer-encoding: chunked\r\n\r\n\
                     3;e=f\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: t\r\n\r\n\
                     DELETE /two HTTP/1.1\r\ncontent-length: 2\r\n\r\nxy";
    send(&mut stream, pipelined).await;
    let (first, second) = (server.request(0).await, server.request(1).await);
    assert_eq!((first.target.as_str(), &first.body[..]), ("/one", &b"abcde"[..]));
    assert_eq!(first.fields[0], ("X-A".to_owned(), b"1".to_vec()));
    assert_eq!(first.fields[1], ("x-a".to_owned(), b"2".to_vec()));
    assert_eq!((second.method.as_str(), &second.body[..]), ("DELETE", &b"xy"[..]));
    assert_eq!((second.connection, server.connections()), (0, 1));
    assert_eq!(server.requests().len(), 2);
}

/// Catches a server that answers what is not HTTP as if it were.
#[tokio::test]
async fn a_malformed_request_is_refused_with_the_reason() {
    let server = FaultServer::start(|_| Script::respond(Response::new(200))).await;
    for request in [
        "GET / HTTP/2\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: +5\r\ncontent-length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    ] {
        let mut stream = connect(&server).await;
        send(&mut stream, request).await;
        stream.shutdown().await.unwrap();
        let answer = read_to_end(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{request:?}: {answer}");
    }
    assert_eq!(server.requests().len(), 0);
}

/// Catches a server that cannot speak before it is spoken to.
#[tokio::test]
async fn a_raw_script_owns_the_connection_from_the_first_byte() {
    let server = FaultServer::start_raw(|connection| match connection {
        0 => Script::new().send(b"garbage").read_request().close(),
        _ => Script::new()
            .read_request()
            .send(Response::early_hints())
            .send(Response::redirect(307, "http://other/")),
    })
    .await;
    let mut first = connect(&server).await;
    assert_eq!(read_until(&mut first, "garbage").await, "garbage");
    let mut second = get(&server, "/").await;
    let answer = read_to_end(&mut second).await;
    let (hints, redirect) = answer.split_once("\r\n\r\n").unwrap();
    assert!(hints.starts_with("HTTP/1.1 103 "), "{hints}");
    assert!(redirect.starts_with("HTTP/1.1 307 "), "{redirect}");
    assert!(redirect.contains("location: http://other/\r\n"), "{redirect}");
    server.wait_for_connections(2).await;
}

/// Catches a length that is that of the content before coding, and a body without its last chunk.
#[tokio::test]
async fn a_coded_body_is_framed_by_its_coded_length() {
    let server = FaultServer::start(|request| {
        let response = Response::new(200).body("text").gzip();
        Script::respond(match request.target.as_str() {
            "/chunked" => response.chunked(),
            _ => response,
        })
        .close()
    })
    .await;
    for (target, framing, last) in [
        ("/", "content-length: 27\r\n", 0),
        ("/chunked", "transfer-encoding: chunked\r\n", LAST_CHUNK.len()),
    ] {
        let answer = read_bytes_to_end(&mut get(&server, target).await).await;
        let text = String::from_utf8_lossy(&answer);
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(framing.trim_end()), "{head}");
        assert!(head.ends_with("content-encoding: gzip"), "{head}");
        assert_eq!(answer[answer.len() - last..], LAST_CHUNK[..last]);
    }
}

/// Catches a length on a body that only the end of the connection ends.
#[tokio::test]
async fn a_close_delimited_body_has_no_length() {
    let server = FaultServer::start(|_| {
        Script::respond(Response::new(200).body("to the end").close_delimited()).close()
    })
    .await;
    let answer = read_to_end(&mut get(&server, "/").await).await;
    assert_eq!(answer, "HTTP/1.0 200 OK\r\n\r\nto the end");
}

/// Catches a flood that repeats one field: tables of fields count names, not lines.
#[tokio::test]
async fn a_flood_has_as_many_different_fields_as_asked() {
    let server =
        FaultServer::start(|_| Script::respond(Response::new(200).field_flood(300, 4)).close())
            .await;
    let answer = read_to_end(&mut get(&server, "/").await).await;
    let mut names: Vec<&str> =
        answer.lines().filter_map(|line| line.strip_suffix(": ffff")).collect();
    names.dedup();
    assert_eq!(names.len(), 300);
}

/// Catches an endless sender that does not notice that nobody listens any more.
#[tokio::test]
async fn an_endless_body_ends_with_the_client() {
    let server = FaultServer::start(|_| {
        Script::new()
            .send(Response::new(200).chunks_follow())
            .send_repeatedly(b"1\r\nx\r\n", u64::MAX)
            .send(LAST_CHUNK)
    })
    .await;
    let mut stream = get(&server, "/").await;
    read_once(&mut stream).await;
    drop(stream);
    server.closed_early(0).await;
}

/// Catches connections that outlive the server and keep a client waiting for ever.
#[tokio::test]
async fn dropping_the_server_ends_its_connections() {
    let server = FaultServer::start(|_| Script::new().hang()).await;
    let mut stream = get(&server, "/").await;
    server.request(0).await;
    drop(server);
    assert_eq!(read_to_end(&mut stream).await, "");
}
