//! How a client routes what an executor sends to the streams that it belongs to: the `remote`
//! component against an executor whose every frame is written here.
//!
//! Each test proves one property, and says what its set-up, what it exercises and what it asserts
//! contribute to the proof.

use crate::support::patience::wait_for;
use crate::support::scripted_executor::{Connections, ScriptedExecutor, client};
use sandbar::error::HttpLimit;
use sandbar::error::SequenceError;
use sandbar::executor::{Executor, HttpRequest, Streamed};
use sandbar::{Error, HttpError, HttpFailure};
use serde_json::json;
use std::time::Duration;

/// Bytes of the delta that no client has to take: one more than 1 MiB.
const OVERSIZE: usize = (1 << 20) + 1;

fn request() -> HttpRequest {
    HttpRequest::get("http://upstream.example/")
}

/// A client, and a stream that it has a response for.
async fn streaming() -> (Executor, Connections, ScriptedExecutor, String, Streamed) {
    let (client, mut connections) = client().await;
    let (streamed, (executor, stream)) = tokio::join!(client.request_stream(request()), async {
        let mut executor = connections.accept().await;
        let stream = executor.respond().await;
        (executor, stream)
    });
    (client, connections, executor, stream, streamed.unwrap())
}

/// Another stream on the same connection.
async fn another(client: &Executor, executor: &mut ScriptedExecutor) -> (String, Streamed) {
    let (streamed, stream) = tokio::join!(client.request_stream(request()), executor.respond());
    (stream, streamed.unwrap())
}

/// What arrives, and the error that it ends with, if it does.
async fn read(streamed: &mut Streamed) -> (Vec<u8>, Option<Error>) {
    let mut received = Vec::new();
    while let Some(chunk) = wait_for("a chunk or the end", streamed.body.chunk()).await {
        match chunk {
            Ok(chunk) => received.extend_from_slice(&chunk),
            Err(error) => return (received, Some(error)),
        }
    }
    (received, None)
}

async fn assert_clean(streamed: &mut Streamed, expected: &[u8]) {
    let (received, error) = read(streamed).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(received, expected);
}

async fn assert_sequence_error(streamed: &mut Streamed, before: &[u8], due: u64, came: u64) {
    let (received, error) = read(streamed).await;
    assert_eq!(received, before, "what came in order is delivered first");
    let error = error.expect("a clean end of a broken sequence");
    assert!(
        matches!(error, Error::Http(HttpFailure { code: HttpError::Sequence(SequenceError { expected, received }), .. })
            if (expected, received) == (due, came)),
        "{error:?}"
    );
}

/// Catches ids that callers choose or share, and deltas that reach the wrong stream.
#[tokio::test(flavor = "multi_thread")]
async fn interleaved_deltas_reach_their_streams_in_order_by_generated_ids() {
    // Set-up: two identical requests, so that nothing but the generated id can tell them apart.
    let (client, _connections, mut executor, first, mut one) = streaming().await;
    let (second, mut two) = another(&client, &mut executor).await;
    // Exercise: the deltas of both, interleaved.
    executor.delta(&second, 1, b"2a").await;
    executor.delta(&first, 1, b"1a").await;
    executor.delta(&first, 2, b"1b").await;
    executor.delta(&second, 2, b"2b").await;
    executor.end(&first, 3, b"").await;
    executor.end(&second, 3, b"").await;
    // Assert: distinct ids, and each stream has its own bytes in order.
    assert_eq!((first.as_str(), second.as_str()), ("http-1", "http-2"));
    assert_clean(&mut one, b"1a1b").await;
    assert_clean(&mut two, b"2a2b").await;
}

/// Catches a client that drops the bytes of a last delta, or delivers them twice.
#[tokio::test(flavor = "multi_thread")]
async fn bytes_in_the_last_delta_are_delivered_once() {
    // Set-up: a stream with a delta before the last.
    let (_client, _connections, mut executor, stream, mut streamed) = streaming().await;
    executor.delta(&stream, 1, b"begin ").await;
    // Exercise: the last delta carries bytes, which no executor does and every client takes.
    executor.end(&stream, 2, b"end").await;
    // Assert: they come after what came before, and then the end.
    assert_clean(&mut streamed, b"begin end").await;
}

/// Catches late deltas that are taken for a violation, or that reach the stream that comes next.
#[tokio::test(flavor = "multi_thread")]
async fn late_deltas_of_a_dropped_stream_are_ignored() {
    // Set-up: a stream that has begun and is dropped; a stock executor is not told.
    let (client, _connections, mut executor, dropped, mut streamed) = streaming().await;
    executor.delta(&dropped, 1, b"early").await;
    streamed.body.chunk().await.unwrap().unwrap();
    drop(streamed);
    // Exercise: the executor goes on with it, before and after the next response.
    executor.delta(&dropped, 2, b"late").await;
    let (next, mut streamed) = another(&client, &mut executor).await;
    executor.delta(&dropped, 3, b"later").await;
    executor.delta(&next, 1, b"next").await;
    executor.end(&dropped, 4, b"").await;
    executor.end(&next, 2, b"").await;
    // Assert: the next stream has an id of its own and nothing but its own bytes.
    assert_ne!(dropped, next);
    assert_clean(&mut streamed, b"next").await;
}

