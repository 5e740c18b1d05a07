//! What is written on the wire.

use std::time::Duration;

use sandbar_mcp_core::{
    Era, Error, ErrorCode, Failure, Field, LogLevel, Notification, Outgoing, Params, Session,
    SessionConfig,
};

use crate::script::{
    Event, Reply, Script, body, call_tool, config, field, initialized, legacy, modern, outgoing,
};

fn sent(session: &mut Session, request: Outgoing) -> Script {
    let call = session.request(request).unwrap();
    let mut script = Script::new([Reply::result("{}")]);
    script.run(session, call).unwrap();
    script
}

/// Catches fields that disagree with the body, which a modern server must refuse.
#[test]
fn modern_requests_mirror_method_name_and_version() {
    for (method, params, name) in [
        ("tools/call", r#"{"name":"a b"}"#, vec!["a b"]),
        ("prompts/get", r#"{"name":"grüß"}"#, vec!["=?base64?Z3LDvMOf?="]),
        ("resources/read", r#"{"uri":"file:///x","name":"no"}"#, vec!["file:///x"]),
        ("tools/list", r#"{"name":"no"}"#, vec![]),
    ] {
        let script = sent(&mut modern(), outgoing(method, Some(params)));
        let request = script.sent()[0];
        assert_eq!(field(request, "mcp-method"), [method]);
        assert_eq!(field(request, "mcp-name"), name, "{method}");
        assert_eq!(field(request, "mcp-protocol-version"), ["2026-07-28"]);
        assert!(field(request, "mcp-session-id").is_empty());
        let version = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#;
        assert!(body(request).contains(version));
    }
}

/// Catches metadata of one era in the other: legacy servers validate strictly.
#[test]
fn legacy_requests_carry_the_session_and_no_modern_metadata() {
    let mut session = legacy();
    let script = sent(&mut session, outgoing("tools/call", Some(r#"{"name":"t"}"#)));
    let request = script.sent()[0];
    assert_eq!(field(request, "mcp-session-id"), ["s1"]);
    assert_eq!(field(request, "mcp-protocol-version"), ["2025-11-25"]);
    assert!(field(request, "mcp-method").is_empty());
    assert_eq!(
        body(request),
        concat!(
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","#,
            r#""params":{"name":"t","_meta":{"progressToken":2}}}"#,
        )
    );
}

/// Catches a progress token that nobody asked for, and parameters made up for it.
#[test]
fn progress_is_asked_for_only_when_wanted() {
    let quiet = Outgoing { progress: false, ..outgoing("tools/list", None) };
    let script = sent(&mut legacy(), quiet.clone());
    assert_eq!(body(script.sent()[0]), r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    assert!(!body(sent(&mut modern(), quiet).sent()[0]).contains("progressToken"));
}

/// Catches a token that is shared by calls in flight.
#[test]
fn ids_and_progress_tokens_are_unique_in_a_session() {
    let mut session = legacy();
    let bodies: Vec<String> =
        (0..3).map(|_| body(sent(&mut session, outgoing("m", None)).sent()[0])).collect();
    for (index, text) in bodies.iter().enumerate() {
        let id = index + 2;
        assert!(text.contains(&format!(r#""id":{id},"#)), "{text}");
        assert!(text.contains(&format!(r#""progressToken":{id}}}"#)), "{text}");
    }
}

/// Catches an override that is ignored, and a resumed or plain request without any timeout.
#[test]
fn the_idle_timeout_of_the_call_wins_over_the_sessions() {
    let mut session = legacy();
    let own = Some(Duration::from_secs(1));
    let script = sent(&mut session, Outgoing { idle_timeout: own, ..outgoing("m", None) });
    assert_eq!(script.sent()[0].idle_timeout, own);
    let script = sent(&mut session, outgoing("m", None));
    assert_eq!(script.sent()[0].idle_timeout, config().idle_timeout);
}

/// Catches arguments that are not mirrored although `tools/list` said so, and an invalid tool that
/// is still shown.
#[test]
fn a_listed_tool_gets_its_parameter_fields() {
    let mut session = modern();
    let good = concat!(
        r#"{"name":"t","inputSchema":{"properties":"#,
        r#"{"r":{"type":"string","x-mcp-header":"Region"}}}}"#,
    );
    let bad = good.replace("Region", "not a token").replace(r#""t""#, r#""bad""#);
    let list = session.request(outgoing("tools/list", None)).unwrap();
    let result = format!(r#"{{"tools":[{good}, {bad}],"ttlMs":5}}"#);
    let shown = Script::new([Reply::result(&result)]).run(&mut session, list).unwrap();
    assert_eq!(shown, format!(r#"{{"tools":[{good}],"ttlMs":5}}"#));
    let params = r#"{"name":"t","arguments":{"r":"us-west1"}}"#;
    let script = sent(&mut session, outgoing("tools/call", Some(params)));
    assert_eq!(field(script.sent()[0], "mcp-param-region"), ["us-west1"]);
}

/// Catches `tools/list` filtering in the legacy era, where the annotation means nothing.
#[test]
fn a_legacy_list_is_left_alone() {
    let mut session = legacy();
    let list = session.request(outgoing("tools/list", None)).unwrap();
    let result = r#"{"tools":[{"name":"t","inputSchema":{"x-mcp-header":""}}] }"#;
    let shown = Script::new([Reply::result(result)]).run(&mut session, list);
    assert_eq!(shown.unwrap(), result);
}

/// Catches a wait for a body that an acknowledgement need not have.
#[test]
fn notifications_are_done_with_any_success() {
    for reply in [
        Reply::accepted(),
        Reply::new(204, "", ""),
        Reply::json(200, "{}"),
        Reply::sse(": open for ever\n"),
    ] {
        let mut session = legacy();
        let call = session
            .notification("notifications/x", Params::parse(Some(r#"{"a":1}"#)).unwrap())
            .unwrap();
        let mut script = Script::new([reply]);
        assert_eq!(script.run(&mut session, call).unwrap(), "");
        assert!(!script.events.iter().any(|event| matches!(event, Event::Read)), "it is not read");
        let expected = r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"a":1}}"#;
        assert_eq!(body(script.sent()[0]), expected);
    }
    let mut session = legacy();
    let call = session.notification("n", Params::default()).unwrap();
    let refused = Script::new([Reply::new(400, "text/plain", "no")]).run(&mut session, call);
    assert!(matches!(refused, Err(Error::Status(error)) if error.preview == "no"));
    for lost in [
        Reply::failure(Failure::sent(ErrorCode::ConnectionRefused)),
        Reply::new(500, "", "").broken(Failure::sent(ErrorCode::ConnectionRefused)),
    ] {
        let call = session.notification("n", Params::default()).unwrap();
        let outcome = Script::new([lost]).run(&mut session, call);
        assert!(!matches!(outcome, Ok(_) | Err(Error::Misuse(_))), "{outcome:?}");
    }
}

/// Catches settings that would only fail, or smuggle a line, once they are on the wire.
#[test]
fn settings_that_cannot_be_sent_are_refused_at_once() {
    let field = |name: &str, value: &[u8]| Field { name: name.into(), value: value.into() };
    for fields in [
        vec![field("", b"x")],
        vec![field("a b", b"x")],
        vec![field("a", b"x\r\nb: c")],
        vec![field("Mcp-Session-Id", b"x")],
        vec![field("mcp-param-x", b"x")],
        vec![field("Accept", b"text/html")],
    ] {
        let shown = format!("{fields:?}");
        let outcome = Session::new(SessionConfig { fields, ..config() });
        assert!(matches!(outcome, Err(Error::InvalidParams(_))), "{shown}");
    }
    for capabilities in ["", "[]", "{}{}"] {
        let capabilities = capabilities.to_owned();
        let outcome = Session::new(SessionConfig { capabilities, ..config() });
        assert!(matches!(outcome, Err(Error::InvalidParams(_))));
    }
    for client_info in ["", "[]", "{}", r#"{"name":"c"}"#, r#"{"name":"c","version":1}"#] {
        let client_info = client_info.to_owned();
        let outcome = Session::new(SessionConfig { client_info, ..config() });
        assert!(matches!(outcome, Err(Error::InvalidParams(_))));
    }
}

/// Catches parameters that reach the wire unchecked.
#[test]
fn parameters_that_are_not_an_object_fail_before_anything_is_sent() {
    for params in ["", "1", "[]", "{", r#"{"_meta":[]}"#] {
        let outcome = Params::parse(Some(params));
        assert!(matches!(outcome, Err(Error::InvalidParams(_))), "{params}");
    }
}

/// Catches a DELETE without a session, and calls that go on after the end.
#[test]
fn closing_deletes_a_legacy_session_once_and_ends_calls() {
    let mut session = legacy();
    let mut waiting = session.request(outgoing("m", None)).unwrap();
    session.close();
    let request = session.farewell().unwrap();
    assert_eq!(request.method.as_str(), "DELETE");
    assert_eq!(field(&request, "mcp-session-id"), ["s1"]);
    assert_eq!(field(&request, "mcp-protocol-version"), ["2025-11-25"]);
    session.close();
    assert_eq!(session.farewell(), None, "once is enough");
    assert!(matches!(session.request(outgoing("m", None)), Err(Error::Closed)));
    assert!(matches!(session.notification("m", Params::default()), Err(Error::Closed)));
    let step = waiting.poll(&mut session);
    assert!(matches!(step, sandbar_mcp_core::Step::Done(Err(Error::Closed))));
    assert_eq!(modern().farewell(), None);

    let mut nameless = Session::new(SessionConfig { era: Some(Era::Legacy), ..config() }).unwrap();
    let call = nameless.open();
    let opened = Reply::result(r#"{"protocolVersion":"2025-11-25"}"#);
    Script::new([opened, Reply::accepted()]).run(&mut nameless, call).unwrap();
    assert_eq!(nameless.farewell(), None, "there is nothing to delete");
}

/// Catches a request that fails because nobody opened the session yet.
#[test]
fn a_request_opens_a_session_that_is_not_open() {
    let mut session = Session::new(config()).unwrap();
    let (outcome, script) =
        call_tool(&mut session, [Reply::result("{}"), Reply::result(r#"{"a":1}"#)]);
    assert_eq!(outcome.unwrap(), r#"{"a":1}"#);
    assert_eq!(script.methods(), ["server/discover", "tools/call"]);
}

/// Catches trace context that nobody receives, and a caller's member in the place of the protocol's.
#[test]
fn a_caller_can_add_to_the_meta_of_a_request() {
    let meta = r#"{"traceparent":"00-1","progressToken":"theirs","n":1.0}"#;
    let with = |params: Option<&str>| Outgoing {
        meta: Some(meta.to_owned()),
        ..outgoing("tools/list", params)
    };
    let script = sent(&mut modern(), with(Some(r#"{"cursor":"c","_meta":{"n":0,"own":true}}"#)));
    let text = body(script.sent()[0]);
    let expected = r#""params":{"cursor":"c","_meta":{"n":1.0,"own":true,"traceparent":"00-1","progressToken":2,"#;
    assert!(text.contains(expected), "{text}");
    let script = sent(&mut legacy(), with(None));
    let text = body(script.sent()[0]);
    assert!(text.contains(r#""_meta":{"traceparent":"00-1","progressToken":2,"n":1.0}"#), "{text}");
    let odd = Outgoing { meta: Some("[]".to_owned()), ..outgoing("m", None) };
    assert!(matches!(modern().request(odd), Err(Error::InvalidParams(_))));
}

/// Catches a level that a server is never told, or told where it has no logging.
#[test]
fn a_server_is_told_what_to_log() {
    let open = |replies: Vec<Reply>| {
        let settings = SessionConfig { log_level: Some(LogLevel::Debug), ..config() };
        let mut session = Session::new(settings).unwrap();
        let call = session.open();
        Script::new(replies).run(&mut session, call).unwrap();
        session
    };
    let mut session = open(vec![Reply::result(r#"{"supportedVersions":["2026-07-28"]}"#)]);
    let script = sent(&mut session, outgoing("m", None));
    assert!(body(script.sent()[0]).contains(r#""io.modelcontextprotocol/logLevel":"debug""#));
    assert!(session.log_level_call().is_none());
    let [_, confirmation] = initialized("2025-11-25", "s1");
    for (capabilities, is_told) in [(r#"{"logging":{}}"#, true), ("{}", false)] {
        let known = format!(r#"{{"protocolVersion":"2025-11-25","capabilities":{capabilities}}}"#);
        let mut session =
            open(vec![Reply::json(400, ""), Reply::result(&known), confirmation.clone()]);
        let call = session.log_level_call();
        assert_eq!(call.is_some(), is_told);
        if let Some(call) = call {
            let mut script = Script::new([Reply::result("{}")]);
            script.run(&mut session, call).unwrap();
            let text = body(script.sent()[0]);
            assert!(
                text.contains(r#""method":"logging/setLevel","params":{"level":"debug"}"#),
                "{text}"
            );
        }
    }
    assert!(legacy().log_level_call().is_none());
    let levels =
        [LogLevel::Info, LogLevel::Error, LogLevel::Critical, LogLevel::Alert, LogLevel::Emergency];
    let names = levels.map(|level| Notification::of_client(None, level, "t").params.unwrap());
    for (params, name) in names.iter().zip(["info", "error", "critical", "alert", "emergency"]) {
        assert!(params.contains(&format!(r#""level":"{name}""#)), "{params}");
    }
}

/// Catches an answer that is kept though it came of a user's answers, one that outlives the session it
/// was given to, and one of a server that has no such thing (2026-07-28, "Caching").
#[test]
fn an_answer_is_kept_for_as_long_as_its_server_says() {
    let list = r#"{"resultType":"complete","tools":[],"ttlMs":60000,"cacheScope":"private"}"#;
    let ask = |session: &mut Session, replies: Vec<Reply>, inputs: Option<&[&str]>| {
        let mut call = session.request(outgoing("tools/list", None)).unwrap();
        let mut script = Script::new(replies).inputs([inputs]);
        script.answer(session, &mut call).unwrap()
    };
    let now = Duration::from_secs(100);
    let mut session = modern();
    let key = session.cache_key("tools/list", &Params::default()).unwrap();
    let answer = ask(&mut session, vec![Reply::result(list)], None);
    assert_eq!(answer.fresh_for, Some(Duration::from_secs(60)));
    session.keep(key.clone(), &answer, now);
    assert_eq!(session.kept(&key, now).as_deref(), Some(list));
    let other = session.cache_key("tools/list", &Params::cursor(Some("2"))).unwrap();
    assert_eq!(session.kept(&other, now), None);
    assert_eq!(session.kept(&key, now + Duration::from_secs(60)), None);

    session.keep(key.clone(), &answer, now);
    let changed = r#"data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let done = r#"data: {"jsonrpc":"2.0","id":$ID,"result":{}}"#;
    call_tool(&mut session, [Reply::sse(&format!("{changed}\n\n{done}\n\n"))]).0.unwrap();
    assert_eq!(session.kept(&key, now), None);

    let asks = r#"{"resultType":"input_required","inputRequests":{"a":{"method":"m"}}}"#;
    let replies = vec![Reply::result(asks), Reply::result(list)];
    assert_eq!(ask(&mut session, replies, Some(&["{}"])).fresh_for, None);
    session.keep(key.clone(), &answer, now);
    let opening = session.open();
    let discovered = Reply::result(r#"{"supportedVersions":["2026-07-28"]}"#);
    Script::new([discovered]).run(&mut session, opening).unwrap();
    assert_eq!(session.kept(&key, now), None);
    assert!(session.cache_key("tools/call", &Params::default()).is_none());
    let mut session = legacy();
    assert!(session.cache_key("tools/list", &Params::default()).is_none());
    assert_eq!(ask(&mut session, vec![Reply::result(list)], None).fresh_for, None);
}
