//! What servers in the field send, through the real component and the real binary. The cases, with
//! where they were reported, are in `guest/mcp-core/tests`; here is what depends on more than the
//! core: deadlines, connections, handlers and exit codes.

use crate::support::binary::sandbar as run;
use crate::support::{
    fault::{Chunk, Gate, McpScript, Response, Script},
    fault_server::FaultServer,
    patience::wait_for,
    sandbox,
};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use sandbar::types::{Content, Era};
use sandbar::{ConnectOptions, Error, Handler, Notification, Processed, Session};
use std::sync::{Arc, Mutex};

const ANSWER: &str =
    r#"{"jsonrpc":"2.0","id":{id},"result":{"content":[{"type":"text","text":"ok"}]}}"#;

/// A handler that keeps what it is told.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Handler for Heard {
    fn notified(&self, notification: Notification) -> BoxFuture<'_, ()> {
        self.0.lock().unwrap().push(notification.params.unwrap_or_default());
        Box::pin(std::future::ready(()))
    }
}

impl Heard {
    fn assert_warned(&self, word: &str) {
        let heard = self.0.lock().unwrap();
        let [warning] = heard.as_slice() else { panic!("one warning expected: {heard:?}") };
        assert!(warning.contains("\"sandbar\"") && warning.contains(word), "{warning}");
    }
}

async fn connect(server: &FaultServer, era: Option<Era>, heard: &Heard) -> Result<Session, Error> {
    let sandbar = sandbox::builder().proxies(sandbar::http::Proxies::none()).build().unwrap();
    let mut options = ConnectOptions::new(server.url("/mcp")).handler(heard.clone());
    if let Some(era) = era {
        options = options.era(era);
    }
    wait_for("the session to open", sandbar.connect_with(options)).await
}

/// Catches a typed result that is an error though the tool has run, and a warning that gets lost on
/// its way out of the sandbox (go-sdk 91, python-sdk 1796).
#[tokio::test(flavor = "multi_thread")]
async fn an_odd_item_is_kept_and_the_handler_is_told() {
    let result = r#"{"content":[{"type":"image","data":5},{"type":"text"},{"type":"text","text":"\ud83d!"}]}"#;
    let answer = format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{result}}}"#);
    let tools =
        r#"{"jsonrpc":"2.0","id":{id},"result":{"tools":[{"name":"a"},{"title":"no name"}]}}"#;
    let script = McpScript::modern()
        .on("tools/call", Script::respond(Response::json(200, answer)))
        .on("tools/list", Script::respond(Response::json(200, tools)));
    let server = FaultServer::start_mcp(script).await;
    let heard = Heard::default();
    let session = connect(&server, Some(Era::Modern), &heard).await.unwrap();
    let content = session.call_tool("t", None).await.unwrap().content;
    let expected = [
        Content::Other(r#"{"type":"image","data":5}"#.to_owned()),
        Content::Text(String::new()),
        Content::Text("\u{FFFD}!".to_owned()),
    ];
    assert_eq!(content, expected);
    heard.assert_warned("tools/call");
    heard.0.lock().unwrap().clear();
    assert_eq!(session.list_tools().await.unwrap().len(), 1);
    heard.assert_warned("without a name");
}

/// Catches a probe that waits for ever for a server that is silent, or that says nothing for ever
/// (copilot-cli 4809).
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_silent_on_the_probe_is_spoken_to_all_the_same() {
    let silent = Script::new().hang();
    let no_event = Script::respond(Response::event_stream()).hang();
    let openings = [silent, no_event].map(|probe| async {
        let server = FaultServer::start_mcp(McpScript::legacy().on("server/discover", probe)).await;
        let session = connect(&server, None, &Heard::default()).await.unwrap();
        assert_eq!(session.server().era, Era::Legacy);
        // The probe is not only left alone, it is given up.
        server.closed_early(0).await;
    });
    futures::future::join_all(openings).await;
}