/// Catches a route that outlives the call that was given up before its response.
#[tokio::test(flavor = "multi_thread")]
async fn the_late_response_and_deltas_of_a_cancelled_call_are_ignored() {
    // Set-up: beside a stream that goes on, a call that is given up when the executor has its
    // request and has not answered.
    let (client, _connections, mut executor, first, mut streamed) = streaming().await;
    let cancelled = tokio::select! {
        outcome = client.request_stream(request()) => panic!("{outcome:?}"),
        request = executor.receive() => request,
    };
    let late = cancelled["params"]["requestId"].as_str().unwrap();
    // Exercise: its response and its deltas come all the same, beside another call.
    executor.answer(&cancelled).await;
    executor.delta(late, 1, b"late").await;
    let (next, mut following) = another(&client, &mut executor).await;
    executor.end(late, 2, b"").await;
    executor.end(&first, 1, b"first").await;
    executor.end(&next, 1, b"next").await;
    // Assert: the others have only what is their own.
    assert_clean(&mut streamed, b"first").await;
    assert_clean(&mut following, b"next").await;
}

/// Catches a connection that belongs to the call that opened it: who gives that call up must not
/// end the exchanges of others.
#[tokio::test(flavor = "multi_thread")]
async fn the_call_that_opened_a_connection_is_given_up_alone() {
    // Set-up: two calls, neither of which has an answer; the first has opened the connection.
    let (client, mut connections) = client().await;
    let mut opener = Box::pin(client.request_stream(request()));
    let mut executor = tokio::select! {
        outcome = &mut opener => panic!("{outcome:?}"),
        mut executor = connections.accept() => { executor.receive().await; executor }
    };
    let mut other = Box::pin(client.request_stream(request()));
    let asked = tokio::select! {
        outcome = &mut other => panic!("{outcome:?}"),
        asked = executor.receive() => asked,
    };
    // Exercise: the first is given up, and the executor answers the second: in two steps, so that
    // lines are moved after the first was gone.
    drop(opener);
    let (streamed, ()) = tokio::join!(other, executor.answer(&asked));
    let mut streamed = streamed.unwrap();
    let stream = asked["params"]["requestId"].as_str().unwrap();
    executor.delta(stream, 1, b"goes ").await;
    executor.end(stream, 2, b"on").await;
    // Assert: the second is whole, and a third finds the same connection.
    assert_clean(&mut streamed, b"goes on").await;
    let (third, mut streamed) = another(&client, &mut executor).await;
    executor.end(&third, 1, b"third").await;
    assert_clean(&mut streamed, b"third").await;
}

/// Catches a client that waits for ever where the executor keeps no deadline for it: a stock one
/// has none for silence.
#[tokio::test(flavor = "multi_thread")]
async fn silence_is_limited_also_where_the_executor_does_not_count_it() {
    // Set-up: short deadlines, which pass by themselves; the first one is long enough for the
    // request to be written before.
    let (client, _connections, mut executor, _first, _streamed) = streaming().await;
    let mut impatient = request();
    impatient.connect_timeout = Some(Duration::from_millis(500));
    impatient.idle_timeout = Some(Duration::from_millis(1));
    // Exercise: one request that has no answer, and one whose body stops after its head.
    let (no_head, _asked) =
        tokio::join!(client.request_stream(impatient.clone()), executor.receive());
    impatient.connect_timeout = Some(Duration::from_secs(3600));
    let (streamed, _stream) = tokio::join!(client.request_stream(impatient), executor.respond());
    let (received, silent_body) = read(&mut streamed.unwrap()).await;
    // Assert: each ends with the deadline that passed.
    let no_head = no_head.unwrap_err();
    assert!(
        matches!(no_head, Error::Http(HttpFailure { code: HttpError::FirstByteTimeout, .. })),
        "{no_head:?}"
    );
    assert_eq!(received, b"");
    assert!(
        matches!(silent_body, Some(Error::Http(HttpFailure { code: HttpError::IdleTimeout, .. }))),
        "{silent_body:?}"
    );
}

/// Catches a disconnection that drops what had arrived, or that a full queue hides.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_delivered_before_the_reason_of_the_disconnection() {
    const DELTAS: usize = 300;
    // Set-up: more deltas than the 256 that stock clients queue, and nobody reads them.
    let (_client, _connections, mut executor, stream, mut streamed) = streaming().await;
    for seq in 1..=DELTAS {
        executor.delta(&stream, seq as u64, &[b'x'; 1000]).await;
    }
    // Exercise: the connection is lost without a last delta.
    drop(executor);
    // Assert: every byte that was sent, and then the disconnection.
    let (received, error) = read(&mut streamed).await;
    assert_eq!(received.len(), DELTAS * 1000);
    assert!(
        matches!(error, Some(Error::Http(HttpFailure { code: HttpError::Disconnected(_), .. }))),
        "{error:?}"
    );
}

