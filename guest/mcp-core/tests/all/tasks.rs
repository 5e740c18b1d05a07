//! Calls that a server takes as tasks (the extension `io.modelcontextprotocol/tasks`, SEP-2663; and
//! 2025-11-25, "Tasks").

use std::time::Duration;

use sandbar_mcp_core::{
    Call, Error, ErrorCode, Failure, Processed, Session, SessionConfig, Step, limits,
};

use crate::script::{
    Event, Reply, Script, body, call_tool, config, initialized, legacy, modern, outgoing,
};

const CALL: &str = r#"{"name":"t","arguments":{"a": 1.0}}"#;

fn report(rest: &str) -> Reply {
    Reply::result(&format!(
        r#"{{"resultType":"complete","taskId":"t\u0031","createdAt":"x",{rest}}}"#
    ))
}

fn begun(rest: &str) -> Reply {
    Reply::result(&format!(
        r#"{{"resultType":"task","taskId":"t\u0031","status":"working"{rest}}}"#
    ))
}

fn run(
    replies: Vec<Reply>,
    script: impl FnOnce(Script) -> Script,
) -> (Result<String, Error>, Script) {
    let mut session = modern();
    let call = session.request(outgoing("tools/call", Some(CALL))).unwrap();
    let mut script = script(Script::new(replies));
    let outcome = script.run(&mut session, call);
    assert!(script.is_played(), "{:?}", script.methods());
    (outcome, script)
}