/// Catches a client that cannot talk to a server that closes after each answer (vcv-rack-plugin 22),
/// and a tool that runs twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_after_each_answer_is_talked_to() {
    for script in [McpScript::modern(), McpScript::legacy()] {
        let script = script.on("tools/call", Script::respond(Response::json(200, ANSWER)));
        let server = FaultServer::start(move |request| script.script_for(request).close()).await;
        let heard = Heard::default();
        let session = connect(&server, None, &heard).await.unwrap();
        for _ in 0..20 {
            session.list_tools().await.unwrap();
        }
        let called = |requests: Vec<_>| {
            let is_call = |request: &crate::support::fault::RecordedRequest| {
                request.rpc_method().as_deref() == Some("tools/call")
            };
            requests.iter().filter(|request| is_call(request)).count()
        };
        for calls in 1..=20 {
            // One that was caught by the closing may have run, and is not made again.
            if let Err(error) = session.call_tool("t", None).await {
                assert_eq!(error.processed(), Processed::Possibly, "{error:?}");
            }
            assert!(called(server.requests()) <= calls);
        }
    }
}

/// Catches a call that ran before its connection died, and that reads as if there had been no server
/// (copilot-cli 3257).
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_may_have_run_is_told_from_one_that_did_not() {
    let server =
        FaultServer::start_mcp(McpScript::modern().on("tools/call", Script::new().close())).await;
    let result = run(["call", &server.url("/mcp"), "t"]).await;
    result.assert_failed(4, &["after the request was sent", "hint: it may have run"]);
    let result = run(["call", &server.url("/mcp"), "t", "--json"]).await;
    assert_eq!(result.code, Some(4));
    assert_eq!(result.diagnostics()[0]["error"]["kind"], "connection-lost");
    let session = connect(&server, None, &Heard::default()).await.unwrap();
    let error = session.call_tool("t", None).await.unwrap_err();
    assert_eq!(error.processed(), Processed::Possibly);
    let address = server.address();
    drop(server);
    // Its socket is gone a moment later.
    wait_for("the server to be gone", async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let error = session.call_tool("t", None).await.unwrap_err();
    assert_eq!(error.processed(), Processed::Never, "{error:?}");

    // A list has no effect, and nothing of one.
    let server = McpScript::modern().on("tools/list", Script::new().close());
    let server = FaultServer::start_mcp(server).await;
    let result = run(["tools", &server.url("/mcp")]).await;
    result.assert_failed(4, &["lost", "hint: try again"]);
    assert!(!result.stderr.contains("may have run"), "{result:?}");
}

/// Catches a list that is asked for a thousand times and thrown away (csharp-sdk 1072, java-sdk 628).
#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_an_end_is_kept_as_far_as_it_came() {
    let page = r#"{"jsonrpc":"2.0","id":{id},"result":{"tools":[{"name":"a"}],"nextCursor":"c"}}"#;
    let next = page.replace(r#""a""#, r#""b""#);
    let script = || {
        McpScript::modern()
            .on_call("tools/list", 0, Script::respond(Response::json(200, page)))
            .on("tools/list", Script::respond(Response::json(200, next.clone())))
    };
    let server = FaultServer::start_mcp(script()).await;
    let heard = Heard::default();
    let session = connect(&server, Some(Era::Modern), &heard).await.unwrap();
    let pages: Vec<_> = session.tools().map(|page| page.unwrap()).collect().await;
    let names: Vec<_> = pages.iter().flatten().map(|tool| tool.name.as_str()).collect();
    assert_eq!((pages.len(), names.as_slice()), (2, &["a", "b"][..]));
    heard.assert_warned("same cursor twice");
    heard.0.lock().unwrap().clear();

    let server = FaultServer::start_mcp(script()).await;
    let session = connect(&server, Some(Era::Modern), &heard).await.unwrap();
    let names: Vec<_> =
        session.list_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["a", "b"]);
    heard.assert_warned("same cursor twice");
    let result = run(["tools", &server.url("/mcp"), "--json"]).await;
    assert_eq!(result.json()["tools"][0]["name"], "b");
    assert!(result.stderr.contains("same cursor twice"), "{result:?}");
    assert!(server.requests().len() < 10);
}

