//! What changes at a server, in both eras, for an embedder and for the program.

use crate::support::binary::sandbar as run;
use crate::support::fault::RecordedRequest;
use crate::support::{
    everything::EverythingServer,
    fault::{Chunk, Gate, McpScript, Response, Script, sse_response},
    fault_server::FaultServer,
    patience::wait_for,
    sandbox,
};
use sandbar::types::{Change, Era};
use sandbar::{ConnectOptions, Error, Interest, Session};

async fn connect(url: String, era: Era) -> Session {
    let sandbar = sandbox::builder().build().unwrap();
    let options = ConnectOptions::new(url).era(era).listens(true);
    wait_for("the session to open", sandbar.connect_with(options)).await.unwrap()
}

fn lists() -> Interest {
    Interest { lists: true, resources: Vec::new() }
}

fn resource(uri: &str) -> Interest {
    Interest { lists: false, resources: vec![uri.to_owned()] }
}

const TOOLS: &str = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
const UPDATED: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"demo://a/b"}}"#;
const ACKNOWLEDGED: &str = r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{}}}"#;
const END: &str = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete"}}"#;

/// Catches a subscription that nobody makes, one that goes on for nobody, and a change that does not
/// come because its server keeps the stream between (with the reference server, which tells on the
/// stream that belongs to no request).
#[tokio::test(flavor = "multi_thread")]
async fn the_everything_server_tells_of_its_resources() {
    let server = EverythingServer::start().await;
    let session = connect(server.url(), Era::Legacy).await;
    let uri = session.list_resources().await.unwrap()[0].uri.clone();
    let mut watch = wait_for("the watch", session.watch(resource(&uri))).await.unwrap();
    session.call_tool("toggle-subscriber-updates", None).await.unwrap();
    let change = wait_for("a change", watch.next()).await.unwrap().unwrap();
    assert_eq!(change, Change::Resource(uri));
    drop(watch);
    session.close().await;
}

/// Catches a modern server that is asked for what it does not have, a filter that asks for nothing, a
/// stream that is read only at its end, and one that breaks for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_modern_server_is_subscribed_to() {
    let seen = Gate::new("the first change was seen");
    let first = Script::respond(Response::event_stream().chunks_follow())
        .send(Chunk::new(format!("data: {ACKNOWLEDGED}\n\ndata: {TOOLS}\n\n")))
        .wait(&seen)
        .reset();
    let script = McpScript::modern().on_call("subscriptions/listen", 0, first).on_call(
        "subscriptions/listen",
        1,
        Script::respond(sse_response([ACKNOWLEDGED, UPDATED, END])),
    );
    let server = FaultServer::start_mcp(script).await;
    let session = connect(server.url("/mcp"), Era::Modern).await;
    let interest = Interest { lists: true, resources: vec!["demo://a".to_owned()] };
    let mut watch = wait_for("the watch", session.watch(interest)).await.unwrap();
    assert_eq!(wait_for("a change", watch.next()).await.unwrap().unwrap(), Change::Tools);
    seen.open();
    // What changed while the connection was away was not told: all of it may have.
    let uri = |uri: &str| Change::Resource(uri.to_owned());
    let all = [Change::Tools, Change::Prompts, Change::Resources, uri("demo://a")];
    for change in all.into_iter().chain([uri("demo://a/b")]) {
        assert_eq!(wait_for("another", watch.next()).await.unwrap().unwrap(), change);
    }
    assert!(wait_for("the end", watch.next()).await.is_none());
    let requests = server.requests();
    let asked = requests.iter().find(|one| one.operation() == "subscriptions/listen").unwrap();
    let filter = &asked.json()["params"]["notifications"];
    assert_eq!(filter["toolsListChanged"], true);
    assert_eq!(filter["resourceSubscriptions"][0], "demo://a");
    session.close().await;

    let server = FaultServer::start_mcp(McpScript::modern()).await;
    let session = connect(server.url("/mcp"), Era::Modern).await;
    let refused = wait_for("the refusal", session.watch(lists())).await.unwrap_err();
    assert!(matches!(&refused, Error::Rpc(error) if error.code == -32601), "{refused:?}");
    session.close().await;
}

/// Catches a change that is dropped because its server does not acknowledge first, as it must.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_tells_at_once_is_heard() {
    let script = McpScript::modern()
        .on("subscriptions/listen", Script::respond(sse_response([TOOLS, UPDATED, END])));
    let server = FaultServer::start_mcp(script).await;
    let session = connect(server.url("/mcp"), Era::Modern).await;
    let mut watch = wait_for("the watch", session.watch(lists())).await.unwrap();
    assert_eq!(wait_for("a change", watch.next()).await.unwrap().unwrap(), Change::Tools);
    drop(watch);
    session.close().await;
}

