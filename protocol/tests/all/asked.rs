//! What an executor asks of its client, which has no methods.

use sandbar_protocol::delta::Read;
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::limits::{ERROR_TEXT_BYTES, MAX_REFUSALS};
use serde_json::{Value, json};

use crate::support::{client, delta, get, head, new_client, sent_by_client, summary, tell_client};

/// Catches a client that ends its connection because its executor asks something, leaves it without an
/// answer, or answers in another's name (JSON-RPC 2.0 section 5.1): before the handshake is complete
/// and in the middle of a stream, whatever the id is.
#[test]
fn what_an_executor_asks_is_answered_with_method_not_found() {
    let refused = |session: &mut _, id: Value, method: &str| {
        tell_client(session, &json!({"id": id, "method": method, "params": {"x": 1}}));
        let sent = sent_by_client(session);
        let answer = sent.last().unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(-32601)), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(method), "{answer}");
    };
    let mut session = new_client(Extensions::all());
    refused(&mut session, json!(1), "ping");
    tell_client(&mut session, &json!({"id": 1, "result": {"sessionId": "S"}}));
    let call = session.request(get("http://h/")).unwrap();
    sent_by_client(&mut session);
    tell_client(&mut session, &head(2));
    tell_client(&mut session, &delta("http-1", 1, "YQ==", false));
    for (id, method) in [(json!(2), "environment/status"), (json!("http-1"), "http/request")] {
        refused(&mut session, id, method);
    }
    tell_client(&mut session, &delta("http-1", 2, "", true));
    assert_eq!(session.read(call, 9), Some(Read::Data(b"a".to_vec())));
    assert_eq!(session.read(call, 9), Some(Read::End(Ok(summary(1, 1)))));
}

/// Catches answers that are kept for an executor that asks on and on and takes none.
#[test]
fn answers_to_an_executor_that_reads_none_are_limited() {
    let mut session = client(Extensions::NONE);
    for id in 0..10_000 {
        tell_client(&mut session, &json!({"id": id, "method": "x".repeat(10_000)}));
    }
    let sent = sent_by_client(&mut session);
    assert_eq!(sent.len(), MAX_REFUSALS);
    assert!(sent.iter().all(|answer| answer.to_string().len() < 2 * ERROR_TEXT_BYTES));
    tell_client(&mut session, &json!({"id": "again", "method": "x"}));
    assert_eq!(sent_by_client(&mut session)[0]["id"], "again");
}
