//! What is no message among those that are (java-sdk 885, vercel/ai 16002).

use sandbar_mcp_core::Error;

use crate::script::{Reply, call_tool, legacy, modern};

const ANSWER: &[u8] = b"data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n\n";

/// Catches one event that nobody needs, and that ends the call for which the tool has run.
#[test]
fn noise_on_a_stream_is_passed_over_with_a_line_in_the_log() {
    let noises: [&[u8]; 14] = [
        b"data: connected\n\n",
        b"data: [DONE]\n\n",
        b"data: keep-alive\n\n",
        b"data: {\"type\":\"heartbeat\"}\n\n",
        b"data: {}\n\n",
        b"data: null\n\n",
        b"data: 17\n\n",
        b"data: {not json\n\n",
        b"data: \"result\", \"error\"\n\n",
        b"data: <html>\n\n",
        b"data: \xFF\xFE\n\n",
        b"data: [{\"jsonrpc\":\"2.0\",\"method\":\"n\"},7]\n\n",
        b"data: {\"jsonrpc\":\"2.0\",\"result\":{}}\n\n",
        b"data: {\"jsonrpc\":\"1.0\",\"method\":\"n\"}\n\n",
    ];
    for noise in noises {
        for mut session in [modern(), legacy()] {
            let shown = String::from_utf8_lossy(noise);
            let reply = Reply::new(200, "text/event-stream", noise).chunk(noise).chunk(ANSWER);
            let (outcome, script) = call_tool(&mut session, [reply]);
            assert_eq!(outcome.unwrap(), "{}", "{shown}");
            let of_ours = |params: &&str| params.contains(r#""logger":"sandbar""#);
            let said = script.notified().into_iter().filter_map(|note| note.params.as_deref());
            let said: Vec<_> = said.filter(of_ours).collect();
            assert_eq!(said.len(), 1, "{shown}: {said:?}");
            assert!(said[0].contains(r#""level":"notice""#) && said[0].contains("tools/call"));
        }
    }
}

/// Catches an event that was never to be read, and that is not UTF-8.
#[test]
fn an_event_that_nobody_reads_may_hold_anything() {
    for noise in [
        &b"event: ping\ndata: \xFF\n\n"[..],
        b"event: \xFF\ndata: x\n\n",
        b"id: \xFF\n\n",
        b": \xFF\n\n",
        b"\xFF: \xFF\n\n",
    ] {
        let reply = Reply::new(200, "text/event-stream", noise).chunk(ANSWER);
        let (outcome, script) = call_tool(&mut legacy(), [reply]);
        assert_eq!((outcome.unwrap(), script.notified().len()), ("{}".into(), 0), "{noise:?}");
    }
}

/// Catches an answer that is lost without a word, and one that is waited for though it came broken.
#[test]
fn a_stream_that_ends_after_noise_says_what_came_instead() {
    let reply = Reply::sse("data: upstream is gone\n\n");
    let (outcome, _) = call_tool(&mut modern(), [reply]);
    let Err(Error::InvalidMessage(text)) = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("`upstream is gone`") && text.contains("`tools/call`"), "{text}");
    let broken = Reply::sse("data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{\"a\":\n\n");
    let (outcome, _) = call_tool(&mut modern(), [broken.chunk(": never read\n")]);
    let Err(Error::InvalidMessage(text)) = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("EOF") && text.contains("\"result\""), "{text}");
}

/// Catches a wait for something better after an answer that came broken.
#[test]
fn an_answer_that_came_broken_is_the_end() {
    for broken in ["data: {\"result\":{\n\n", "data:  {\"error\":{]\n\n"] {
        let reply = Reply::sse(broken).chunk(ANSWER);
        let (outcome, _) = call_tool(&mut modern(), [reply]);
        assert!(matches!(outcome, Err(Error::InvalidMessage(_))), "{broken}: {outcome:?}");
    }
}
