//! Answers that are not as they should be, and certain all the same.

use sandbar_mcp_core::{Error, Params, RpcError};

use crate::script::{Event, Reply, Script, call_tool, initialized, legacy, modern};

fn invalid(outcome: Result<String, Error>) -> String {
    match outcome {
        Err(Error::InvalidMessage(text)) => text,
        other => panic!("not an invalid message: {other:?}"),
    }
}

/// Catches ids that are compared as they are spelled (rust-sdk 1017, python-sdk 1720).
#[test]
fn an_answer_under_an_equal_id_is_the_answer() {
    for id in ["$ID", "$ID.0", "\"$ID\"", "\"$ID.0\"", "$IDe0", " \"$ID\" "] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"a":1}}}}"#);
        for mut session in [modern(), legacy()] {
            for reply in [Reply::json(200, &message), Reply::sse(&format!("data: {message}\n\n"))] {
                let (outcome, _) = call_tool(&mut session, [reply]);
                assert_eq!(outcome.unwrap(), r#"{"a":1}"#, "{id}");
            }
        }
    }
}

/// Catches an answer that is lost because nobody said whose it is, where nothing else was asked; and
/// one that is taken from somebody else.
#[test]
fn the_only_answer_needs_no_id_but_no_other_either() {
    for id in ["", r#""id":null,"#] {
        let message = format!(r#"{{"jsonrpc":"2.0",{id}"result":{{}}}}"#);
        let (outcome, _) = call_tool(&mut legacy(), [Reply::json(200, &message)]);
        assert_eq!(outcome.unwrap(), "{}");
    }
    for id in ["999", "\"999\"", "\"other\"", "2.5"] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#);
        let text = invalid(call_tool(&mut legacy(), [Reply::json(200, &message)]).0);
        assert!(text.contains("another request"), "{text}");
    }
}

