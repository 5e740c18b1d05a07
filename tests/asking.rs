//! What servers ask, in both eras: of an embedder's handler, and of the person at a terminal.

use crate::support::binary::{command, sandbar as run};
use crate::support::{
    everything::EverythingServer,
    fault::{Gate, McpScript, Response, Script, sse_response},
    fault_server::FaultServer,
    patience::wait_for,
    pty::Pty,
    sandbox,
};
use futures::future::BoxFuture;
use sandbar::types::{Content, Elicitation, Era, ToolResult};
use sandbar::{ConnectOptions, ElicitationAnswer, Error, Handler, Root, RpcError, Session};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

const EVERYTHING: &str = r#"{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}"#;

/// Answers with what it was given, in that order, and keeps why it was asked again.
#[derive(Clone, Default)]
struct Answers {
    elicited: Arc<Mutex<VecDeque<ElicitationAnswer>>>,
    problems: Arc<Mutex<Vec<Option<String>>>>,
}

impl Answers {
    fn of(answers: impl IntoIterator<Item = ElicitationAnswer>) -> Self {
        let elicited = Arc::new(Mutex::new(answers.into_iter().collect()));
        Self { elicited, problems: Arc::default() }
    }

    fn problems(&self) -> Vec<Option<String>> {
        self.problems.lock().unwrap().clone()
    }
}

impl Handler for Answers {
    fn elicited(
        &self,
        _elicitation: Elicitation,
        problem: Option<String>,
    ) -> BoxFuture<'_, Result<ElicitationAnswer, RpcError>> {
        self.problems.lock().unwrap().push(problem);
        let answer = self.elicited.lock().unwrap().pop_front();
        let answer = answer.ok_or_else(|| RpcError::method_not_found("elicitation/create"));
        Box::pin(std::future::ready(answer))
    }

    fn sampled(&self, params: String) -> BoxFuture<'_, Result<String, RpcError>> {
        assert!(params.contains("\"messages\""), "{params}");
        let message =
            r#"{"role":"assistant","content":{"type":"text","text":"sampled!"},"model":"m"}"#;
        Box::pin(std::future::ready(Ok(message.to_owned())))
    }

    fn roots(&self) -> BoxFuture<'_, Result<Vec<Root>, RpcError>> {
        let root = Root { uri: "file:///srv/data".to_owned(), name: Some("data".to_owned()) };
        Box::pin(std::future::ready(Ok(vec![root])))
    }
}

fn accept(content: &str) -> ElicitationAnswer {
    ElicitationAnswer::Accept(Some(content.to_owned()))
}

async fn connect(url: String, era: Era, handler: &(impl Handler + Clone)) -> Session {
    let sandbar = sandbox::builder().build().unwrap();
    let options =
        ConnectOptions::new(url).era(era).capabilities(EVERYTHING).handler(handler.clone());
    wait_for("the session to open", sandbar.connect_with(options)).await.unwrap()
}

