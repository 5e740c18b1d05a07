//! Fields that every request has.

use sandbar_mcp_core::{Error, Field, Session, SessionConfig};

use crate::script::{
    ENDPOINT, Reply, Script, call_tool, config, field, initialized, legacy, modern, outgoing,
};

/// Catches a client that front ends refuse or compress for (codex 12859 and 37228, claude-code
/// 47390).
#[test]
fn every_request_says_who_asks_and_wants_no_coding() {
    let mut session = legacy();
    let primed = Reply::sse("id: 1\ndata:\n\n");
    let answer = Reply::sse("data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n\n");
    let (_, script) = call_tool(&mut session, [primed, answer]);
    let farewell = session.farewell().unwrap();
    let agent = format!("sandbar/{}", env!("CARGO_PKG_VERSION"));
    for request in script.sent().into_iter().chain([&farewell]) {
        assert_eq!(field(request, "user-agent"), [&*agent]);
        assert_eq!(field(request, "accept-encoding"), ["identity"]);
    }
}

/// Catches a field of the caller's that is sent next to one of ours.
#[test]
fn the_caller_may_say_otherwise() {
    let mut fields = config().fields;
    fields.extend([Field::new("User-Agent", "mine/1"), Field::new("Accept-Encoding", "gzip")]);
    let mut session = Session::new(SessionConfig { fields, ..config() }).unwrap();
    let call = session.open();
    let mut script = Script::new([Reply::result("{}")]);
    script.run(&mut session, call).unwrap();
    let request = script.sent()[0];
    assert!(field(request, "user-agent").is_empty());
    assert_eq!(field(request, "User-Agent"), ["mine/1"]);
    assert!(field(request, "accept-encoding").is_empty());
}

/// Catches a balancer that cannot find its server again (typescript-sdk 1892).
#[test]
fn cookies_of_any_response_come_with_every_request_after_it() {
    let config = SessionConfig { era: Some(sandbar_mcp_core::Era::Legacy), ..config() };
    let mut session = Session::new(config).unwrap();
    let [initialize, confirmation] = initialized("2025-11-25", "s1");
    let initialize = initialize.field("set-cookie", "lb=node-3; Path=/; HttpOnly");
    let mut script = Script::new([initialize, confirmation]);
    let call = session.open();
    script.run(&mut session, call).unwrap();
    assert!(field(script.sent()[0], "cookie").is_empty());
    assert_eq!(field(script.sent()[1], "cookie"), ["lb=node-3"]);
    let refusal = Reply::new(500, "text/plain", "no").field("set-cookie", "lb=node-4");
    let (_, script) = call_tool(&mut session, [refusal]);
    assert_eq!(field(script.sent()[0], "cookie"), ["lb=node-3"]);
    assert_eq!(field(&session.farewell().unwrap(), "cookie"), ["lb=node-4"]);
}

/// Catches a status without what was asked (modelcontextprotocol 2755), where a redirect led
/// (mcp-remote 66) and how long to wait (mcp-remote 168).
#[test]
fn a_status_says_what_was_asked_and_where_the_answer_came_from() {
    let mut elsewhere = Reply::new(405, "text/plain", "no").field("retry-after", "3600");
    elsewhere.set_url("http://other.example/mcp/");
    let call = modern().request(outgoing("tools/list", None)).unwrap();
    let outcome = Script::new([elsewhere]).run(&mut modern(), call);
    let Err(Error::Status(status)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(status.request, "tools/list");
    assert_eq!(status.redirected_to.as_deref(), Some("http://other.example/mcp/"));
    assert_eq!(status.retry_after.unwrap().as_secs(), 3600);
    for same in [ENDPOINT.to_owned(), ENDPOINT.replace("/mcp", ":80/mcp"), String::new()] {
        let mut reply = Reply::new(405, "text/plain", "no");
        reply.set_url(&same);
        let (outcome, _) = call_tool(&mut modern(), [reply]);
        assert!(matches!(outcome, Err(Error::Status(status)) if status.redirected_to.is_none()));
    }
}