/// Catches a task that is taken for the result, one that is asked for without a pause or under another
/// name, and a result that is put together anew.
#[test]
fn a_call_that_becomes_a_task_ends_with_its_result() {
    let result = r#"{"content":[], "x": 1.50}"#;
    let (outcome, script) = run(
        vec![
            begun(r#","pollIntervalMs":2000,"statusMessage":"begun""#),
            report(r#""status":"working","statusMessage":"half""#),
            report(r#""status":"working","statusMessage":"half","pollIntervalMs":1"#),
            report(r#""status":"working","pollIntervalMs":99999999"#),
            report(&format!(r#""status":"completed","result":{result}"#)),
        ],
        |script| script,
    );
    assert_eq!(outcome.unwrap(), result);
    assert_eq!(
        script.methods(),
        ["tools/call", "tasks/get", "tasks/get", "tasks/get", "tasks/get"]
    );
    let second = Duration::from_secs(1);
    let pauses = [2 * second, 2 * second, limits::SHORTEST_POLL, limits::LONGEST_POLL];
    assert_eq!(script.waited(), pauses);
    assert!(body(script.sent()[1]).contains(r#""params":{"taskId":"t\u0031","_meta""#));
    let said: Vec<_> = script.notified().iter().map(|note| note.params.clone().unwrap()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("begun") && said[1].contains("half"), "{said:?}");
    let declared = r#""io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;
    assert!(body(script.sent()[0]).contains(declared), "{}", body(script.sent()[0]));
}

/// Catches an extension of the caller's that is lost, or declared to servers that do not know any.
#[test]
fn the_callers_capabilities_stay() {
    let theirs = r#"{"extensions":{"x":{"y":1.0}},"elicitation":{}}"#;
    let mut session =
        Session::new(SessionConfig { capabilities: theirs.into(), ..config() }).unwrap();
    let call = session.open();
    let [initialize, confirmation] = initialized("2025-11-25", "s1");
    let mut script = Script::new([Reply::new(400, "", ""), initialize, confirmation]);
    script.run(&mut session, call).unwrap();
    let declared =
        r#"{"extensions":{"x":{"y":1.0},"io.modelcontextprotocol/tasks":{}},"elicitation":{}}"#;
    assert!(body(script.sent()[0]).contains(declared), "{}", body(script.sent()[0]));
    assert!(body(script.sent()[1]).contains(&format!(r#""capabilities":{theirs}"#)));
}

/// Catches a failed task that reads as a success, or as nothing.
#[test]
fn a_task_that_ends_without_a_result_says_why() {
    for (rest, words) in [
        (r#""status":"failed","error":{"code":-5,"message":"no luck"}"#, "no luck"),
        (r#""status":"failed","statusMessage":"out of paper""#, "out of paper"),
        (r#""status":"failed""#, "failed"),
        (r#""status":"cancelled","statusMessage":"by the operator""#, "by the operator"),
        (r#""status":"cancelled""#, "cancelled"),
    ] {
        let (outcome, _) = run(vec![begun(""), report(rest)], |script| script);
        let Err(Error::Rpc(error)) = outcome else { panic!("{outcome:?}") };
        assert!(error.message.contains(words), "{error}");
    }
    for rest in [r#""status":"completed""#, r#""status":"asleep""#, r#""status":7"#] {
        let (outcome, _) = run(vec![begun(""), report(rest)], |script| script);
        assert!(matches!(outcome, Err(Error::InvalidMessage(_))), "{rest}: {outcome:?}");
    }
    for odd in
        [r#"{"resultType":"task"}"#, r#"{"resultType":"task","taskId":7,"status":"working"}"#]
    {
        let (outcome, _) = run(vec![Reply::result(odd)], |script| script);
        assert!(matches!(outcome, Err(Error::InvalidMessage(_))), "{odd}: {outcome:?}");
    }
}

/// Catches a task that is done when it is begun and whose result is looked for where it is not said
/// (SEP-2663: `CreateTaskResult` has no result), or after a pause.
#[test]
fn a_task_that_is_done_at_once_is_asked_for_its_result_at_once() {
    for status in ["completed", "failed", "cancelled", "input_required"] {
        let task = format!(r#"{{"resultType":"task","taskId":"t","status":"{status}"}}"#);
        let done = report(r#""status":"completed","result":{"a":1}"#);
        let (outcome, script) = run(vec![Reply::result(&task), done], |script| script);
        assert_eq!(outcome.unwrap(), r#"{"a":1}"#);
        assert_eq!(script.methods(), ["tools/call", "tasks/get"]);
        assert!(script.waited().is_empty(), "{status}");
    }
}

/// Catches a question of a task that nobody hears, that is asked twice because the server is slow to
/// take the answer, or whose answer goes elsewhere.
#[test]
fn a_task_is_given_what_it_asks_for_once() {
    let asks = |names: &[&str]| {
        let requests: Vec<_> = names
            .iter()
            .map(|name| format!(r#""{name}":{{"method":"elicitation/create"}}"#))
            .collect();
        report(&format!(r#""status":"input_required","inputRequests":{{{}}}"#, requests.join(",")))
    };
    let (outcome, script) = run(
        vec![
            begun(""),
            asks(&["a"]),
            Reply::result(r#"{"resultType":"complete"}"#),
            asks(&["a"]),
            asks(&["a", "b"]),
            Reply::result("{}"),
            report(r#""status":"completed","result":{}"#),
        ],
        |script| {
            script.inputs([Some(&[r#"{"action":"accept"}"#]), Some(&[r#"{"action":"decline"}"#])])
        },
    );
    assert_eq!(outcome.unwrap(), "{}");
    let methods = [
        "tools/call",
        "tasks/get",
        "tasks/update",
        "tasks/get",
        "tasks/get",
        "tasks/update",
        "tasks/get",
    ];
    assert_eq!(script.methods(), methods);
    let given =
        r#""params":{"taskId":"t\u0031","inputResponses":{"b":{"action":"decline"}},"_meta""#;
    assert!(body(script.sent()[5]).contains(given), "{}", body(script.sent()[5]));
    let asked: Vec<_> = script
        .events
        .iter()
        .filter_map(
            |event| if let Event::Input(requests) = event { Some(requests.len()) } else { None },
        )
        .collect();
    assert_eq!(asked, [1, 1]);
    let (outcome, _) = run(vec![begun(""), asks(&["a"])], |script| script.inputs([None]));
    assert!(matches!(outcome, Err(Error::InputRequired(_))), "{outcome:?}");
}

/// Catches a task that is lost with one connection, and a call that reads as if it had not run because
/// the question after it was not sent.
#[test]
fn a_task_outlives_its_connections() {
    let lost = || Reply::failure(Failure::unsent(ErrorCode::ConnectionFailed("x".into())));
    let working = || report(r#""status":"working""#);
    let (outcome, _) = run(
        vec![
            begun(""),
            lost(),
            working(),
            lost(),
            working(),
            lost(),
            report(r#""status":"completed","result":{}"#),
        ],
        |script| script,
    );
    assert_eq!(outcome.unwrap(), "{}");
    let refused = Reply::failure(Failure::unsent(ErrorCode::ConnectionRefused));
    let (outcome, _) = run(vec![begun(""), refused], |script| script);
    let Err(Error::Http(failure)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.processed, Processed::Possibly);
}

/// Catches a task that nobody waits for any more and that goes on, also where all of the session ends.
#[test]
fn a_call_that_is_given_up_takes_its_task_along() {
    let ends: [fn(&mut Session); 2] = [|_| {}, Session::close];
    for end in ends {
        let mut session = modern();
        let mut call = with_task(&mut session);
        end(&mut session);
        let cancellation = call.cancellation(&mut session).unwrap();
        let mut script = Script::new([Reply::result("{}")]);
        script.run(&mut session, cancellation).unwrap();
        let sent = body(script.sent()[0]);
        assert!(
            sent.contains(r#""method":"tasks/cancel""#) && sent.contains(r#""taskId":"t1""#),
            "{sent}"
        );
    }
    let mut session = modern();
    let mut call = with_task(&mut session);
    assert!(session.farewell().is_none());
    assert!(call.cancellation(&mut session).is_none());
}

/// A call of which a modern server has made a task.
fn with_task(session: &mut Session) -> Call {
    let mut call = session.request(outgoing("tools/call", Some(CALL))).unwrap();
    let Step::Send(_) = call.poll(session) else { panic!("the call is due") };
    let fields = vec![sandbar_mcp_core::Field::new("content-type", "application/json")];
    let head = sandbar_mcp_core::Response { status: 200, fields, url: String::new() };
    call.handle_response(session, head);
    let Step::Read = call.poll(session) else { panic!("the body is due") };
    let task = r#"{"jsonrpc":"2.0","id":2,"result":{"resultType":"task","taskId":"t1","status":"working"}}"#;
    call.handle_body(session, task.as_bytes());
    call.handle_body_end(session, Ok(()));
    while !matches!(call.poll(session), Step::Wait(_)) {}
    call
}

/// A session in the legacy era whose server has tasks.
fn with_tasks() -> Session {
    let settings = SessionConfig { era: Some(sandbar_mcp_core::Era::Legacy), ..config() };
    let mut session = Session::new(settings).unwrap();
    let call = session.open();
    let known = r#"{"protocolVersion":"2025-11-25","capabilities":{"tasks":{"requests":{}}}}"#;
    let opened = [Reply::result(known).field("mcp-session-id", "s1"), Reply::accepted()];
    Script::new(opened).run(&mut session, call).unwrap();
    session
}

/// Catches a tool that a legacy server takes only as a task, and that nobody can call.
#[test]
fn a_legacy_server_is_asked_for_a_task_where_it_wants_to_be() {
    let refused = r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":-32601,"message":"task required"}}"#;
    let told = r#"{"content":[{"type":"text","text":"MCP error -32601: Tool t requires task augmentation (taskSupport: 'required')"}],"isError":true}"#;
    let task = r#"{"task":{"taskId":"t1","status":"working"}}"#;
    let working = r#"{"taskId":"t1","status":"working","pollInterval":2000}"#;
    for status in ["completed", "failed", "cancelled", "input_required"] {
        for refusal in [Reply::json(200, refused), Reply::result(told)] {
            let mut session = with_tasks();
            let call = session.request(outgoing("tools/call", Some(CALL))).unwrap();
            let over = format!(r#"{{"taskId":"t1","status":"{status}"}}"#);
            let mut script = Script::new([
                refusal,
                Reply::result(task),
                Reply::result(working),
                Reply::result(&over),
                Reply::result(r#"{"a":1}"#),
            ]);
            assert_eq!(script.run(&mut session, call).unwrap(), r#"{"a":1}"#);
            let methods = ["tools/call", "tools/call", "tasks/get", "tasks/get", "tasks/result"];
            assert_eq!(script.methods(), methods);
            let sent = |index: usize| body(script.sent()[index]);
            assert!(sent(1).contains(r#""arguments":{"a": 1.0},"task":{}"#));
            assert!(sent(2).contains(r#""params":{"taskId":"t1"}"#));
            assert!(sent(4).contains(r#""params":{"taskId":"t1"}"#));
            assert_eq!(script.waited(), [Duration::from_secs(2)]);
        }
    }
    let (outcome, _) = call_tool(&mut with_tasks(), [Reply::result(told), Reply::result(told)]);
    assert_eq!(outcome.unwrap(), told);
    // A tool that ran may say what looks like it.
    for other in [
        told.replace("true", "false"),
        told.replace("task", "tool"),
        told.replace("-32601", "-1"),
        told.replace("MCP error", "I got MCP error"),
        told.replace("}]", r#"},{"type":"text","text":"more"}]"#),
    ] {
        let (outcome, _) = call_tool(&mut with_tasks(), [Reply::result(&other)]);
        assert_eq!(outcome.unwrap(), other);
    }

    // One that asks by itself gets the same, and one that does not may have a member of that name.
    let mut session = with_tasks();
    let call = session.request(outgoing("tools/call", Some(r#"{"name":"t","task":{}}"#))).unwrap();
    let over = Reply::result(r#"{"taskId":"t1","status":"completed"}"#);
    let mut script = Script::new([Reply::result(task), over, Reply::result("{}")]);
    assert_eq!(script.run(&mut session, call).unwrap(), "{}");
    let (outcome, _) = call_tool(&mut with_tasks(), [Reply::result(task)]);
    assert_eq!(outcome.unwrap(), task);
    let (outcome, script) = call_tool(&mut legacy(), [Reply::json(200, refused)]);
    assert!(matches!(outcome, Err(Error::Rpc(_))), "{outcome:?}");
    assert_eq!(script.sent().len(), 1);
    let (outcome, _) =
        call_tool(&mut with_tasks(), [Reply::json(200, refused), Reply::json(200, refused)]);
    assert!(matches!(outcome, Err(Error::Rpc(_))), "{outcome:?}");
}