fn texts(result: &ToolResult) -> String {
    let text = |content: &Content| match content {
        Content::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    result.content.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// Catches a question that does not reach the handler, an answer that does not reach the server, and
/// a form whose defaults or limits are nobody's business: with the reference server, which checks
/// what it gets.
#[tokio::test(flavor = "multi_thread")]
async fn the_everything_server_gets_what_it_asks_for() {
    let server = EverythingServer::start().await;
    let answers = Answers::of([
        accept(r#"{"name":"Ada","integer":1000}"#),
        accept(r#"{"name":"Ada","email":"ada@example.com"}"#),
        ElicitationAnswer::Decline,
    ]);
    let session = connect(server.url(), Era::Legacy, &answers).await;
    let call = async |tool: &str, arguments: &str| {
        let request = session.call_tool(tool, Some(arguments.to_owned()));
        texts(&wait_for("the tool", request.into_future()).await.unwrap())
    };
    let told = call("trigger-elicitation-request", "{}").await;
    assert!(told.contains("Name: Ada") && told.contains("Favorite Integer: 42"), "{told}");
    assert!(told.contains("dark and stormy"), "a default is missing: {told}");
    assert_eq!(answers.problems(), [None, Some("`integer` must be at most 100".to_owned())]);
    let told = call("trigger-elicitation-request", "{}").await;
    assert!(told.contains("declined"), "{told}");
    let told = call("trigger-sampling-request", r#"{"prompt":"hi","maxTokens":10}"#).await;
    assert!(told.contains("sampled!"), "{told}");
    // This server asks for roots on the stream that belongs to no request.
    let told = call("get-roots-list", "{}").await;
    assert!(told.contains("file:///srv/data"), "{told}");
    session.close().await;
}

/// Catches a tool that is only to be had as a task, and whose question is heard by nobody: with the
/// reference server, which works for some seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_the_everything_server_is_a_call_like_any_other() {
    let server = EverythingServer::start().await;
    let answers = Answers::of([accept("{}"), ElicitationAnswer::Decline]);
    let session = connect(server.url(), Era::Legacy, &answers).await;
    let arguments = r#"{"topic":"wasm","ambiguous":true}"#.to_owned();
    let call = session.call_tool("simulate-research-query", Some(arguments)).into_future();
    let result = wait_for("the research", call).await.unwrap();
    assert!(!result.is_error && texts(&result).contains("wasm"), "{result:?}");
    assert_eq!(answers.problems(), [None, Some("`interpretation` is required".to_owned())]);
    session.close().await;
}

/// Catches a task of a modern server that is taken for its result, and one that goes on for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_a_modern_server_is_asked_for_until_it_is_done() {
    let answer = |result: &str| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{result}}}"#);
        Script::respond(Response::json(200, body))
    };
    let begun = r#"{"resultType":"task","taskId":"t1","status":"working","pollIntervalMs":100}"#;
    let done = r#"{"resultType":"complete","taskId":"t1","status":"completed","result":{"content":[{"type":"text","text":"done"}]}}"#;
    let script = || {
        McpScript::modern().on("tools/call", answer(begun)).on_call(
            "tasks/get",
            0,
            answer(&begun.replace("task\"", "complete\"")),
        )
    };
    let server = FaultServer::start_mcp(script().on("tasks/get", answer(done))).await;
    let session = connect(server.url("/mcp"), Era::Modern, &Answers::default()).await;
    let result = wait_for("the task", session.call_tool("t", None).into_future()).await.unwrap();
    assert_eq!(texts(&result), "done");
    session.close().await;

    for closes in [false, true] {
        let script = script().on("tasks/get", answer(begun)).on("tasks/cancel", answer("{}"));
        let server = FaultServer::start_mcp(script).await;
        let session = connect(server.url("/mcp"), Era::Modern, &Answers::default()).await;
        let call = session.call_tool("t", None).start().await.unwrap();
        let mut index = 0;
        while server.request(index).await.operation() != "tasks/get" {
            index += 1;
        }
        if closes {
            wait_for("the end", session.close()).await;
            let last = server.requests().pop().unwrap();
            assert_eq!(last.operation(), "tasks/cancel", "it is told before the session is gone");
            drop(call);
        } else {
            drop(call);
            while server.request(index).await.operation() != "tasks/cancel" {
                index += 1;
            }
            session.close().await;
        }
    }
}

/// A question in place of an answer, and the answer after it.
fn modern(schema: &str) -> McpScript {
    let ask = format!(
        r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"resultType":"input_required","inputRequests":{{"who":{{"method":"elicitation/create","params":{{"message":"who?","requestedSchema":{schema}}}}}}},"requestState":"s\u00e9"}}}}"#
    );
    let done = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","content":[{"type":"text","text":"done"}]}}"#;
    McpScript::modern().on_call("tools/call", 0, Script::respond(Response::json(200, ask))).on_call(
        "tools/call",
        1,
        Script::respond(Response::json(200, done)),
    )
}

const FORM: &str =
    r#"{"type":"object","properties":{"age":{"type":"integer","maximum":9}},"required":["age"]}"#;

