//! Which era and version a session ends up in.

use sandbar_mcp_core::{Era, Error, ErrorCode, Failure, Session, SessionConfig};

use crate::script::{Reply, Script, body, call_tool, config, field, initialized, modern};

fn open(era: Option<Era>, replies: Vec<Reply>) -> (Result<String, Error>, Session, Script) {
    let mut session = Session::new(SessionConfig { era, ..config() }).unwrap();
    let call = session.open();
    let mut script = Script::new(replies);
    let outcome = script.run(&mut session, call);
    assert!(script.is_played(), "replies left over after {:?}", script.methods());
    (outcome, session, script)
}

fn error(code: i64, data: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"m","data":{data}}}}}"#
    )
}

fn with_handshake(first: Reply) -> Vec<Reply> {
    let [initialize, initialized] = initialized("2025-11-25", "s1");
    vec![first, initialize, initialized]
}

/// Catches a probe without the metadata that a modern server must refuse requests for.
#[test]
fn a_modern_server_is_discovered_in_one_exchange() {
    let result = r#"{"resultType":"complete","supportedVersions":["2026-07-28","2025-11-25"],
        "capabilities":{"z":{},"a":{}},"instructions":"i",
        "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"n","version":"v"}}}"#;
    let (outcome, session, script) = open(None, vec![Reply::result(result)]);
    assert_eq!(outcome.unwrap(), "");
    let description = session.description().unwrap();
    assert_eq!((description.era, &*description.protocol_version), (Era::Modern, "2026-07-28"));
    assert_eq!(description.supported_versions, ["2026-07-28", "2025-11-25"]);
    assert_eq!(description.capabilities, r#"{"z":{},"a":{}}"#);
    assert_eq!(description.server_info.as_ref().unwrap().name, "n");
    assert_eq!(session.generation(), 1);

    let request = script.sent()[0];
    assert_eq!(field(request, "accept"), ["application/json, text/event-stream"]);
    assert_eq!(field(request, "content-type"), ["application/json"]);
    assert_eq!(field(request, "mcp-protocol-version"), ["2026-07-28"]);
    assert_eq!(field(request, "mcp-method"), ["server/discover"]);
    assert_eq!(field(request, "authorization"), ["Bearer t"]);
    let expected = concat!(
        r#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"#,
        r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
        r#""io.modelcontextprotocol/clientInfo":{"name":"c","version":"0"},"#,
        r#""io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}}}"#,
    );
    assert_eq!(body(request), expected);
}

/// Catches a fallback that is tied to status 400, or to an empty body: legacy servers refuse what
/// they do not know in many ways.
#[test]
fn what_is_no_modern_answer_leads_to_initialize() {
    let no_method = error(-32601, "null");
    for first in [
        Reply::json(400, &error(-32000, "null")),
        Reply::json(400, &no_method),
        Reply::new(400, "", ""),
        Reply::new(404, "text/plain", "Not Found"),
        Reply::new(405, "", ""),
        Reply::new(406, "text/html", "<html>"),
        Reply::new(422, "application/json", "{}"),
        Reply::json(200, &no_method),
        Reply::json(400, &error(-32022, r#"{"supported":["2025-06-18"]}"#)),
        Reply::result(r#"{"supportedVersions":["2025-11-25"]}"#),
    ] {
        let shown = format!("{first:?}");
        let (outcome, session, script) = open(None, with_handshake(first));
        assert_eq!(outcome.unwrap(), "", "{shown}");
        assert_eq!(session.description().unwrap().era, Era::Legacy, "{shown}");
        let methods = ["server/discover", "initialize", "notifications/initialized"];
        assert_eq!(script.methods(), methods, "{shown}");
    }
}

/// Catches a fallback on a demand for credentials or patience: `initialize` would be refused the same
/// way, and the demand turned into a puzzle about versions.
#[test]
fn a_status_that_says_who_may_ask_or_when_is_reported() {
    for status in [401, 403, 407, 429] {
        let reply = Reply::new(status, "text/plain", "no").field("www-authenticate", "Bearer a");
        let (outcome, session, _) = open(None, vec![reply.field("www-authenticate", "Basic b")]);
        let Err(Error::Status(error)) = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!((error.status, &*error.preview), (status, "no"));
        assert_eq!(error.www_authenticate, ["Bearer a", "Basic b"]);
        assert_eq!(session.description(), None);
    }
}

/// Catches an opening that ends with what is no answer of a modern server, though `initialize` would
/// work (rust-sdk 1142, go-sdk 1014, copilot-cli 4809, Wazuh-MCP-Server 121).
#[test]
fn whatever_else_comes_leads_to_initialize() {
    let lost = || Failure::sent(ErrorCode::ConnectionFailed("closed".into()));
    let failed = |code| Reply::failure(Failure::sent(code));
    let cut = |code| Reply::sse(": x\n").broken(Failure::sent(code));
    for first in [
        Reply::new(500, "text/plain", "Internal Server Error"),
        Reply::new(502, "text/html", "<html>"),
        Reply::new(503, "", ""),
        Reply::json(500, &error(-32603, "null")),
        Reply::new(403, "text/plain", "method not allowed by the gateway"),
        Reply::new(408, "", ""),
        Reply::new(301, "", ""),
        Reply::accepted(),
        Reply::new(204, "", ""),
        Reply::json(200, ""),
        Reply::json(200, "null"),
        Reply::json(200, "{}"),
        Reply::json(200, "[]"),
        Reply::json(200, "{\"jsonrpc\""),
        Reply::new(200, "application/json", b"\xFF".to_vec()),
        Reply::new(200, "text/html", "<html>"),
        Reply::new(200, "", ""),
        Reply::result("null"),
        Reply::result("[]"),
        Reply::result("\"ok\""),
        Reply::sse(""),
        Reply::sse("data: hello\n\n"),
        Reply::sse("event: endpoint\ndata: /messages\n\n"),
        Reply::json(200, &error(-32000, "null")),
        Reply::result("{}").field("content-encoding", "br"),
        failed(ErrorCode::FirstByteTimeout),
        failed(ErrorCode::TotalTimeout),
        failed(ErrorCode::Protocol("x".into())),
        cut(ErrorCode::IdleTimeout),
        cut(ErrorCode::TotalTimeout),
    ] {
        let shown = format!("{first:?}");
        let (outcome, session, _) = open(None, with_handshake(first));
        assert_eq!(outcome.unwrap(), "", "{shown}");
        assert_eq!(session.description().unwrap().era, Era::Legacy, "{shown}");
    }
    // A connection that is lost is tried again before anything is made of it.
    let [initialize, confirmation] = initialized("2025-11-25", "s1");
    let replies = vec![Reply::failure(lost()), Reply::failure(lost()), initialize, confirmation];
    let (outcome, session, _) = open(None, replies);
    assert_eq!(outcome.unwrap(), "");
    assert_eq!(session.description().unwrap().era, Era::Legacy);
    // Where there is no server, there is none in another era.
    for code in [ErrorCode::ConnectionRefused, ErrorCode::Dns("no".into())] {
        let (outcome, ..) = open(None, vec![Reply::failure(Failure::unsent(code.clone()))]);
        assert_eq!(outcome, Err(Error::Http(Failure::unsent(code))));
    }
}

/// Catches a silent server that is waited for like one that works, and a deadline on what may work.
#[test]
fn the_probe_has_a_deadline_of_its_own() {
    let (_, _, script) = open(None, with_handshake(Reply::new(400, "", "")));
    let deadlines: Vec<_> = script.sent().iter().map(|request| request.deadline).collect();
    let probe = deadlines[0].unwrap().as_secs();
    assert!((5..=15).contains(&probe) && deadlines[1..] == [None, None], "{deadlines:?}");
    let (_, _, script) = open(Some(Era::Modern), vec![Reply::result("{}")]);
    assert_eq!(script.sent()[0].deadline, None);
}

/// Catches an era that is final though everything but the probe speaks against it, and a client that
/// looks again and again.
#[test]
fn an_era_that_turns_out_wrong_gets_a_second_look() {
    let wants_session =
        || Reply::new(400, "text/plain", "Bad Request: No valid session ID provided");
    let [initialize, confirmation] = initialized("2025-11-25", "s1");
    let mut session = modern();
    let replies = [wants_session(), initialize, confirmation, Reply::result("{}")];
    let (outcome, script) = call_tool(&mut session, replies);
    assert_eq!(outcome.unwrap(), "{}");
    assert_eq!(script.methods()[1], "initialize");
    assert_eq!(session.description().unwrap().era, Era::Legacy);

    // That it was no mistake shows at once, and once is enough.
    let mut session = modern();
    let (outcome, _) = call_tool(&mut session, [wants_session(), Reply::new(400, "", "no")]);
    assert!(matches!(outcome, Err(Error::Status(error)) if error.request == "initialize"));
    let replies = [Reply::result("{}"), wants_session()];
    let (outcome, script) = call_tool(&mut session, replies);
    assert!(matches!(outcome, Err(Error::Status(error)) if error.status == 400));
    assert_eq!(script.methods(), ["server/discover", "tools/call"]);

    // Whoever names the era means it.
    let config = SessionConfig { era: Some(Era::Modern), ..config() };
    let mut session = Session::new(config).unwrap();
    let call = session.open();
    Script::new([Reply::result("{}")]).run(&mut session, call).unwrap();
    let (outcome, _) = call_tool(&mut session, [wants_session()]);
    assert!(matches!(outcome, Err(Error::Status(_))));
}

/// Catches a session that cannot come back because its server has become modern meanwhile.
#[test]
fn a_legacy_server_that_has_become_modern_is_found_again() {
    let [initialize, confirmation] = initialized("2025-11-25", "s1");
    let (_, mut session, _) = open(None, vec![Reply::new(400, "", ""), initialize, confirmation]);
    let unknown = Reply::json(404, &error(-32601, "null"));
    let replies = [
        Reply::new(404, "", ""),
        unknown,
        Reply::result(r#"{"supportedVersions":["2026-07-28"]}"#),
        Reply::result("{}"),
    ];
    let (outcome, script) = call_tool(&mut session, replies);
    assert_eq!(outcome.unwrap(), "{}");
    let methods = ["tools/call", "initialize", "server/discover", "tools/call"];
    assert_eq!(script.methods(), methods);
}

/// Catches a legacy server's own words that are lost in a search for another era.
#[test]
fn a_legacy_server_that_refuses_a_new_session_is_asked_once() {
    let [initialize, confirmation] = initialized("2025-11-25", "s1");
    let (_, mut session, _) = open(None, vec![Reply::new(400, "", ""), initialize, confirmation]);
    let refused = Reply::json(400, &error(-32602, "null"));
    let (outcome, script) = call_tool(&mut session, [Reply::new(404, "", ""), refused]);
    assert!(matches!(outcome, Err(Error::Rpc(error)) if error.code == -32602));
    assert_eq!(script.methods(), ["tools/call", "initialize"]);
}

/// Catches a server that cannot be talked to for something that is only shown.
#[test]
fn odd_words_of_a_server_about_itself_are_left_out() {
    let result = r#"{"supportedVersions":["2026-07-28",7],"instructions":5,"capabilities":[],
        "serverInfo":{"name":"n\ud800","version":2},"_meta":null}"#;
    let (outcome, session, _) = open(None, vec![Reply::result(result)]);
    assert_eq!(outcome.unwrap(), "");
    let known = session.description().unwrap();
    assert_eq!((&*known.capabilities, &known.instructions), ("{}", &None));
    let info = known.server_info.as_ref().unwrap();
    assert_eq!((&*info.name, &*info.version), ("n\u{FFFD}", ""));
}

/// Catches a fallback that would hide what a modern server complains about.
#[test]
fn other_modern_errors_are_reported() {
    for code in [-32020, -32021] {
        let (outcome, ..) = open(None, vec![Reply::json(400, &error(code, "null"))]);
        assert!(matches!(outcome, Err(Error::Rpc(error)) if error.code == code));
    }
}

/// Catches a client that depends on `server/discover`, which old modern servers lack.
#[test]
fn a_404_with_method_not_found_is_a_modern_server_without_discovery() {
    let (outcome, session, _) = open(None, vec![Reply::json(404, &error(-32601, "null"))]);
    assert_eq!(outcome.unwrap(), "");
    let description = session.description().unwrap();
    assert_eq!((description.era, &*description.capabilities), (Era::Modern, "{}"));
}

/// Catches giving up, or falling back, at an error that names a version in common; and a client
/// that asks for ever.
#[test]
fn an_unsupported_version_is_retried_once_with_a_version_in_common() {
    let refused = || Reply::json(400, &error(-32022, r#"{"supported":["2026-07-28"]}"#));
    let (outcome, session, script) = open(None, vec![refused(), Reply::result("{}")]);
    assert_eq!(outcome.unwrap(), "");
    assert_eq!(session.description().unwrap().era, Era::Modern);
    assert_eq!(script.methods(), ["server/discover"; 2]);
    let (outcome, ..) = open(None, vec![refused(), refused()]);
    assert!(matches!(outcome, Err(Error::UnsupportedVersion(_))));
    let unknown = Reply::json(400, &error(-32022, r#"{"supported":["2099-01-01"]}"#));
    let (outcome, ..) = open(None, vec![unknown]);
    assert_eq!(outcome, Err(Error::UnsupportedVersion(vec!["2099-01-01".into()])));
}

/// Catches a probe in spite of a setting that makes it needless, and a fallback against one.
#[test]
fn a_known_era_is_neither_probed_for_nor_left() {
    let replies = initialized("2025-06-18", "s1").to_vec();
    let (outcome, _, script) = open(Some(Era::Legacy), replies);
    assert_eq!(outcome.unwrap(), "");
    assert_eq!(script.methods(), ["initialize", "notifications/initialized"]);
    let (outcome, ..) = open(Some(Era::Modern), vec![Reply::new(400, "text/plain", "what?")]);
    assert!(matches!(outcome, Err(Error::Status(error)) if error.status == 400));
}

/// Catches a version field on `initialize`, a session id that is not echoed, and a modern
/// version offered to a legacy server.
#[test]
fn the_handshake_uses_the_session_id_and_the_negotiated_version() {
    let replies = initialized("2025-06-18", "id-1").to_vec();
    let (_, session, script) = open(Some(Era::Legacy), replies);
    assert_eq!(session.description().unwrap().protocol_version, "2025-06-18");
    let [initialize, confirmation] = script.sent()[..] else { panic!("two requests") };
    let expected = concat!(
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"#,
        r#""protocolVersion":"2025-11-25","capabilities":{},"#,
        r#""clientInfo":{"name":"c","version":"0"}}}"#,
    );
    assert_eq!(body(initialize), expected);
    assert!(field(initialize, "mcp-protocol-version").is_empty());
    assert!(field(initialize, "mcp-session-id").is_empty());
    assert_eq!(body(confirmation), r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!(field(confirmation, "mcp-session-id"), ["id-1"]);
    assert_eq!(field(confirmation, "mcp-protocol-version"), ["2025-06-18"]);
}

/// Catches a list of accepted versions that is shorter than promised, or open, and a field that is
/// sent to servers from before there was one.
#[test]
fn legacy_versions_are_accepted_when_they_are_known() {
    for (version, has_field) in
        [("2025-11-25", true), ("2025-06-18", true), ("2025-03-26", false), ("2024-11-05", false)]
    {
        let (outcome, _, script) = open(Some(Era::Legacy), initialized(version, "s").to_vec());
        assert_eq!(outcome.unwrap(), "", "{version}");
        let said = field(script.sent()[1], "mcp-protocol-version");
        assert_eq!(said, if has_field { vec![version] } else { vec![] });
    }
    let [initialize, _] = initialized("2024-10-07", "s");
    let (outcome, ..) = open(Some(Era::Legacy), vec![initialize]);
    assert_eq!(outcome, Err(Error::UnsupportedVersion(vec!["2024-10-07".into()])));
}

/// Catches a session id adopted from an error, and one that would break the field it is sent in.
#[test]
fn only_a_valid_session_id_on_a_success_is_adopted() {
    let refused = Reply::json(400, &error(-32600, "null")).field("mcp-session-id", "evil");
    let (_, mut session, _) = open(None, {
        let [initialize, confirmation] = initialized("2025-11-25", "good");
        vec![refused, initialize, confirmation]
    });
    assert_eq!(field(&session.farewell().unwrap(), "mcp-session-id"), ["good"]);
    for invalid in ["", "a b", "ä", &"x".repeat(5000)] {
        let [initialize, _] = initialized("2025-11-25", invalid);
        let (outcome, ..) = open(Some(Era::Legacy), vec![initialize]);
        assert!(matches!(outcome, Err(Error::InvalidMessage(_))), "{invalid}");
    }
}

/// Catches a session id in a log: whoever has it is the session.
#[test]
fn the_session_id_stays_out_of_debug_output() {
    let (_, session, _) = open(Some(Era::Legacy), initialized("2025-11-25", "secret").to_vec());
    let shown = format!("{session:?}");
    assert!(shown.contains("SessionId(..)") && !shown.contains("secret"), "{shown}");
}

/// Catches a handshake that reads on until a stream ends: the stream may stay open for ever.
#[test]
fn a_stream_is_dropped_once_it_answered() {
    let result = r#"data: {"jsonrpc":"2.0","id":$ID,"result":{"protocolVersion":"2025-11-25"}}"#;
    let stream = Reply::sse(&format!("{result}\n\n")).chunk(": never read\n");
    let (outcome, _, script) = open(Some(Era::Legacy), vec![stream, Reply::accepted()]);
    assert_eq!(outcome.unwrap(), "");
    assert_eq!(script.methods(), ["initialize", "notifications/initialized"]);
}

/// Catches an opening that hides why it failed.
#[test]
fn failures_of_the_exchange_and_of_the_confirmation_end_the_opening() {
    let (outcome, session, _) =
        open(None, vec![Reply::failure(Failure::sent(ErrorCode::ConnectionRefused))]);
    assert_eq!(outcome, Err(Error::Http(Failure::sent(ErrorCode::ConnectionRefused))));
    assert_eq!(session.generation(), 0);
    let [initialize, _] = initialized("2025-11-25", "s");
    let replies = vec![initialize, Reply::new(500, "text/plain", "oops")];
    let (outcome, session, _) = open(Some(Era::Legacy), replies);
    assert!(matches!(outcome, Err(Error::Status(error)) if error.preview == "oops"));
    assert_eq!(session.description(), None);
}
