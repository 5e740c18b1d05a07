//! What a server can make the client keep.

use sandbar_mcp_core::{Error, MessageLimit, Session, SessionConfig};

use crate::script::{Event, Reply, Script, call_tool, config, modern, outgoing};

const LIMIT: u64 = 1000;

fn small() -> Session {
    let mut session = Session::new(SessionConfig { max_message_bytes: LIMIT, ..config() }).unwrap();
    let call = session.open();
    Script::new([Reply::result("{}")]).run(&mut session, call).unwrap();
    session
}

fn exceeded(outcome: Result<String, Error>) -> u64 {
    let Err(Error::LimitExceeded(MessageLimit { name, limit, seen })) = outcome else {
        panic!("not over the limit: {outcome:?}")
    };
    assert_eq!((name, limit), ("max-message-bytes", LIMIT));
    seen
}

/// Catches a limit that is noticed only after the body was read.
#[test]
fn an_announced_length_over_the_limit_is_refused_unread() {
    let reply = Reply::json(200, "{}").field("content-length", "1001");
    let (outcome, script) = call_tool(&mut small(), [reply]);
    assert_eq!(exceeded(outcome), 1001);
    assert!(!script.events.iter().any(|event| matches!(event, Event::Read)));
}

/// Catches a limit that trusts `content-length`, and one that applies to the chunk.
#[test]
fn a_body_over_the_limit_is_refused_whatever_it_announced() {
    let reply = Reply::json(200, &" ".repeat(600)).chunk(" ".repeat(600)).chunk("never read");
    let seen = exceeded(call_tool(&mut small(), [reply.field("content-length", "10")]).0);
    assert_eq!(seen, 1200);
    let endless = Reply::sse("data: ").chunk("x".repeat(600)).chunk("x".repeat(600));
    exceeded(call_tool(&mut small(), [endless]).0);
}

/// Catches a limit that is off by one, announced or not.
#[test]
fn a_body_at_the_limit_is_accepted() {
    let beginning = r#"{"jsonrpc":"2.0","id":$ID,"result":{}"#;
    let padding = " ".repeat(LIMIT as usize - beginning.len() - 1 + "$ID".len() - 1);
    let reply = || Reply::json(200, beginning).chunk(format!("{padding}}}"));
    for reply in [reply(), reply().field("content-length", "1000")] {
        assert_eq!(call_tool(&mut small(), [reply]).0.unwrap(), "{}");
    }
    let over = reply().chunk(" ");
    assert_eq!(exceeded(call_tool(&mut small(), [over]).0), 1001);
}

/// Catches a limit on the stream where one on the message is meant: progress may go on for days.
#[test]
fn many_small_messages_may_exceed_the_limit_together() {
    let note = "data: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\n";
    let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n\n";
    let (outcome, script) = call_tool(&mut small(), [Reply::sse(&note.repeat(100)).chunk(answer)]);
    assert_eq!(outcome.unwrap(), "{}");
    assert_eq!(script.notified().len(), 100);
}

/// Catches an announcement that is believed: reserving it would fail or exhaust memory.
#[test]
fn a_huge_announcement_within_the_limit_costs_nothing_until_bytes_arrive() {
    let max_message_bytes = u64::MAX;
    let mut session = Session::new(SessionConfig { max_message_bytes, ..config() }).unwrap();
    let call = session.open();
    Script::new([Reply::result("{}")]).run(&mut session, call).unwrap();
    let length = (u64::MAX / 4).to_string();
    let body = r#"{"jsonrpc":"2.0","id":$ID,"result":{}}"#;
    let padding = " ".repeat(700_000);
    let reply = Reply::json(200, body).chunk(padding.as_str()).chunk(padding.as_str());
    let reply = reply.field("content-length", &length);
    assert_eq!(call_tool(&mut session, [reply]).0.unwrap(), "{}");
}

/// Catches a failing body that is read to its end, or cut inside a character.
#[test]
fn a_failing_body_is_read_only_so_far() {
    let page = "é".repeat(40_000);
    let reply = Reply::new(502, "text/html", page).chunk("never read");
    let (outcome, script) = call_tool(&mut modern(), [reply]);
    let Err(Error::Status(status)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(status.preview, "é".repeat(4096));
    assert_eq!(status.content_type.as_deref(), Some("text/html"));
    assert!(matches!(script.events[..], [Event::Sent(_), Event::Read, Event::Dropped]));
    let reply = Reply::new(502, "text/html", format!("x{}", "é".repeat(40_000)));
    let (outcome, _) = call_tool(&mut modern(), [reply]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.preview.len() == 8191));
}

/// Catches a queue that holds decoded messages of more than one chunk.
#[test]
fn a_batch_over_the_limit_of_messages_is_refused() {
    let batch = format!("[{}{{}}]", "{},".repeat(1024));
    let call = modern().request(outgoing("m", None)).unwrap();
    let outcome = Script::new([Reply::json(200, &batch)]).run(&mut modern(), call);
    assert!(matches!(outcome, Err(Error::InvalidMessage(_))));
}