/// Catches requests that front ends refuse (codex 12859), and a name that cannot be changed.
#[tokio::test(flavor = "multi_thread")]
async fn requests_say_who_asks() {
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    run(["tools", &server.url("/mcp")]).await.output();
    let agent = format!("sandbar/{}", env!("CARGO_PKG_VERSION"));
    for request in server.requests() {
        assert_eq!(request.field("user-agent"), Some(&*agent), "{request:?}");
        assert_eq!(request.field("accept-encoding"), Some("identity"), "{request:?}");
    }
    let asked = server.requests().len();
    run(["tools", &server.url("/mcp"), "-H", "User-Agent: mine/1"]).await.output();
    for request in &server.requests()[asked..] {
        let agents =
            request.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        let agents: Vec<_> = agents.map(|(_, value)| value.as_slice()).collect();
        assert_eq!(agents, [b"mine/1"], "{request:?}");
    }
}

/// Catches texts that leave open what was asked, what came and what to do (outline 13775,
/// modelcontextprotocol 2755, mcp-remote 66).
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_fails_says_what_was_tried() {
    let moved = FaultServer::start(|request| {
        Script::respond(match request.target.as_str() {
            "/mcp" => Response::redirect(301, "/v2/mcp"),
            _ => Response::new(405),
        })
    })
    .await;
    let target = moved.url("/v2/mcp");
    let result = run(["tools", &moved.url("/mcp")]).await;
    let words =
        ["`initialize`", "405", "redirect to", &target, "--era", "hint: the server has moved"];
    result.assert_failed(4, &words);
    let nothing = FaultServer::start(|_| Script::respond(Response::new(404).body("no"))).await;
    let result = run(["tools", &nothing.url("/")]).await;
    result.assert_failed(4, &["404", "--era", "hint: check the path of the URL"]);
    let result = run(["tools", &nothing.url("/"), "--era", "legacy"]).await;
    assert!(!result.stderr.contains("--era"), "{result:?}");
    let busy = Response::new(429).field("retry-after", "3600");
    let busy = FaultServer::start(move |_| Script::respond(busy.clone())).await;
    let result = run(["tools", &busy.url("/mcp")]).await;
    result.assert_failed(4, &["429", "wait 3600 s", "hint: try again after that time"]);
}

/// Catches a client to which a server of 2024-11-05 is a wrong URL (langflow 15145). Its answers come
/// on a stream that was opened before the messages were sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_first_transport_is_spoken_to() {
    let initialized = r#"{"protocolVersion":"2024-11-05","capabilities":{"tools":{}}}"#;
    let content = r#"{"content":[{"type":"text","text":"ok"}]}"#;
    let event = |id: u64, result: &str| {
        Chunk::new(format!("data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}\n\n"))
    };
    // A stream for the opening, whose first id was spent on the newer transport, and one for the call.
    let streams = [(2, None), (3, Some(4))];
    let gates: Vec<_> =
        streams.iter().map(|_| (Gate::new("initialize"), Gate::new("call"))).collect();
    let scripts: Vec<_> = streams
        .iter()
        .zip(&gates)
        .map(|((opening, call), (opened, called))| {
            let endpoint = Chunk::new("event: endpoint\ndata: /messages?s=1\n\n");
            let stream = Script::respond(Response::event_stream()).send(endpoint).wait(opened);
            let stream = stream.send(event(*opening, initialized));
            match call {
                Some(id) => stream.wait(called).send(event(*id, content)).hang(),
                None => stream.hang(),
            }
        })
        .collect();
    let next = Mutex::new(scripts.into_iter());
    let server = FaultServer::start(move |request| {
        let accepted = Script::respond(Response::new(202));
        match (request.target.as_str(), request.operation().as_str()) {
            ("/mcp", "GET") => next.lock().unwrap().next().unwrap(),
            ("/messages?s=1", "initialize") => {
                gates[usize::from(request.rpc_id() != Some(2.into()))].0.open();
                accepted
            }
            ("/messages?s=1", "tools/call") => {
                gates[1].1.open();
                accepted
            }
            ("/messages?s=1", _) => accepted,
            _ => Script::respond(Response::new(405)),
        }
    })
    .await;
    let session = connect(&server, Some(Era::Legacy), &Heard::default()).await.unwrap();
    assert_eq!(session.server().protocol_version, "2024-11-05");
    let result = wait_for("the call", session.call_tool("t", None).into_future()).await.unwrap();
    assert_eq!(result.content, [Content::Text("ok".to_owned())]);
    session.close().await;
}