/// Catches a watch that waits for ever for what nobody can tell: the server has no stream to tell on,
/// or has ended it, or the session is closed.
#[tokio::test(flavor = "multi_thread")]
async fn who_watches_learns_that_nothing_will_be_told() {
    let told = Gate::new("somebody watches");
    let once = Script::respond(Response::event_stream().chunks_follow());
    let once = once.wait(&told).send(Chunk::new(format!("data: {TOOLS}\n\n"))).reset();
    let gone = || Script::respond(Response::new(405));
    let script = McpScript::legacy().on_call("GET", 0, once).on("GET", gone());
    let server = FaultServer::start_mcp(script).await;
    let session = connect(server.url("/mcp"), Era::Legacy).await;
    let mut watch = wait_for("the watch", session.watch(lists())).await.unwrap();
    told.open();
    assert_eq!(wait_for("a change", watch.next()).await.unwrap().unwrap(), Change::Tools);
    let error = wait_for("the end", watch.next()).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::NotTold), "{error:?}");
    assert!(watch.next().await.is_none());
    let error = wait_for("the answer", session.watch(lists())).await.unwrap_err();
    assert!(matches!(error, Error::NotTold), "{error:?}");
    session.close().await;

    let hanging = Script::respond(Response::event_stream().chunks_follow()).hang();
    let server = FaultServer::start_mcp(McpScript::legacy().on("GET", hanging)).await;
    let session = connect(server.url("/mcp"), Era::Legacy).await;
    let mut watch = wait_for("the watch", session.watch(lists())).await.unwrap();
    session.close().await;
    assert!(wait_for("the end", watch.next()).await.is_none());
}

/// Catches a watch that never hears anything because the session does not listen.
#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_session_that_does_not_listen_says_so() {
    let server = FaultServer::start_mcp(McpScript::legacy()).await;
    let sandbar = sandbox::builder().build().unwrap();
    let options = ConnectOptions::new(server.url("/mcp")).era(Era::Legacy);
    let session = wait_for("the session", sandbar.connect_with(options)).await.unwrap();
    let error = session.watch(lists()).await.unwrap_err();
    assert!(error.to_string().contains("ConnectOptions::listens"), "{error}");
    session.close().await;
}