/// Catches the words of a server that are lost in a parser's message (Wazuh-MCP-Server 59, burrow
/// 271, cloudflare/workerd 4977).
#[test]
fn the_servers_own_words_are_told() {
    let said = |code, message: &str| RpcError { code, message: message.into(), data: None };
    for (rest, expected) in [
        (r#""result":null,"error":{"code":-32602,"message":"m"}"#, said(-32602, "m")),
        (r#""error":{"code":"-32602","message":"m"}"#, said(-32602, "m")),
        (r#""error":{"code":-32602.0,"message":"m"}"#, said(-32602, "m")),
        (r#""error":{"code":"E_X","message":"m"}"#, said(0, "m (code E_X)")),
        (r#""error":"m""#, said(0, "m")),
        (r#""error":{"message":"m"}"#, said(0, "m")),
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":$ID,{rest}}}"#);
        for reply in [
            Reply::json(200, &message),
            Reply::json(400, &message),
            Reply::sse(&format!("data: {message}\n\n")),
            Reply::new(200, "text/plain", message.clone()),
            Reply::json(200, &format!("\u{FEFF}{message}")),
            Reply::json(400, &format!("\u{FEFF}{message}")),
        ] {
            let (outcome, _) = call_tool(&mut legacy(), [reply]);
            assert_eq!(outcome, Err(Error::Rpc(expected.clone())), "{rest}");
        }
    }
}

/// Catches a body that is no envelope, and whose words are thrown away.
#[test]
fn a_body_that_is_no_message_is_shown() {
    for body in [
        r#"{"message":"Forbidden by gateway"}"#,
        r#"{"detail":[{"loc":["body"],"msg":"Forbidden by gateway"}]}"#,
        "\"Forbidden by gateway\"",
        "Forbidden by gateway",
    ] {
        let text = invalid(call_tool(&mut modern(), [Reply::json(200, body)]).0);
        let words = ["Forbidden by gateway", "status 200", "`tools/call`"];
        assert!(words.iter().all(|word| text.contains(word)) && text.len() < 600, "{text}");
        let (outcome, _) = call_tool(&mut modern(), [Reply::json(400, body)]);
        let Err(Error::Status(status)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((&*status.preview, &*status.request), (body, "tools/call"));
    }
    let text = invalid(call_tool(&mut modern(), [Reply::json(200, "")]).0);
    assert!(text.contains("nothing"), "{text}");
    let endless = format!("{{\"a\":\"{}", "é".repeat(10_000));
    let text = invalid(call_tool(&mut modern(), [Reply::json(200, &endless)]).0);
    assert!(text.len() < 600, "{}", text.len());
    // An error of OAuth is no error of JSON-RPC: its status says more.
    let oauth = r#"{"error":"invalid_token","error_description":"d"}"#;
    let (outcome, _) = call_tool(&mut modern(), [Reply::json(400, oauth)]);
    assert!(matches!(outcome, Err(Error::Status(status)) if status.preview == oauth));
}

/// Catches an answer that is refused for the media type around it.
#[test]
fn an_answer_under_another_media_type_is_an_answer() {
    let message = r#"{"jsonrpc":"2.0","id":$ID,"result":{}}"#;
    for media_type in ["", "text/plain", "text/html; charset=utf-8", "application/octet-stream"] {
        for body in [message.to_owned(), format!("\n {message}"), format!("\u{FEFF}{message}")] {
            let (outcome, _) = call_tool(&mut legacy(), [Reply::new(200, media_type, body)]);
            assert_eq!(outcome.unwrap(), "{}", "{media_type}");
        }
    }
    let (outcome, _) = call_tool(&mut legacy(), [Reply::json(202, message)]);
    assert_eq!(outcome.unwrap(), "{}");
}

/// Catches a status that has no content read as if it had some.
#[test]
fn a_success_without_content_is_no_answer() {
    for (status, content_type) in [(204, "application/json"), (205, "text/event-stream"), (204, "")]
    {
        let (outcome, _) = call_tool(&mut modern(), [Reply::new(status, content_type, "")]);
        assert_eq!(outcome, Err(Error::NoAnswer), "{status} {content_type}");
    }
}

/// Catches a body that is neither read nor dropped before the next exchange.
#[test]
fn what_is_left_of_an_answer_is_dropped_before_the_request_is_repeated() {
    let version = r#"data: {"jsonrpc":"2.0","id":$ID,"error":{"code":-32022,"message":"m","data":{"supported":["2026-07-28"]}}}"#;
    let refused = Reply::sse(&format!("{version}\n\n")).chunk("never read");
    let (outcome, script) = call_tool(&mut modern(), [refused, Reply::result("{}")]);
    assert_eq!(outcome.unwrap(), "{}");
    assert!(script.events.iter().any(|event| matches!(event, Event::Dropped)));
    let lost =
        Reply::new(404, "text/html", "Session not found ".repeat(10_000)).chunk("never read");
    let [initialize, confirmation] = initialized("2025-11-25", "s2");
    let replies = [lost, initialize, confirmation, Reply::result("{}")];
    let (outcome, script) = call_tool(&mut legacy(), replies);
    assert_eq!(outcome.unwrap(), "{}");
    assert!(script.events.iter().any(|event| matches!(event, Event::Dropped)));
}

/// Catches a refusal that does not say what was refused.
#[test]
fn a_refused_message_is_named() {
    let refused = || Reply::new(400, "text/plain", "no");
    let mut session = legacy();
    let call = session.notification("notifications/roots/list_changed", Params::default()).unwrap();
    let outcome = Script::new([refused()]).run(&mut session, call);
    let Err(Error::Status(status)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(status.request, "notifications/roots/list_changed");
    let ask = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}\n\n";
    let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n\n";
    let (_, script) = call_tool(&mut session, [Reply::sse(&format!("{ask}{answer}"))]);
    let asked = script.events.iter().find_map(|event| match event {
        Event::Asked(request) => Some(request.id.clone()),
        _ => None,
    });
    let call = session.response(asked.unwrap(), Ok("{}".to_owned()));
    let outcome = Script::new([refused()]).run(&mut session, call);
    let Err(Error::Status(status)) = outcome else { panic!("{outcome:?}") };
    assert!(status.request.contains("a request of the server"), "{}", status.request);
}

/// Catches a result that is taken for a list of tools, and changed.
#[test]
fn only_a_list_of_tools_is_one() {
    let odd = r#"{"tools":[{"name":"x","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}}]}"#;
    assert_eq!(call_tool(&mut modern(), [Reply::result(odd)]).0.unwrap(), odd);
}