/// Catches a gap that is closed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_an_error_after_what_came_in_order() {
    // Set-up: a stream whose first delta is in order.
    let (_client, _connections, mut executor, stream, mut streamed) = streaming().await;
    executor.delta(&stream, 1, b"first").await;
    // Exercise: delta 2 is missing.
    executor.delta(&stream, 3, b"third").await;
    executor.end(&stream, 4, b"").await;
    // Assert: the first delta, and then both numbers.
    assert_sequence_error(&mut streamed, b"first", 2, 3).await;
}

/// Catches a repeat that is delivered twice, or passed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_delta_is_an_error_after_what_came_in_order() {
    // Set-up: a stream whose first delta is in order.
    let (_client, _connections, mut executor, stream, mut streamed) = streaming().await;
    executor.delta(&stream, 1, b"first").await;
    // Exercise: the same number again.
    executor.delta(&stream, 1, b"again").await;
    executor.end(&stream, 2, b"").await;
    // Assert: the bytes once, and then both numbers.
    assert_sequence_error(&mut streamed, b"first", 2, 1).await;
}

/// Catches deltas that are counted from zero.
#[tokio::test(flavor = "multi_thread")]
async fn delta_0_is_an_error() {
    // Set-up: a stream without a delta.
    let (_client, _connections, mut executor, stream, mut streamed) = streaming().await;
    // Exercise: its first delta is called 0.
    executor.delta(&stream, 0, b"zeroth").await;
    // Assert: no byte, and both numbers.
    assert_sequence_error(&mut streamed, b"", 1, 0).await;
}

/// Catches one stream's oversize delta that costs the connection, and with it every other stream.
#[tokio::test(flavor = "multi_thread")]
async fn an_oversize_delta_fails_its_own_stream_only() {
    // Set-up: two streams of one connection, both begun.
    let (client, _connections, mut executor, broken, mut failing) = streaming().await;
    let (sound, mut going_on) = another(&client, &mut executor).await;
    executor.delta(&broken, 1, b"begun").await;
    executor.delta(&sound, 1, b"before ").await;
    // Exercise: one byte too many on the first, and the second goes on.
    executor.delta(&broken, 2, &vec![b'x'; OVERSIZE]).await;
    executor.delta(&sound, 2, b"after").await;
    executor.end(&sound, 3, b"").await;
    // Assert: the first ends with the limit, after what came before; the second is whole.
    let (received, error) = read(&mut failing).await;
    assert_eq!(received, b"begun");
    assert!(
        matches!(&error, Some(Error::Http(HttpFailure { code: HttpError::LimitExceeded(HttpLimit { setting: name, .. }), .. }))
            if name == "delta-bytes"),
        "{error:?}"
    );
    assert_clean(&mut going_on, b"before after").await;
}

/// Catches a disconnection that is told as a broken sequence, which hides the reason, or as a clean
/// end, which hides the loss.
#[tokio::test(flavor = "multi_thread")]
async fn a_disconnection_in_the_middle_of_a_stream_is_told_as_one() {
    // Set-up: a stream that has delivered a delta, so that a number other than 1 is due.
    let (client, mut connections, mut executor, stream, mut streamed) = streaming().await;
    executor.delta(&stream, 1, b"begun").await;
    assert_eq!(&streamed.body.chunk().await.unwrap().unwrap()[..], b"begun");
    // Exercise: the connection is lost.
    drop(executor);
    // Assert: the stream says so; the client connects anew for the next exchange.
    let (received, error) = read(&mut streamed).await;
    assert_eq!(received, b"");
    assert!(
        matches!(error, Some(Error::Http(HttpFailure { code: HttpError::Disconnected(_), .. }))),
        "{error:?}"
    );
    let (again, ()) = tokio::join!(client.request(request(), 64), async {
        let mut executor = connections.accept().await;
        let stream = executor.respond().await;
        executor.end(&stream, 1, b"again").await;
    });
    assert_eq!(&again.unwrap().body[..], b"again");
}

/// What an executor asks in the middle of a stream is answered, and the stream goes on (set-up: one stream;
/// exercise: two requests between its deltas; assertion: an answer to each, and the whole body). Catches
/// a client that takes a question for the end of its connection, with all that is on it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_the_executor_is_answered_and_ends_nothing() {
    let (_client, _connections, mut executor, stream, mut streamed) = streaming().await;
    executor.delta(&stream, 1, b"one ").await;
    for id in [json!(7), json!("seven")] {
        executor.send(&json!({"id": id, "method": "fs/readFile", "params": {}})).await;
        let answer = executor.receive().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(-32601)), "{answer}");
    }
    executor.delta(&stream, 2, b"two").await;
    executor.end(&stream, 3, b"").await;
    assert_clean(&mut streamed, b"one two").await;
}