/// Catches a modern server whose question ends the call, or whose answer is not sent in the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_modern_call_goes_on_when_its_question_is_answered() {
    let server = FaultServer::start_mcp(modern(FORM)).await;
    let answers = Answers::of([accept(r#"{"age":10}"#), accept(r#"{"age":7}"#)]);
    let session = connect(server.url("/mcp"), Era::Modern, &answers).await;
    let result = wait_for("the call", session.call_tool("t", None).into_future()).await.unwrap();
    assert_eq!(texts(&result), "done");
    assert_eq!(answers.problems(), [None, Some("`age` must be at most 9".to_owned())]);
    let requests = server.requests();
    let last = &requests.last().unwrap().json()["params"];
    assert_eq!(last["requestState"], "s\u{e9}");
    assert_eq!(last["inputResponses"]["who"]["action"], "accept");
    assert_eq!(last["inputResponses"]["who"]["content"]["age"], 7);
    session.close().await;
}

/// Catches a question that is answered for a user who has not said a word, and one that is asked for
/// ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_without_an_answer_ends_the_call_and_a_wrong_one_is_cancelled() {
    let server = FaultServer::start_mcp(modern(FORM)).await;
    let session = connect(server.url("/mcp"), Era::Modern, &Answers::default()).await;
    let error = wait_for("the call", session.call_tool("t", None).into_future()).await.unwrap_err();
    let Error::InputRequired(question) = &error else { panic!("{error:?}") };
    assert!(question.contains("who?"), "{question}");
    assert_eq!(server.requests().iter().filter(|one| one.operation() == "tools/call").count(), 1);
    session.close().await;

    let server = FaultServer::start_mcp(modern(FORM)).await;
    let answers = Answers::of(vec![accept(r#"{"age":"old"}"#); 5]);
    let session = connect(server.url("/mcp"), Era::Modern, &answers).await;
    wait_for("the call", session.call_tool("t", None).into_future()).await.unwrap();
    assert_eq!(answers.problems().len(), 3);
    let last = &server.requests().last().unwrap().json()["params"];
    assert_eq!(last["inputResponses"]["who"], serde_json::json!({"action":"cancel"}));
    session.close().await;
}

/// A user who never answers.
#[derive(Clone)]
struct Slow {
    asked: Arc<Semaphore>,
    left_alone: Arc<Semaphore>,
}

impl Default for Slow {
    fn default() -> Self {
        let none = || Arc::new(Semaphore::new(0));
        Self { asked: none(), left_alone: none() }
    }
}

impl Slow {
    async fn is_asked(&self) {
        wait_for("the question", self.asked.acquire()).await.unwrap().forget();
    }

    async fn is_left_alone(&self) {
        wait_for("the end of the question", self.left_alone.acquire()).await.unwrap().forget();
    }
}

impl Handler for Slow {
    fn elicited(
        &self,
        _elicitation: Elicitation,
        _problem: Option<String>,
    ) -> BoxFuture<'_, Result<ElicitationAnswer, RpcError>> {
        struct Asking<'a>(&'a Semaphore);
        impl Drop for Asking<'_> {
            fn drop(&mut self) {
                self.0.add_permits(1);
            }
        }
        let asking = Asking(&self.left_alone);
        Box::pin(async move {
            let _asking = asking;
            self.asked.add_permits(1);
            std::future::pending().await
        })
    }
}

/// Catches a call that waits for the answer of one that was given up, and a question that stands in
/// the way of others (python-sdk 693, csharp-sdk 1637).
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_nobody_answers_yet_holds_nothing_else_up() {
    let slow = Slow::default();
    let server = FaultServer::start_mcp(modern(FORM)).await;
    let session = connect(server.url("/mcp"), Era::Modern, &slow).await;
    let waiting = session.call_tool("t", None).start().await.unwrap();
    slow.is_asked().await;
    let other = session.call_tool("t", None).into_future();
    assert_eq!(texts(&wait_for("another call", other).await.unwrap()), "done");
    drop(waiting);
    wait_for("the session to close", session.close()).await;
}

/// Catches a user who is still asked for what nobody waits for: after the call was given up, in either
/// era, and after a server took its question back (2025-11-25, "Cancellation").
#[tokio::test(flavor = "multi_thread")]
async fn a_question_ends_with_its_call_and_when_the_server_takes_it_back() {
    let form = r#"{"message":"who?","requestedSchema":{"type":"object","properties":{}}}"#;
    let ask = |id: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"elicitation/create","params":{form}}}"#)
    };
    let (first, second) = (ask("7"), ask(r#""7""#));
    let taken_back =
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7"}}"#;
    let (are_asked, open) = (Gate::new("both questions"), Gate::new("the end of the stream"));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let event = |text: &str| format!("data: {text}\n\n");
    let begin = |texts: &[&str]| {
        let events: String = texts.iter().map(|text| event(text)).collect();
        Script::new().send(format!("{head}{events}").into_bytes())
    };
    let stream = |script: Script| McpScript::legacy().on_call("tools/call", 0, script.wait(&open));

    for (era, script) in [(Era::Modern, modern(FORM)), (Era::Legacy, stream(begin(&[&first])))] {
        let (slow, server) = (Slow::default(), FaultServer::start_mcp(script).await);
        let session = connect(server.url("/mcp"), era, &slow).await;
        let call = session.call_tool("t", None).start().await.unwrap();
        slow.is_asked().await;
        drop(call);
        slow.is_left_alone().await;
        wait_for("the session to close", session.close()).await;
    }

    let slow = Slow::default();
    let script = begin(&[&first, &second]).wait(&are_asked).send(event(taken_back).into_bytes());
    let server = FaultServer::start_mcp(stream(script)).await;
    let session = connect(server.url("/mcp"), Era::Legacy, &slow).await;
    let call = session.call_tool("t", None).start().await.unwrap();
    slow.is_asked().await;
    slow.is_asked().await;
    are_asked.open();
    slow.is_left_alone().await;
    assert_eq!(slow.left_alone.available_permits(), 0, "the other is still wanted");
    drop(call);
    wait_for("the session to close", session.close()).await;
}

/// Catches a legacy server's stream for what belongs to no request that is not opened, that keeps the
/// session from opening, or that ends the session.
#[tokio::test(flavor = "multi_thread")]
async fn a_standing_stream_is_opened_where_it_is_wanted_and_harms_nothing() {
    let ask = r#"{"jsonrpc":"2.0","id":"q","method":"roots/list"}"#;
    let silent = Gate::new("the stream");
    for (script, is_asked) in [
        (Script::respond(sse_response([ask])), true),
        (Script::new().wait(&silent), false),
        (Script::new().reset(), false),
    ] {
        let server = FaultServer::start_mcp(McpScript::legacy().on("GET", script)).await;
        let session = connect(server.url("/mcp"), Era::Legacy, &Answers::default()).await;
        wait_for("the list", session.list_tools()).await.unwrap();
        if is_asked {
            let roots = serde_json::json!([{ "uri": "file:///srv/data", "name": "data" }]);
            let answered = || {
                let is_it =
                    |json: serde_json::Value| json["id"] == "q" && json["result"]["roots"] == roots;
                server.requests().iter().any(|request| is_it(request.json()))
            };
            wait_for("the answer", async {
                while !answered() {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
        wait_for("the session to close", session.close()).await;
    }
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    let sandbar = sandbox::builder().build().unwrap();
    let options = ConnectOptions::new(server.url("/mcp")).era(Era::Legacy);
    let session = wait_for("the session", sandbar.connect_with(options)).await.unwrap();
    session.list_tools().await.unwrap();
    session.close().await;
    assert!(server.requests().iter().all(|request| request.method != "GET"));
}

/// Catches a program that asks nobody, or that sends what was not typed.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_a_terminal_is_asked() {
    let server = FaultServer::start_mcp(modern(FORM)).await;
    let mut terminal = Pty::open();
    let arguments = ["call", &server.url("/mcp"), "t", "--args", "{}", "--era", "modern"];
    let child = terminal.spawn(command(arguments));
    terminal.expect("who?").await;
    terminal.expect("[Y/n]").await;
    terminal.say("y").await;
    terminal.expect("whole number, at most 9").await;
    terminal.say("12").await;
    terminal.expect("`age` must be at most 9").await;
    terminal.expect("[Y/n]").await;
    terminal.say("").await;
    terminal.expect("whole number, at most 9").await;
    terminal.say("3").await;
    let ended = crate::support::binary::ended(child).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "done\n"));
    let last = &server.requests().last().unwrap().json()["params"];
    assert_eq!(last["inputResponses"]["who"]["content"], serde_json::json!({"age":3}));
}

/// Catches a script that waits for a person, and one that is not told what was asked.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_nobody_is_asked() {
    let server = FaultServer::start_mcp(modern(FORM)).await;
    let url = server.url("/mcp");
    let arguments = ["call", &url, "t", "--args", "{}", "--era", "modern"];
    let failed = run(arguments).await;
    assert!(failed.code.is_some_and(|code| code != 0) && failed.stdout.is_empty(), "{failed:?}");
    assert!(failed.stderr.contains("--no-input") && failed.stderr.contains("who?"), "{failed:?}");
    let declared = &server.requests()[0].json()["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    assert!(declared["elicitation"].is_null() && declared["roots"].is_null(), "{declared}");

    let server = FaultServer::start_mcp(modern(FORM)).await;
    let url = server.url("/mcp");
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let declined =
        run(["call", &url, "t", "--args", "{}", "--era", "modern", "--no-input", "--root", root])
            .await;
    assert_eq!(declined.output(), "done\n");
    let last = &server.requests().last().unwrap().json()["params"];
    assert_eq!(last["inputResponses"]["who"], serde_json::json!({"action":"decline"}));
    let declared = &last["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    assert!(declared["roots"].is_object() && declared["elicitation"].is_object(), "{declared}");
    run(["tools", &url, "--root", "/nowhere/at/all"]).await.assert_failed(2, &["cannot be a root"]);
}
