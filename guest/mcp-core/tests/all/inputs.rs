//! What a server asks for in place of its answer (2026-07-28, "Multi Round-Trip Requests"), and calls
//! that it refuses until they are mended.

use std::time::Duration;

use sandbar_mcp_core::{Error, ErrorCode, Failure, InputRequest, limits};

use crate::script::{
    Event, Reply, Script, body, call_tool, field, initialized, legacy, modern, outgoing,
};

const CONFIRM: &str = r#"{"resultType":"input_required","inputRequests":{"c\u006ffirm":{"method":"elicitation/create","params":{"message": "sure?"}},"where":{"method":"roots/list"}},"requestState":"a\u0041\/ \ud83d"}"#;

const YES: &[&str] = &[r#" {"action":"accept"} "#, r#"{"roots":[]}"#];

fn run(
    rounds: impl IntoIterator<Item = Reply>,
    script: impl FnOnce(Script) -> Script,
) -> (Result<String, Error>, Script) {
    let mut session = modern();
    let params =
        r#"{"name":"t","inputResponses":{"old":{}},"requestState":"old","arguments":{"a": 1.0}}"#;
    let call = session.request(outgoing("tools/call", Some(params))).unwrap();
    let mut script = script(Script::new(rounds));
    let outcome = script.run(&mut session, call);
    (outcome, script)
}

/// The `params` of each request, without `_meta`.
fn params(script: &Script) -> Vec<String> {
    let of = |text: String| {
        let (_, rest) = text.split_once(r#""params":"#).unwrap();
        rest.split_once(r#","_meta":"#).unwrap().0.to_owned()
    };
    script.sent().into_iter().map(|request| of(body(request))).collect()
}

/// Catches a state that is decoded and encoded again, one that is made up, names and answers that
/// part, an id that is used twice, and answers of an earlier round that are sent again.
#[test]
fn input_goes_back_with_the_same_request_and_the_state_as_it_came() {
    let other =
        r#"{"resultType":"input_required","inputRequests":{"n":{"method":"m","params":null}}}"#;
    let rounds = [Reply::result(CONFIRM), Reply::result(other), Reply::result("{\"x\":1}")];
    let (outcome, script) = run(rounds, |script| script.inputs([Some(YES), Some(&["{}"])]));
    assert_eq!(outcome.unwrap(), "{\"x\":1}");
    let first =
        r#"{"name":"t","inputResponses":{"old":{}},"requestState":"old","arguments":{"a": 1.0}"#;
    let second = concat!(
        r#"{"name":"t","arguments":{"a": 1.0},"inputResponses":{"c\u006ffirm":{"action":"accept"},"#,
        r#""where":{"roots":[]}},"requestState":"a\u0041\/ \ud83d""#
    );
    let third = r#"{"name":"t","arguments":{"a": 1.0},"inputResponses":{"n":{}}"#;
    assert_eq!(params(&script), [first, second, third]);
    let ids: Vec<_> =
        script.sent().iter().map(|r| body(r).split(',').nth(1).unwrap().to_owned()).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
    assert_eq!(field(script.sent()[1], "mcp-name"), ["t"]);
    let asked = |request: &InputRequest| (request.method.clone(), request.params.clone());
    let asked: Vec<Vec<_>> = script
        .events
        .iter()
        .filter_map(|event| if let Event::Input(requests) = event { Some(requests) } else { None })
        .map(|requests| requests.iter().map(asked).collect())
        .collect();
    let elicit = ("elicitation/create".to_owned(), Some(r#"{"message": "sure?"}"#.to_owned()));
    let roots = ("roots/list".to_owned(), None);
    assert_eq!(asked, [vec![elicit, roots], vec![("m".to_owned(), None)]]);
}

/// Catches a question that nobody answers and that is lost, with what the server said.
#[test]
fn without_an_answer_the_caller_gets_the_question() {
    let rounds: [Option<&[&str]>; 2] = [None, Some(&["{}"])];
    for round in rounds {
        let (outcome, script) = run([Reply::result(CONFIRM)], |script| script.inputs([round]));
        assert_eq!(outcome, Err(Error::InputRequired(CONFIRM.to_owned())), "{round:?}");
        assert_eq!(script.sent().len(), 1);
    }
    let answers: &[&str] = &["{}", "[]"];
    let (outcome, _) = run([Reply::result(CONFIRM)], |script| script.inputs([Some(answers)]));
    assert!(matches!(outcome, Err(Error::InvalidParams(_))), "{outcome:?}");
}

/// Catches a server that is not ready yet and is asked again without a pause, or without an end.
#[test]
fn a_server_that_is_not_ready_is_asked_again_ever_more_rarely() {
    let later = r#"{"resultType":"input_required","requestState":"s"}"#;
    let waits = usize::try_from(limits::WAITING_ROUNDS).unwrap();
    let (outcome, script) =
        run(vec![Reply::result(later); 3].into_iter().chain([Reply::result("{}")]), |s| s);
    assert_eq!(outcome.unwrap(), "{}");
    assert_eq!(script.waited(), [500, 1000, 2000].map(Duration::from_millis));
    assert_eq!(params(&script)[1], r#"{"name":"t","arguments":{"a": 1.0},"requestState":"s""#);
    let (outcome, script) = run(vec![Reply::result(later); waits + 1], |script| script);
    assert!(matches!(outcome, Err(Error::InvalidMessage(_))), "{outcome:?}");
    assert_eq!(script.waited().len(), waits);
    assert_eq!(script.waited().last(), Some(&Duration::from_secs(10)));
}

/// Catches a form without a last page.
#[test]
fn a_server_that_never_stops_asking_is_stopped() {
    let ask = r#"{"resultType":"input_required","inputRequests":{"n":{"method":"m"}}}"#;
    let rounds = usize::try_from(limits::INPUT_ROUNDS).unwrap();
    let (outcome, script) = run(vec![Reply::result(ask); rounds + 1], |script| {
        script.inputs([Some(&["{}"] as &[&str]); limits::INPUT_ROUNDS as usize])
    });
    assert!(matches!(outcome, Err(Error::InvalidMessage(_))), "{outcome:?}");
    assert_eq!(script.sent().len(), rounds + 1);
}

/// Catches a question that cannot be put, and is taken for an answer or for one without content.
#[test]
fn a_question_that_cannot_be_read_is_told() {
    let many: Vec<_> =
        (0..=limits::SERVER_REQUESTS).map(|n| format!(r#""{n}":{{"method":"m"}}"#)).collect();
    let many = format!("{{{}}}", many.join(","));
    for requests in ["[]", "7", r#"{"a":{}}"#, r#"{"a":{"method":7}}"#, r#"{"a":[]}"#, &many] {
        let ask = format!(r#"{{"resultType":"input_required","inputRequests":{requests}}}"#);
        let (outcome, _) = run([Reply::result(&ask)], |script| script);
        let Err(Error::InvalidMessage(text)) = outcome else { panic!("{requests}: {outcome:?}") };
        assert!(text.contains("input"), "{text}");
    }
    for ask in [
        r#"{"resultType":"input_required"}"#,
        r#"{"resultType":"input_required","inputRequests":null,"requestState":null}"#,
    ] {
        let (outcome, _) = run([Reply::result(ask)], |script| script);
        assert!(matches!(outcome, Err(Error::InvalidMessage(_))), "{outcome:?}");
    }
}

/// Catches answers to one server that another gets, with the state of the first.
#[test]
fn what_was_asked_is_forgotten_with_the_era() {
    let mut session = modern();
    let call = session.request(outgoing("tools/call", Some(r#"{"name":"t"}"#))).unwrap();
    let sessions = Reply::new(400, "text/plain", "Bad Request: No valid session ID provided");
    let [initialize, confirmation] = initialized("2025-11-25", "s1");
    let replies = [Reply::result(CONFIRM), sessions, initialize, confirmation, Reply::result("{}")];
    let mut script = Script::new(replies).inputs([Some(YES)]);
    assert_eq!(script.run(&mut session, call).unwrap(), "{}");
    assert!(body(script.sent()[1]).contains("inputResponses"));
    assert!(!body(script.sent()[4]).contains("inputResponses"), "{}", body(script.sent()[4]));
}

/// Catches a legacy server's result that is taken for a question.
#[test]
fn a_legacy_server_has_no_such_results() {
    let (outcome, _) = call_tool(&mut legacy(), [Reply::result(CONFIRM)]);
    assert_eq!(outcome.unwrap(), CONFIRM);
}

const MISMATCH: &str = r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":-32020,"message":"m"}}"#;

fn tools(header: &str, next: &str) -> Reply {
    Reply::result(&format!(
        r#"{{"resultType":"complete","tools":[{{"name":"t","inputSchema":{{"type":"object","properties":{{"a":{{"type":"string","x-mcp-header":"{header}"}}}}}}}}]{next}}}"#
    ))
}

/// Catches a call that stays refused because the tool has changed since it was listed, one that is
/// repeated for ever, and one whose list has a second page that nobody asks for.
#[test]
fn arguments_are_mirrored_anew_where_a_server_wants_other_fields() {
    for status in [200, 400] {
        let mut session = modern();
        let arguments = r#"{"name":"t","arguments":{"a":"v"}}"#;
        let call = session.request(outgoing("tools/call", Some(arguments))).unwrap();
        let other = Reply::result(r#"{"resultType":"complete","tools":[],"nextCursor":"2"}"#);
        let replies =
            [Reply::json(status, MISMATCH), other, tools("Region", ""), Reply::result("{}")];
        let mut script = Script::new(replies);
        assert_eq!(script.run(&mut session, call).unwrap(), "{}");
        assert_eq!(script.methods(), ["tools/call", "tools/list", "tools/list", "tools/call"]);
        assert_eq!(field(script.sent()[3], "mcp-param-region"), ["v"]);

        let call = session.request(outgoing("tools/call", Some(arguments))).unwrap();
        let replies =
            [Reply::json(status, MISMATCH), tools("Region", ""), Reply::json(status, MISMATCH)];
        let outcome = Script::new(replies).run(&mut session, call);
        assert!(
            matches!(outcome, Err(Error::Rpc(ref error)) if error.code == -32020),
            "{outcome:?}"
        );

        let call = session.request(outgoing("tools/call", Some(arguments))).unwrap();
        let replies = [Reply::json(status, MISMATCH), Reply::json(500, "")];
        let outcome = Script::new(replies).run(&mut session, call);
        assert!(
            matches!(outcome, Err(Error::Rpc(ref error)) if error.code == -32020),
            "{outcome:?}"
        );
    }
}

/// Catches an errand that ends the call because it meets what any request meets.
#[test]
fn an_errand_is_a_request_like_any_other() {
    let mismatch = || Reply::json(400, MISMATCH);
    let arguments = r#"{"name":"t","arguments":{"a":"v"}}"#;
    let run = |replies: Vec<Reply>| {
        let mut session = modern();
        let call = session.request(outgoing("tools/call", Some(arguments))).unwrap();
        let mut script = Script::new(replies);
        let outcome = script.run(&mut session, call);
        assert!(script.is_played(), "{:?}", script.methods());
        (outcome, script)
    };
    let lost = || Reply::failure(Failure::sent(ErrorCode::ConnectionFailed("x".into())));
    let (outcome, _) = run(vec![mismatch(), lost(), lost()]);
    assert!(matches!(outcome, Err(Error::Rpc(ref error)) if error.code == -32020), "{outcome:?}");
    let busy = Reply::new(429, "text/plain", "later").field("retry-after", "1");
    let (outcome, script) = run(vec![mismatch(), busy, tools("Region", ""), Reply::result("{}")]);
    assert_eq!((outcome.unwrap(), script.waited().len()), ("{}".to_owned(), 1));
    let sessions = Reply::new(400, "text/plain", "Bad Request: No valid session ID provided");
    let [initialize, confirmation] = initialized("2025-11-25", "s1");
    let list = Reply::result(r#"{"tools":[]}"#);
    let (outcome, _) =
        run(vec![mismatch(), sessions, initialize, confirmation, list, Reply::result("{}")]);
    assert_eq!(outcome.unwrap(), "{}");
}

/// Catches an errand without an end.
#[test]
fn a_list_without_an_end_does_not_keep_a_call() {
    let mut session = modern();
    let call = session.request(outgoing("tools/call", Some(r#"{"name":"t"}"#))).unwrap();
    let pages = usize::try_from(limits::ERRAND_PAGES).unwrap();
    let lists = vec![tools("Region", r#","nextCursor":"more""#); pages];
    let replies = [vec![Reply::json(400, MISMATCH)], lists, vec![Reply::result("{}")]].concat();
    let mut script = Script::new(replies);
    assert_eq!(script.run(&mut session, call).unwrap(), "{}");
    assert!(script.is_played());
}

/// Catches a code that is obeyed where it says nothing.
#[test]
fn a_mismatch_of_anything_but_a_call_is_an_error() {
    let mut session = modern();
    let call = session.request(outgoing("tools/list", None)).unwrap();
    let outcome = Script::new([Reply::json(400, MISMATCH)]).run(&mut session, call);
    assert!(matches!(outcome, Err(Error::Rpc(_))), "{outcome:?}");
    let (outcome, _) = call_tool(&mut legacy(), [Reply::json(200, MISMATCH)]);
    assert!(matches!(outcome, Err(Error::Rpc(_))), "{outcome:?}");
}

/// Catches a page that the user is never sent to, or again and again, and a call that is not made after
/// all (2025-11-25, "URL Elicitation Required Error").
#[test]
fn a_call_waits_for_the_page_that_its_user_has_to_visit() {
    let page = r#"{"mode":"url","elicitationId":"e1","url":"https://a/","message":"sign in"}"#;
    let refused = |pages: &str| {
        let data = format!(r#"{{"elicitations":{pages}}}"#);
        let error = format!(r#"{{"code":-32042,"message":"m","data":{data}}}"#);
        Reply::json(200, &format!(r#"{{"jsonrpc":"2.0","id":$ID,"error":{error}}}"#))
    };
    let run = |replies: Vec<Reply>, inputs: [Option<&[&str]>; 2]| {
        let mut session = legacy();
        let call = session.request(outgoing("tools/call", Some(r#"{"name":"t"}"#))).unwrap();
        let mut script = Script::new(replies).inputs(inputs);
        let outcome = script.run(&mut session, call);
        assert!(script.is_played());
        (outcome, script)
    };
    let one = format!("[{page}]");
    let other = page.replace("e1", "e2");
    let two = format!("[{page},{other}]");
    let accept: Option<&[&str]> = Some(&[r#"{"action":"accept"}"#]);
    let replies =
        vec![refused(&one), refused(&one), refused(&two), refused(&two), Reply::result("{}")];
    let (outcome, script) = run(replies, [accept, accept]);
    assert_eq!(outcome.unwrap(), "{}");
    assert_eq!(script.waited().len(), 4);
    let asked: Vec<_> = script
        .events
        .iter()
        .filter_map(|event| if let Event::Input(requests) = event { Some(requests) } else { None })
        .flat_map(|requests| requests.iter().map(|one| one.params.clone().unwrap()))
        .collect();
    assert_eq!(asked, [page.to_owned(), other]);
    for answer in [None, Some(&[r#"{"action":"decline"}"#] as &[&str])] {
        let (outcome, _) = run(vec![refused(&one)], [answer, None]);
        assert!(
            matches!(outcome, Err(Error::Rpc(ref error)) if error.code == -32042),
            "{outcome:?}"
        );
    }
    for odd in ["[]", "7", "[{}]", "[7]"] {
        let (outcome, _) = run(vec![refused(odd)], [None, None]);
        assert!(matches!(outcome, Err(Error::Rpc(_))), "{odd}: {outcome:?}");
    }
    let waits = usize::try_from(limits::WAITING_ROUNDS).unwrap();
    let (outcome, _) = run((0..=waits).map(|_| refused(&one)).collect(), [accept, None]);
    assert!(matches!(outcome, Err(Error::Rpc(_))), "{outcome:?}");
}