/// Catches a legacy server's change that is told to the handler alone, and one that nobody asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_is_subscribed_to_and_listened_to() {
    let watching = Gate::new("somebody watches");
    let other = UPDATED.replace("demo://a/b", "other://");
    let changes = format!("data: {other}\n\ndata: {UPDATED}\n\ndata: {TOOLS}\n\n");
    let stream = Script::respond(Response::event_stream().chunks_follow())
        .wait(&watching)
        .send(Chunk::new(changes))
        .hang();
    let empty = Script::respond(Response::json(200, r#"{"jsonrpc":"2.0","id":{id},"result":{}}"#));
    let script = McpScript::legacy()
        .on("GET", stream)
        .on("resources/subscribe", empty.clone())
        .on("resources/unsubscribe", empty);
    let server = FaultServer::start_mcp(script).await;
    let session = connect(server.url("/mcp"), Era::Legacy).await;
    let mut watch = wait_for("the watch", session.watch(resource("demo://a"))).await.unwrap();
    let mut tools = wait_for("the watch", session.watch(lists())).await.unwrap();
    watching.open();
    let updated = Change::Resource("demo://a/b".to_owned());
    assert_eq!(wait_for("a change", watch.next()).await.unwrap().unwrap(), updated);
    assert_eq!(wait_for("a change", tools.next()).await.unwrap().unwrap(), Change::Tools);
    session.close().await;
}

/// Catches a subscription that ends for those who still watch when the first of them goes, and one that
/// nobody needs any more and is kept: a server tells a session, and not each who watches.
#[tokio::test(flavor = "multi_thread")]
async fn a_resource_is_told_of_until_the_last_who_watches_it_goes() {
    let empty = Script::respond(Response::json(200, r#"{"jsonrpc":"2.0","id":{id},"result":{}}"#));
    let stream = Script::respond(Response::event_stream().chunks_follow()).hang();
    let script = McpScript::legacy()
        .on("GET", stream)
        .on("resources/subscribe", empty.clone())
        .on("resources/unsubscribe", empty);
    let server = FaultServer::start_mcp(script).await;
    let session = connect(server.url("/mcp"), Era::Legacy).await;
    let watch = async || session.watch(resource("demo://a")).await.unwrap();
    let (first, second) = (wait_for("a watch", watch()).await, wait_for("a watch", watch()).await);
    drop(first);
    // What is asked is asked in order: the server hears of this one after the first has gone.
    let third = wait_for("a watch", session.watch(resource("demo://b"))).await.unwrap();
    let asked = || {
        let about = |one: &&RecordedRequest| one.operation().starts_with("resources/");
        let requests = server.requests();
        let asked = requests.iter().filter(about).map(|one| {
            let uri = one.json()["params"]["uri"].as_str().unwrap_or_default().to_owned();
            (one.operation().to_owned(), uri)
        });
        asked.collect::<Vec<_>>()
    };
    assert!(asked().iter().all(|(method, _)| method == "resources/subscribe"), "{:?}", asked());
    drop(second);
    wait_for("the end of the subscription", async {
        while !asked().contains(&("resources/unsubscribe".to_owned(), "demo://a".to_owned())) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(third);
    session.close().await;
}

/// Catches a server that is restarted while somebody watches it, and of which nothing is heard any more:
/// it knows neither the session nor what it was to tell of.
#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_that_forgot_the_session_is_subscribed_to_again() {
    let watching = Gate::new("somebody watches");
    let again = Gate::new("it was asked again");
    let stream = |gate: &Gate| {
        let stream = Script::respond(Response::event_stream().chunks_follow());
        stream.wait(gate).send(Chunk::new(format!("data: {UPDATED}\n\n")))
    };
    let empty = Script::respond(Response::json(200, r#"{"jsonrpc":"2.0","id":{id},"result":{}}"#));
    let script = McpScript::legacy()
        .on_call("GET", 0, stream(&watching).reset())
        .on_call("GET", 1, Script::respond(Response::json(404, "")))
        .on("GET", stream(&again).hang())
        .on("resources/subscribe", empty.clone())
        .on("resources/unsubscribe", empty);
    let server = FaultServer::start_mcp(script).await;
    let session = connect(server.url("/mcp"), Era::Legacy).await;
    let mut watch = wait_for("the watch", session.watch(resource("demo://a"))).await.unwrap();
    watching.open();
    let uri = |uri: &str| Change::Resource(uri.to_owned());
    assert_eq!(wait_for("a change", watch.next()).await.unwrap().unwrap(), uri("demo://a/b"));
    let missed = wait_for("what may have been missed", watch.next()).await.unwrap().unwrap();
    assert_eq!(missed, uri("demo://a"));
    let asked =
        |method: &str| server.requests().iter().filter(|one| one.operation() == method).count();
    assert_eq!((asked("initialize"), asked("resources/subscribe")), (2, 2));
    again.open();
    assert_eq!(wait_for("a change", watch.next()).await.unwrap().unwrap(), uri("demo://a/b"));
    drop(watch);
    session.close().await;
}

/// Catches a program that waits for the end of a stream before it prints anything, or that goes on
/// when there was enough.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_prints_a_line_for_each_change() {
    let changes = format!("data: {ACKNOWLEDGED}\n\ndata: {TOOLS}\n\ndata: {UPDATED}\n\n");
    let stream = Script::respond(Response::event_stream().chunks_follow());
    let stream = stream.send(Chunk::new(changes)).hang();
    let script = McpScript::modern().on("subscriptions/listen", stream);
    let server = FaultServer::start_mcp(script).await;
    let url = server.url("/mcp");
    let watch = ["watch", &url, "--lists", "--resource", "demo://a", "--count"];
    let seen = run(watch.into_iter().chain(["2"])).await;
    assert_eq!(seen.output(), "tools\nresource  demo://a/b\n");
    let seen = run(watch.into_iter().chain(["1", "--json"])).await;
    assert_eq!(seen.json(), serde_json::json!({"changed":"tools"}));
    let refused =
        r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-32002,"message":"no such thing"}}"#;
    let refused = Script::respond(Response::json(200, refused));
    let script = McpScript::modern().on("subscriptions/listen", refused);
    let server = FaultServer::start_mcp(script).await;
    let seen = run(["watch", &server.url("/mcp"), "--resource", "a:b", "--era", "modern"]).await;
    seen.assert_failed(4, &["no such thing", "`sandbar resources URL` lists what there is"]);
}

/// Catches a list that is asked for again though its server said that it holds, one that is shown after
/// the server said that it is another, and a caller who cannot insist (2026-07-28, "Caching").
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_asked_for_again_when_it_no_longer_holds() {
    let list = r#"{"jsonrpc":"2.0","id":{id},"result":{"resultType":"complete","tools":[],"ttlMs":600000,"cacheScope":"public"}}"#;
    let script = McpScript::modern()
        .on("tools/list", Script::respond(Response::json(200, list)))
        .on("tools/call", Script::respond(sse_response([TOOLS, END])));
    let server = FaultServer::start_mcp(script).await;
    let session = connect(server.url("/mcp"), Era::Modern).await;
    let asked = || server.requests().iter().filter(|one| one.operation() == "tools/list").count();
    for _ in 0..3 {
        session.list_tools().await.unwrap();
    }
    assert_eq!(asked(), 1);
    session.request("tools/list", None).fresh().await.unwrap();
    assert_eq!(asked(), 2);
    session.call_tool("t", None).raw().await.unwrap();
    session.list_tools().await.unwrap();
    assert_eq!(asked(), 3);
    session.close().await;
    // Another session was told nothing.
    let session = connect(server.url("/mcp"), Era::Modern).await;
    session.list_tools().await.unwrap();
    assert_eq!(asked(), 4);
    session.close().await;
}
